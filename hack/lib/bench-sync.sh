# The measures of `hack/bench sync`: a thousand apps of four objects each, as many as Flux publishes figures for,
# and fifty services in three environments beside `kubectl apply`. Without a node: ConfigMaps, Services and
# ServiceAccounts are healthy as soon as they exist, Deployments have no replicas.
# shellcheck shell=bash

# write_apps FOLDER COUNT ENVIRONMENT...: apps of four objects, with an overlay for each environment.
write_apps() {
    local folder=$1 count=$2
    shift 2
    awk -v folder="$folder" -v count="$count" -v names="$*" 'BEGIN {
        environments = split(names, environment, " ")
        for (i = 1; i <= count; i++) {
            base = folder "/apps/app-" i "/base"
            system("mkdir -p " base)
            file = base "/objects.yaml"
            printf "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app-%d\n---\n", i > file
            printf "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-%d\ndata:\n  number: \"%d\"\n  mode: fast\n---\n", i, i > file
            printf "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app-%d-files\ndata:\n  a.conf: |\n    listen 80\n    name app-%d\n---\n", i, i > file
            printf "apiVersion: v1\nkind: Service\nmetadata:\n  name: app-%d\nspec:\n  selector:\n    app: app-%d\n  clusterIP: None\n  ports:\n  - name: http\n    port: 80\n    protocol: TCP\n", i, i > file
            close(file)
            file = base "/kustomization.yaml"
            print "resources:\n- objects.yaml" > file
            close(file)
            for (e = 1; e <= environments; e++) {
                overlay = folder "/apps/app-" i "/overlays/" environment[e]
                system("mkdir -p " overlay)
                file = overlay "/kustomization.yaml"
                # As the kustomize in kubectl 1.20 spells it.
                printf "commonLabels:\n  stage: %s\nbases:\n- ../../base\n", environment[e] > file
                close(file)
            }
        }
    }'
}

# bench_git FOLDER ARGUMENT...
bench_git() {
    git -C "$1" -c user.name=ci -c user.email=ci@example.com "${@:2}"
}

# begin_repository FOLDER: a clone at FOLDER of an empty repository of its name on the Git server, and the operator's
# way to it.
begin_repository() {
    local path
    path=$("$HACK/git-server" repo "bench/$(basename "$1")" --name "$CLUSTER")
    eval "$("$HACK/git-server" env --name "$CLUSTER")"
    mkdir -p "$1"
    bench_git "$1" init -q -b main
    # A push by path: what it costs to make a request of it is not what is measured.
    bench_git "$1" remote add origin "$SLUICE_GIT_DIR/$path"
    kubectl -n shop get secret bench-git >/dev/null 2>&1 ||
        kubectl -n shop create secret generic bench-git --from-literal="username=$SLUICE_GIT_USERNAME" \
            --from-file=password=<(printf %s "$SLUICE_GIT_PASSWORD") >/dev/null
}

# push_commit FOLDER MESSAGE: commits what was added, and pushes it.
push_commit() {
    bench_git "$1" commit -q -m "$2"
    bench_git "$1" push -q origin HEAD
}

# bench_environment OVERLAY REPOSITORY VALIDATE [NAME]: an Environment over these overlays; of their name, unless one is
# given.
bench_environment() {
    cat <<YAML
---
apiVersion: sluice.dev/v1alpha1
kind: Environment
metadata: {name: ${4:-$1}, namespace: shop}
spec:
  source:
    repository: $SLUICE_GIT_URL/bench/$2.git
    branch: main
    path: "apps/{app}/overlays/$1"
    interval: 1s
    credentialsRef: {name: bench-git}
  destination: {namespace: bench-${4:-$1}, createNamespace: true, allowedNamespaces: [bench-${4:-$1}]}
  sync: {validate: $3}
YAML
}

# begin_operator FOLDER OPERATOR: starts it; prints nothing, sets METRICS_PORT.
begin_operator() {
    rm -f "$1/operator.log"
    process_start "$1/operator.pid" "$1/operator.log" env -u KUBECONFIG \
        "$2" run --kubeconfig "$KUBECONFIG" --state-dir "$1/operator" --namespace shop --port 0
    wait_until 30 "the operator's metrics" metrics_port "$1/operator.log"
    METRICS_PORT=$(metrics_port "$1/operator.log")
}

# environment_field NAME POINTER: a field of an Environment's status, as kubectl prints it.
environment_field() { kubectl -n shop get environment "$1" -o "jsonpath={.status.$2}" 2>/dev/null; }

# until_field NAME POINTER VALUE SECONDS: prints the moment at which a field had a value, in microseconds.
until_field() {
    "$BENCH" until --resource environments.sluice.dev/v1alpha1 --namespace shop --name "$1" --pointer "$2" \
        --value "$3" --timeout "$4" | tail -n 1
}

# since MOMENT [END]: seconds from a moment in microseconds, with two decimals.
since() { awk -v a="$1" -v b="${2:-${EPOCHREALTIME/[.,]/}}" 'BEGIN { printf "%.2f", (b - a) / 1e6 }'; }

# watch_applies FILE COUNT: notes, ten times a second, how much was applied, until COUNT objects were.
watch_applies() {
    local now applied dry deadline=$((SECONDS + 300))
    while ((SECONDS < deadline)); do
        now=${EPOCHREALTIME/[.,]/}
        metrics >"$1.now" || continue
        applied=$(counter "$1.now" sluice_sync_applied_total) dry=$(counter "$1.now" sluice_sync_dry_runs_total)
        echo "$now $applied $dry" >>"$1"
        ((applied < $2)) || return 0
        sleep 0.1
    done
}

# rate FILE: objects and requests a second while objects were applied or tried, from the notes of watch_applies.
rate() {
    awk '{ total = $2 + $3 }
        NR == 1 { first = total; objects = $2 }
        total > first && !begun { begun = before; base = last; object_base = objects_before }
        { before = $1; last = total; objects_before = $2; if (total != seen) { seen = total; end = $1; end_total = total; end_objects = $2 } }
        END { s = (end - begun) / 1e6; if (s > 0) printf "%d %d", (end_objects - object_base) / s, (end_total - base) / s; else print "0 0" }' "$1"
}

# many_apps FOLDER COUNT OPERATOR: from one commit to all synced and healthy, first without and then with the dry run.
many_apps() {
    local folder=$1 count=$2 operator=$3 repository name validate pushed ended pid ticks objects requests floors
    # The same objects, the same controllers, the same run.
    mapfile -t floors < <(curl_floor_apps "$count" 32)
    begin_operator "$folder" "$operator"
    wait_until 60 "the operator's CRDs" kubectl get crd environments.sluice.dev
    kubectl wait --for=condition=Established --timeout=30s crd/environments.sluice.dev >/dev/null
    pid=$(cut -d' ' -f1 "$folder/operator.pid")
    for name in plain checked; do
        validate=true && [[ $name == checked ]] || validate=false
        kubectl -n shop delete environment --all >/dev/null
        repository=$folder/$name
        begin_repository "$repository"
        write_apps "$repository" 1 "$name"
        bench_git "$repository" add --all
        push_commit "$repository" "One app"
        bench_environment "$name" "$name" "$validate" | kubectl apply -f - >/dev/null
        wait_until 60 "the first app" kubectl -n shop wait --for=condition=Ready --timeout=1s "environment/$name"
        until_controllers_rest "bench-$name"
        write_apps "$repository" "$count" "$name"
        bench_git "$repository" add --all
        metrics >"$folder/before"
        ticks=$(processor_ticks "$pid")
        rm -f "$folder/notes"
        watch_applies "$folder/notes" $(($(counter "$folder/before" sluice_sync_applied_total) + count * 4 - 4)) &
        until_field "$name" /status/counts/healthy "$count" 300 >"$folder/ended" &
        sleep 1
        push_commit "$repository" "$count apps"
        pushed=${EPOCHREALTIME/[.,]/}
        wait
        ended=$(tail -n 1 "$folder/ended")
        ticks=$(($(processor_ticks "$pid") - ticks))
        [[ $(environment_field "$name" counts.synced) == "$count" ]] || die "$name: not all apps are synced"
        read -r objects requests <<<"$(rate "$folder/notes")"
        row "$count apps, validate: $validate" "$(since "$pushed" "$ended") s from the commit to all Synced and Healthy, $((ticks * 10)) ms of CPU, $(process_figures "$pid")"
        row "  while applying" "$objects objects/s, $requests applies/s; curl with the same objects ${floors[0]}/s, ratio $(ratio "$requests" "${floors[0]}")"
        floors=("${floors[@]:1}")
    done
}

# unchanged FOLDER NAME: asks for a new look at everything, and then for one at a commit that changes no app.
unchanged() {
    local asked ended server
    metrics >"$1/before"
    until_field "$2" /status/lastHandledReconcileAt '"again"' 60 >"$1/ended" &
    sleep 0.5
    # Not by kubectl, which takes a third of a second to begin.
    server=$(curl_credentials "$1")
    asked=${EPOCHREALTIME/[.,]/}
    curl -qsf --noproxy '*' --cacert "$1/ca.crt" --cert "$1/user.crt" --key "$1/user.key" -o /dev/null \
        -X PATCH -H 'Content-Type: application/merge-patch+json' \
        --data '{"metadata":{"annotations":{"sluice.dev/reconcile-at":"again"}}}' \
        "$server/apis/sluice.dev/v1alpha1/namespaces/shop/environments/$2"
    wait
    ended=$(tail -n 1 "$1/ended")
    metrics >"$1/after"
    row "re-sync, unchanged" "$(since "$asked" "$ended") s, $(grown "$1/before" "$1/after" sluice_sync_applied_total) objects applied; $(requests "$1/before" "$1/after")"
    metrics >"$1/before"
    echo "$EPOCHREALTIME" >"$1/$2/README.md"
    bench_git "$1/$2" add README.md
    push_commit "$1/$2" "Nothing of an app"
    asked=${EPOCHREALTIME/[.,]/}
    ended=$(until_field "$2" /status/revision/synced "\"$(git -C "$1/$2" rev-parse HEAD)\"" 60)
    metrics >"$1/after"
    row "another commit" "$(since "$asked" "$ended") s (Git polled every second), $(grown "$1/before" "$1/after" sluice_sync_applied_total) objects applied, $(grown "$1/before" "$1/after" sluice_renders_total) renders"
}

# restarted FOLDER NAME OPERATOR: a new process among everything that is there, until it has looked at all of it.
restarted() {
    local began ended
    process_stop "$1/operator.pid" 30
    kubectl -n shop annotate --overwrite environment "$2" sluice.dev/reconcile-at=restart >/dev/null
    began=${EPOCHREALTIME/[.,]/}
    begin_operator "$1" "$3"
    ended=$(until_field "$2" /status/lastHandledReconcileAt '"restart"' 60)
    metrics >"$1/after"
    row "restart" "$(since "$began" "$ended") s until all was looked at, $(counter "$1/after" sluice_sync_applied_total) objects applied, $(counter "$1/after" sluice_sync_dry_runs_total) dry runs, $(process_figures "$(cut -d' ' -f1 "$1/operator.pid")")"
}

# few_apps FOLDER SERVICES VALIDATE: the microseconds from three Environments to all of their services healthy.
few_apps() {
    local folder=$1 name began pids=()
    kubectl -n shop delete environment --all >/dev/null
    began=${EPOCHREALTIME/[.,]/}
    for name in $ENVIRONMENTS; do bench_environment "$name" few "$3" "$name-$3"; done | kubectl apply -f - >/dev/null
    for name in $ENVIRONMENTS; do
        until_field "$name-$3" /status/counts/healthy "$2" 120 >"$folder/ended.$name" &
        pids+=($!)
    done
    wait "${pids[@]}"
    echo $(($(tail -qn 1 "$folder"/ended.* | sort -n | tail -n 1) - began))
}

# beside_kubectl FOLDER SERVICES: the same overlays by the operator and by `kubectl apply --server-side -k`, which has no
# dry run of an app before its first object; so the operator is measured without them and with them.
beside_kubectl() {
    local folder=$1 services=$2 repository=$1/few name began plain checked theirs i
    begin_repository "$repository"
    # shellcheck disable=SC2086
    write_apps "$repository" "$services" $ENVIRONMENTS
    bench_git "$repository" add --all
    push_commit "$repository" "$services services"
    plain=$(few_apps "$folder" "$services" false)
    checked=$(few_apps "$folder" "$services" true)
    for name in $ENVIRONMENTS; do kubectl create namespace "kubectl-$name" >/dev/null; done
    began=${EPOCHREALTIME/[.,]/}
    for ((i = 1; i <= services; i++)); do
        for name in $ENVIRONMENTS; do
            kubectl -n "kubectl-$name" apply --server-side -k "$repository/apps/app-$i/overlays/$name" >/dev/null
        done
    done
    theirs=$((${EPOCHREALTIME/[.,]/} - began))
    row "$services x 3 services" "kubectl apply --server-side -k one after the other: $(ratio "$theirs" 1000000) s for $((services * 12)) objects"
    row "  validate: false" "$(ratio "$plain" 1000000) s; kubectl takes $(ratio "$theirs" "$plain") times as long"
    row "  validate: true" "$(ratio "$checked" 1000000) s; kubectl takes $(ratio "$theirs" "$checked") times as long"
}

# measure_sync FOLDER APPS SERVICES OPERATOR: everything.
measure_sync() {
    kubectl create namespace shop >/dev/null 2>&1 || true
    echo "sync: $2 apps of 4 objects in one environment, no node (ConfigMap, Service, ServiceAccount are healthy when there)"
    many_apps "$1" "$2" "$4"
    unchanged "$1" checked
    restarted "$1" checked "$4"
    beside_kubectl "$1" "$3"
    process_stop "$1/operator.pid" 30
}
