# The measures of hack/bench that need a running operator: so many services in three environments, on a cluster without
# a node, so that only the operator and the API server are measured.
# shellcheck shell=bash

ENVIRONMENTS="dev staging production"

# generate_services FOLDER COUNT: replaces the example's services in the clone by COUNT copies of one.
generate_services() {
    local apps=$1/work/apps template i name
    template=$(mktemp -d)
    cp -r "$apps/frontend/." "$template"
    # A field of Git's to be changed by hand.
    sed -i 's/^  selector:/  replicas: 1\n  selector:/' "$template/base/deployment.yaml"
    sed -i '/^replicas:/,/^  count:/d' "$template"/overlays/*/kustomization.yaml
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

# commit_to_live FOLDER TIMES: each a new tag in dev, from the end of the push until the Deployment has it.
commit_to_live() {
    local i tag pushed seen samples=() watcher pid
    for ((i = 1; i <= $2; i++)); do
        tag=v2.0.$i
        coproc WATCHER { exec "$BENCH" until --namespace shop-dev --name service-1 \
            --pointer /spec/template/spec/containers/0/image --value "\"company/service-1:$tag\""; }
        pid=$WATCHER_PID
        # The shell forgets the descriptor when the process ends, perhaps before the last line is read.
        exec {watcher}<&"${WATCHER[0]}"
        read -r -u "$watcher" || die "the watch did not begin"
        pushed=$(commit_tag "$1" service-1 "$tag")
        read -r -u "$watcher" seen || die "$tag did not become live"
        exec {watcher}<&-
        wait "$pid"
        samples+=($(((seen - pushed) / 1000)))
    done
    echo "  commit to live: median $(median "${samples[@]}") ms of $2, max $(printf '%s\n' "${samples[@]}" | sort -n | tail -n 1) ms (polled every 2 s)"
}

# measure_operator FOLDER SERVICES OPERATOR: everything, on the cluster of $KUBECONFIG and the Git server $name.
measure_operator() {
    local folder=$1 services=$2 operator=$3 began pid ticks
    "$HACK/company-gitops" create "$folder/gitops" --git-server "$name"
    generate_services "$folder/gitops" "$services"
    "$HACK/company-gitops" commit "$folder/gitops" ci "$services services" >/dev/null
    process_start "$folder/operator.pid" "$folder/operator.log" env -u KUBECONFIG \
        "$operator" run --kubeconfig "$KUBECONFIG" --state-dir "$folder/operator"
    pid=$(cut -d' ' -f1 "$folder/operator.pid")
    wait_until 60 "the operator's CRDs" kubectl get crd environments.sluice.dev
    kubectl wait --for=condition=Established --timeout=30s crd/environments.sluice.dev >/dev/null
    kubectl create namespace shop >/dev/null
    (
        eval "$("$HACK/git-server" env --name "$name")"
        kubectl -n shop create secret generic gitops-git --from-literal="username=$SLUICE_GIT_USERNAME" \
            --from-file=password=<(printf %s "$SLUICE_GIT_PASSWORD") >/dev/null
    )
    began=$EPOCHREALTIME
    environments "$folder/gitops" | kubectl apply -f - >/dev/null
    await_synced "$services" || die "the environments did not become synced; the operator's log: $folder/operator.log"
    echo "operator: $services services in 3 environments, no node"
    echo "  first sync: $(seconds_since "$began") s"
    commit_to_live "$folder/gitops" 10
    echo "  $("$BENCH" heal --namespace shop-dev --name service-1 --pointer /spec/replicas --value 3 --times 20)"
    ticks=$(processor_ticks "$pid")
    sleep 30
    echo "  idle: $(process_figures "$pid"), $((($(processor_ticks "$pid") - ticks) * 1000 / $(getconf CLK_TCK) / 30)) ms of CPU a second"
}
