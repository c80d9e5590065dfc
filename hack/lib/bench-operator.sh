# The measures of hack/bench that need a running operator: so many services in three environments, on a cluster without
# a node, so that only the operator and the API server are measured.
# shellcheck shell=bash

ENVIRONMENTS="dev staging production"
# What the Git server of the bench would sign its webhooks with.
WEBHOOK_SECRET=0123456789abcdef0123456789abcdef

# generate_services FOLDER COUNT: replaces the example's services in the clone by COUNT copies of one.
generate_services() {
    local apps=$1/work/apps template i name
    template=$(mktemp -d)
    cp -r "$apps/frontend/." "$template"
    # A field of Git's to be changed by hand.
    sed -i 's/^  selector:/  replicas: 1\n  selector:/' "$template/base/deployment.yaml"
    sed -i '/^replicas:/,/^  count:/d' "$template"/overlays/*/kustomization.yaml
    # Without a node no pod ever runs: the controllers must not find that out in the middle of a measure.
    sed -i 's/progressDeadlineSeconds: .*/progressDeadlineSeconds: 86400/' "$template/base/deployment.yaml"
    rm -rf "$apps"
    for ((i = 1; i <= $2; i++)); do
        name=service-$i
        mkdir -p "$apps/$name"
        cp -r "$template/." "$apps/$name"
        find "$apps/$name" -type f -exec sed -i "s/frontend/$name/g" {} +
    done
    rm -rf "$template"
}

# environments FOLDER: the three Environments as YAML, all like the example's dev.
environments() {
    local name
    for name in $ENVIRONMENTS; do
        echo ---
        sed "s|name: dev\$|name: $name|; s|overlays/dev|overlays/$name|; s|shop-dev|shop-$name|" \
            "$1/work/delivery/environments/dev.yaml"
    done
}

# commit_tag FOLDER SERVICE TAG: what CI does; prints the moment after the push, in microseconds since 1970.
commit_tag() {
    sed -i "s/newTag: .*/newTag: $3/" "$1/work/apps/$2/overlays/dev/kustomization.yaml"
    "$HACK/company-gitops" commit "$1" ci "$2 $3" >/dev/null 2>&1
    echo "${EPOCHREALTIME/[.,]/}"
}

# await_synced COUNT: until all three environments say so.
await_synced() {
    local name pids=() pid
    for name in $ENVIRONMENTS; do
        "$BENCH" until --resource environments.sluice.dev/v1alpha1 --namespace shop --name "$name" \
            --pointer /status/counts/synced --value "$1" --timeout 300 >/dev/null &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
}

# process_figures PID: resident memory, its peak, threads and open files.
process_figures() {
    awk '/^VmRSS/ { rss = $2 } /^VmHWM/ { peak = $2 } /^Threads/ { threads = $2 }
        END { printf "resident %.0f MiB, peak %.0f MiB, %d threads", rss / 1024, peak / 1024, threads }' "/proc/$1/status"
    echo ", $(find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l) descriptors"
}

# processor_ticks PID: user and system time, in clock ticks.
processor_ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# metrics: the operator's counters, as Prometheus reads them.
metrics() { curl -qsf --noproxy '*' "http://127.0.0.1:$METRICS_PORT/metrics"; }

# served_port WHAT LOG: where the operator serves something, once it says so.
served_port() { sed -n "s/.*$1"'.*port"*[=:] *"*\([0-9]*\).*/\1/p' "$2" | grep -m 1 .; }

# metrics_port LOG: where the operator serves its metrics, once it does.
metrics_port() { served_port "Serving probes and metrics" "$1"; }

# counter FILE NAME: the sum of a metric's series.
counter() { awk -v name="$2" '$1 == name || index($1, name "{") == 1 { sum += $2 } END { printf "%d", sum }' "$1"; }

# grown BEFORE AFTER NAME: by how much a counter has grown.
grown() { echo $(($(counter "$2" "$3") - $(counter "$1" "$3"))); }

# requests BEFORE AFTER: requests to the API server between two readings, as "9 update leases, 2 watch secrets".
requests() {
    awk '/^sluice_api_requests_total\{/ {
            verb = resource = $1
            sub(/.*verb="/, "", verb); sub(/".*/, "", verb)
            sub(/.*resource="/, "", resource); sub(/".*/, "", resource)
            if (FILENAME == ARGV[1]) before[verb " " resource] += $2; else after[verb " " resource] += $2
        }
        END { for (key in after) if (after[key] > before[key]) print after[key] - before[key], key }' "$1" "$2" |
        sort -rn | awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $0 } END { if (!NR) printf "none"; print "" }'
}

# begin_watch ARGUMENT...: starts `bench until`; returns once it watches.
begin_watch() {
    coproc WATCHER { exec "$BENCH" until "$@"; }
    WATCH_PID=$WATCHER_PID
    # The shell forgets the descriptor when the process ends, perhaps before the last line is read.
    exec {WATCH}<&"${WATCHER[0]}"
    read -r -u "$WATCH" || die "the watch did not begin"
}

# end_watch WHAT: sets SEEN to the moment at which the value was seen, in microseconds.
end_watch() {
    read -r -u "$WATCH" SEEN || die "$1 was not seen"
    exec {WATCH}<&-
    wait "$WATCH_PID"
}

# longest NUMBER...
longest() { printf '%s\n' "$@" | sort -n | tail -n 1; }

# commit_to_live FOLDER TIMES: each a new tag in dev, from the end of the push until the Deployment has it.
commit_to_live() {
    local i tag pushed samples=() work=${1%/*}
    metrics >"$work/before"
    for ((i = 1; i <= $2; i++)); do
        tag=v2.0.$i
        begin_watch --namespace shop-dev --name service-1 \
            --pointer /spec/template/spec/containers/0/image --value "\"company/service-1:$tag\""
        pushed=$(commit_tag "$1" service-1 "$tag")
        end_watch "$tag"
        samples+=($(((SEEN - pushed) / 1000)))
    done
    sleep 2
    metrics >"$work/after"
    row "commit to live" "median $(median "${samples[@]}") ms of $2, max $(longest "${samples[@]}") ms (Git polled every 2 s)"
    row "$2 commits" "$(grown "$work/before" "$work/after" sluice_renders_total) renders, $(grown "$work/before" "$work/after" sluice_sync_applied_total) objects applied"
    row "  requests" "$(requests "$work/before" "$work/after")"
}

# webhook_to_seen FOLDER TIMES: each a commit that only a webhook tells of, from that until the status names it: the
# fetch, and the writing of the status.
webhook_to_seen() {
    local i commit body told samples=() name
    for name in $ENVIRONMENTS; do
        kubectl -n shop patch environment "$name" --type=merge -p '{"spec":{"source":{"interval":"1h"}}}' >/dev/null
    done
    body="{\"repository\":{\"clone_url\":\"$(eval "$("$HACK/git-server" env --name "${3:?}")" && echo "$SLUICE_GIT_URL")/company/gitops.git\"}}"
    for ((i = 1; i <= $2; i++)); do
        # One look a second is what a repository's webhooks get.
        sleep 2
        echo "Commit $i" >"$1/work/README.md"
        "$HACK/company-gitops" commit "$1" ci "Read me, $i" >/dev/null 2>&1
        commit=$(git -C "$1/work" rev-parse HEAD)
        begin_watch --resource environments.sluice.dev/v1alpha1 --namespace shop --name dev \
            --pointer /status/revision/observed --value "\"$commit\""
        told=${EPOCHREALTIME/[.,]/}
        curl -qsf --noproxy '*' -o /dev/null -H "X-Hub-Signature-256: sha256=$(printf %s "$body" |
            openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" | sed 's/.* //')" -H 'X-GitHub-Event: push' \
            -H 'Content-Type: application/json' -d "$body" "http://127.0.0.1:$WEBHOOK_PORT/webhooks/git"
        end_watch "commit $commit"
        samples+=($(((SEEN - told) / 1000)))
    done
    row "webhook to seen" "median $(median "${samples[@]}") ms of $2, max $(longest "${samples[@]}") ms, the fetch and the status among it"
}

# row NAME TEXT: a line of the table.
row() { printf '  %-18s %s\n' "$1" "$2"; }

# start_operator FOLDER OPERATOR: starts it, waits until it serves metrics, and sets METRICS_PORT.
start_operator() {
    rm -f "$1/operator.log"
    mkdir -p "$1/secrets"
    printf %s "$WEBHOOK_SECRET" >"$1/secrets/bench"
    process_start "$1/operator.pid" "$1/operator.log" env -u KUBECONFIG \
        "$2" run --kubeconfig "$KUBECONFIG" --state-dir "$1/operator" --namespace shop --port 0 --lease-namespace shop \
        --git-webhook-secrets "$1/secrets" --git-webhook-port 0
    wait_until 30 "the operator's metrics" metrics_port "$1/operator.log"
    wait_until 30 "the operator's webhooks" served_port "Serving Git webhooks" "$1/operator.log"
    METRICS_PORT=$(metrics_port "$1/operator.log")
    WEBHOOK_PORT=$(served_port "Serving Git webhooks" "$1/operator.log")
}

# first_sync FOLDER SERVICES: from the creation of the Environments until all say that they are synced.
first_sync() {
    local began micros floor applied asked
    # The yardstick, at the same place of the same run.
    floor=$(curl_floor 1000 32 | sed -n 's/^creates //p')
    metrics >"$1/before"
    began=$EPOCHREALTIME
    environments "$1/gitops" | kubectl apply -f - >/dev/null
    await_synced "$2" || die "the environments did not become synced; the operator's log: $1/operator.log"
    micros=$((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}))
    metrics >"$1/after"
    applied=$(grown "$1/before" "$1/after" sluice_sync_applied_total)
    asked=$((applied + $(grown "$1/before" "$1/after" sluice_sync_dry_runs_total)))
    row "first sync" "$(ratio "$micros" 1000000) s for $applied objects: $((applied * 1000000 / micros)) objects/s, $((asked * 1000000 / micros)) applies/s with the dry runs"
    row "  beside curl" "$floor creates/s, ratio $(ratio $((asked * 1000000 / micros)) "$floor") (the controllers answer each Deployment at the same time)"
    row "  requests" "$(requests "$1/before" "$1/after")"
}

# heal_drift FOLDER: one change by hand in each of 20 services: whoever fights over one is healed more and more slowly.
heal_drift() {
    local times=$(($2 < 20 ? $2 : 20))
    metrics >"$1/before"
    row "drift to healed" "$("$BENCH" heal --namespace shop-dev --name 'service-#' --pointer /spec/replicas --value 3 --times "$times" | sed 's/^[^:]*: //')"
    metrics >"$1/after"
    row "  requests" "$(requests "$1/before" "$1/after")"
}

# idle FOLDER SECONDS: what goes on while nothing happens.
idle() {
    local pid ticks
    pid=$(cut -d' ' -f1 "$1/operator.pid")
    sleep 10
    metrics >"$1/before"
    ticks=$(processor_ticks "$pid")
    sleep "$2"
    ticks=$(($(processor_ticks "$pid") - ticks))
    metrics >"$1/after"
    row "idle for $2 s" "$(process_figures "$pid"), $((ticks * 1000 / $(getconf CLK_TCK) / $2)) ms of CPU a second"
    row "  requests" "$(requests "$1/before" "$1/after")"
    row "  reconciles" "$(grown "$1/before" "$1/after" sluice_reconcile_total)"
}

# restart FOLDER SERVICES OPERATOR: a new process finds everything in place.
restart() {
    local pid
    process_stop "$1/operator.pid" 30
    start_operator "$1" "$3"
    pid=$(cut -d' ' -f1 "$1/operator.pid")
    : >"$1/before"
    sleep 20
    metrics >"$1/after"
    row "restart" "$(counter "$1/after" sluice_sync_applied_total) objects applied, $(counter "$1/after" sluice_renders_total) renders, $(process_figures "$pid")"
    row "  requests" "$(requests "$1/before" "$1/after")"
}

# measure_operator FOLDER SERVICES OPERATOR: everything, on the cluster of $KUBECONFIG and the Git server $name.
measure_operator() {
    local folder=$1 services=$2 operator=$3
    "$HACK/company-gitops" create "$folder/gitops" --git-server "$name"
    generate_services "$folder/gitops" "$services"
    "$HACK/company-gitops" commit "$folder/gitops" ci "$services services" >/dev/null
    kubectl create namespace shop >/dev/null
    (
        eval "$("$HACK/git-server" env --name "$name")"
        kubectl -n shop create secret generic gitops-git --from-literal="username=$SLUICE_GIT_USERNAME" \
            --from-file=password=<(printf %s "$SLUICE_GIT_PASSWORD") >/dev/null
    )
    start_operator "$folder" "$operator"
    wait_until 60 "the operator's CRDs" kubectl get crd environments.sluice.dev
    kubectl wait --for=condition=Established --timeout=30s crd/environments.sluice.dev >/dev/null
    echo "operator: $services services in 3 environments, no node"
    first_sync "$folder" "$services"
    commit_to_live "$folder/gitops" 10
    heal_drift "$folder" "$services"
    idle "$folder" 60
    webhook_to_seen "$folder/gitops" 10 "$name"
    restart "$folder" "$services" "$operator"
}
