# The demo with the operator as pods, from the chart's manifests and the image of hack/image.
# shellcheck shell=bash

# start_operator_pods: two replicas in the namespace sluice-system, with the chart's service account and nothing else.
start_operator_pods() {
    local ports image=docker.io/library/sluice:demo
    "$HACK/image" --binary "$SLUICE_BINARY" --output "$DEMO/image.tar" --name "$image"
    "$HACK/cluster" load "$DEMO/image.tar" --name "$DEMO_NAME"
    # API server and Git server listen on loopback only; the pods see them at their gateway.
    ports="${SLUICE_CLUSTER_SERVER##*:} ${SLUICE_GIT_URL##*:}"
    # shellcheck disable=SC2086
    process_start "$DEMO/forward.pid" "$DEMO/forward.log" \
        python3 "$HACK/lib/forward.py" "$SLUICE_CLUSTER_GATEWAY" $ports
    kubectl create namespace sluice-system --dry-run=client -o yaml | kubectl apply -f - >/dev/null
    cat >"$DEMO/values.yaml" <<END
image: {repository: ${image%:*}, tag: ${image##*:}, pullPolicy: Never}
operator:
  allowInsecureHttp: true
  env:
  - {name: KUBERNETES_SERVICE_HOST, value: $SLUICE_CLUSTER_GATEWAY}
  - {name: KUBERNETES_SERVICE_PORT, value: "${SLUICE_CLUSTER_SERVER##*:}"}
END
    "$(python_path)" "$HACK/lib/render-chart.py" "$SLUICE_ROOT/charts/sluice" --values "$DEMO/values.yaml" \
        --kube-version "$(kubectl version -o json | jq -r .serverVersion.gitVersion)" >"$DEMO/chart.yaml"
    kubectl apply -f "$DEMO/chart.yaml" >/dev/null
    if ! kubectl -n sluice-system rollout status deployment/sluice --timeout=120s >/dev/null; then
        kubectl -n sluice-system describe pods | tail -n 40 >&2
        kubectl -n sluice-system logs deployment/sluice --tail=30 >&2 || true
        die "the operator's pods do not become ready"
    fi
    tell "operator started: $(kubectl -n sluice-system get pods -o name | xargs)"
}

operator_leader() { kubectl -n sluice-system get lease sluice -o 'jsonpath={.spec.holderIdentity}'; }
# operator_process POD: the operator's process in a pod, by its environment, as this machine numbers it.
operator_process() {
    local folder
    for folder in /proc/[0-9]*; do
        if [[ $(cat "$folder/comm" 2>/dev/null) == sluice ]] && tr '\0' '\n' 2>/dev/null <"$folder/environ" | grep -qx "POD_NAME=$1"; then
            basename "$folder"
            return
        fi
    done
    return 1
}
new_leader() { [[ -n $(operator_leader) && $(operator_leader) != "$1" ]]; }
pods_ready() { [[ $(kubectl -n sluice-system get deployment sluice -o 'jsonpath={.status.readyReplicas}') == 2 ]]; }

chapter_replica_killed() {
    local name=api-service-to-staging leader
    chapter f2 "the leading replica is killed in the middle of a promotion"
    promotion "$name" staging "{app: api-service, image: {name: company/api-service, newTag: v1.2.5}}"
    deliver bob "Promote api-service to staging"
    expect 60 "the promotion is under way" phase_in promotion "$name" "Committing Syncing Verifying"
    leader=$(operator_leader)
    act
    kill -KILL "$(operator_process "$leader")"
    tell "kill -9 of the operator in $leader"
    expect 90 "the promotion has Succeeded" phase_is promotion "$name" Succeeded
    expect 30 "api-service v1.2.5 is live in staging" runs staging api-service v1.2.5
    expect 60 "two replicas are ready again" pods_ready
    refresh
    [[ $(git -C "$GITOPS/work" log --format=%h --grep="^Promotion: shop/$name$" | wc -l) == 1 ]] ||
        die "the promotion was not committed exactly once"
    tell "committed exactly once"
}

# chapter_hand_over: a replica that is asked to end gives the lease back.
chapter_hand_over() {
    local leader
    chapter f3 "the leading replica is asked to end"
    leader=$(operator_leader)
    act
    kubectl -n sluice-system delete pod "$leader" --wait=false >/dev/null
    expect 5 "another replica leads" new_leader "$leader"
    expect 60 "two replicas are ready again" pods_ready
}
