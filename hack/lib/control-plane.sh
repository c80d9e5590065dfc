# etcd, API server, controller manager and scheduler of the cluster $name in $STATE.
# shellcheck shell=bash

SERVICE_RANGE=10.96.0.0/16 SERVICE_IP=10.96.0.1

start_control_plane_component() {
    local part=$1 pki=$STATE/pki record=$STATE/run/$1.pid log=$STATE/log/$1.log port
    case $part in
    etcd)
        local client peer
        client=http://127.0.0.1:$(port_of "$STATE/ports" etcd)
        peer=http://127.0.0.1:$(port_of "$STATE/ports" etcd-peer)
        # No fsync: a test cluster survives the death of its processes, not that of the machine.
        process_start "$record" "$log" "$SLUICE_CACHE/etcd/usr/bin/etcd" --name default --data-dir "$STATE/etcd" \
            --listen-client-urls "$client" --advertise-client-urls "$client" \
            --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
            --unsafe-no-fsync --quota-backend-bytes 4294967296 --log-level warn --logger zap
        wait_for_http "$part" "$client/health"
        ;;
    apiserver)
        # The advertised address must not be a loopback one; with the reconciler off nothing uses it.
        local flags=()
        if [[ ! -e $STATE/apiserver.flags ]]; then echo "${SLUICE_APISERVER_FLAGS:-}" >"$STATE/apiserver.flags"; fi
        mapfile -t flags < <(grep . "$STATE/apiserver.flags" || true)
        port=$(port_of "$STATE/ports" apiserver)
        process_start "$record" "$log" "$KUBERNETES/kube-apiserver" \
            --etcd-servers="http://127.0.0.1:$(port_of "$STATE/ports" etcd)" \
            --bind-address=127.0.0.1 --secure-port="$port" --advertise-address=203.0.113.1 \
            --endpoint-reconciler-type=none --service-cluster-ip-range="$SERVICE_RANGE" --allow-privileged \
            --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --anonymous-auth \
            --client-ca-file="$pki/ca.crt" --requestheader-client-ca-file="$pki/ca.crt" \
            --requestheader-allowed-names=none --requestheader-username-headers=X-Remote-User \
            --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
            --service-account-issuer=https://kubernetes.default.svc \
            --service-account-key-file="$pki/service-accounts.pub" \
            --service-account-signing-key-file="$pki/service-accounts.key" \
            --kubelet-client-certificate="$pki/apiserver-kubelet.crt" \
            --kubelet-client-key="$pki/apiserver-kubelet.key" --kubelet-certificate-authority="$pki/ca.crt" \
            --kubelet-preferred-address-types=InternalIP "${flags[@]}"
        wait_for_http "$part" "https://127.0.0.1:$port/readyz" --cacert "$pki/ca.crt"
        ;;
    controller-manager)
        port=$(port_of "$STATE/ports" controller-manager)
        process_start "$record" "$log" "$KUBERNETES/kube-controller-manager" \
            --kubeconfig="$STATE/controller-manager.kubeconfig" --use-service-account-credentials \
            --authentication-kubeconfig="$STATE/controller-manager.kubeconfig" \
            --authorization-kubeconfig="$STATE/controller-manager.kubeconfig" \
            --controllers='*,-nodeipam,-route,-cloud-node-lifecycle' --leader-elect=false \
            --service-account-private-key-file="$pki/service-accounts.key" --root-ca-file="$pki/ca.crt" \
            --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key" \
            --flex-volume-plugin-dir="$STATE/volume-plugins" \
            --kube-api-qps=300 --kube-api-burst=600 --bind-address=127.0.0.1 --port=0 --secure-port="$port"
        wait_for_http "$part" "https://127.0.0.1:$port/healthz" -k
        ;;
    scheduler)
        port=$(port_of "$STATE/ports" scheduler)
        process_start "$record" "$log" "$KUBERNETES/kube-scheduler" \
            --kubeconfig="$STATE/scheduler.kubeconfig" \
            --authentication-kubeconfig="$STATE/scheduler.kubeconfig" \
            --authorization-kubeconfig="$STATE/scheduler.kubeconfig" \
            --leader-elect=false --bind-address=127.0.0.1 --port=0 --secure-port="$port"
        wait_for_http "$part" "https://127.0.0.1:$port/healthz" -k
        ;;
    esac
}

# wait_for_http COMPONENT URL CURL-OPTION...: a component that ended is told at once, with the end of its log.
wait_for_http() {
    local part=$1 url=$2
    shift 2
    wait_until 90 "$part answers at $url" component_answers_or_died "$part" "$url" "$@" && component_running "$part" && return
    tail -n 15 "$STATE/log/$part.log" | sed 's/^/    | /' >&2
    die "$part of cluster $name does not run; the whole log: $STATE/log/$part.log"
}

component_answers_or_died() {
    local part=$1
    shift
    component_running "$part" || return 0
    curl -fsS --noproxy '*' --max-time 5 "$@"
}
