# The measure of `hack/bench soak`: fifty services in three environments, a commit every two seconds for as long as asked.
# shellcheck shell=bash

# measure_soak FOLDER SECONDS SERVICES OPERATOR: fails where memory, descriptors, threads or goodput are not flat.
measure_soak() {
    local folder=$1 seconds=$2 services=$3 operator=$4 repository=$1/soak name pid
    kubectl create namespace shop >/dev/null 2>&1 || true
    begin_repository "$repository"
    # shellcheck disable=SC2086
    write_apps "$repository" "$services" $ENVIRONMENTS
    bench_git "$repository" add --all
    push_commit "$repository" "$services services"
    begin_operator "$folder" "$operator"
    wait_until 60 "the operator's CRDs" kubectl get crd environments.sluice.dev
    kubectl wait --for=condition=Established --timeout=30s crd/environments.sluice.dev >/dev/null
    for name in $ENVIRONMENTS; do bench_environment "$name" soak true; done | kubectl apply -f - >/dev/null
    for name in $ENVIRONMENTS; do
        until_field "$name" /status/counts/healthy "$services" 120 >/dev/null || die "$name did not become healthy"
    done
    pid=$(cut -d' ' -f1 "$folder/operator.pid")
    echo "soak: $((services * 3)) apps of 4 objects in 3 environments, a commit every 2 s for $seconds s (Git polled every second)"
    # shellcheck disable=SC2086
    python3 "$HACK/lib/soak.py" --pid "$pid" --log "$folder/operator.log" --repository "$repository" \
        --seconds "$seconds" --services "$services" $ENVIRONMENTS
}
