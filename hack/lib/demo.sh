# What hack/demo stands on: the operator as a recorded process, looking at the cluster, acting through Git.
# shellcheck shell=bash

chapter() {
    CHAPTER_BEGAN=$EPOCHREALTIME
    printf '\n' >&2
    say "== ($1) $2"
}
tell() { say "   $*"; }
# took: since the last act or the beginning of the chapter.
took() { seconds_since "${ACT_BEGAN:-$CHAPTER_BEGAN}"; }
act() { ACT_BEGAN=$EPOCHREALTIME; }

# expect SECONDS WHAT COMMAND...: waits; on failure shows what the operator says.
expect() {
    local limit=$1 what=$2
    shift 2
    if wait_until "$limit" "$what" "$@"; then
        tell "$what: after $(took) s"
    else
        kubectl -n shop get environments,promotions,rollbacks -o wide >&2 || true
        if [[ -n ${pods:-} ]]; then
            kubectl -n sluice-system logs --prefix -l app.kubernetes.io/name=sluice --tail=30 | sed 's/^/    | /' >&2 || true
            die "the demo stops here"
        fi
        tail -n 30 "$DEMO/operator.log" | sed 's/^/    | /' >&2 || true
        die "the demo stops here; the operator's log: $DEMO/operator.log"
    fi
}

start_operator() {
    # Only its own kubeconfig: the operator gets nothing else from the environment.
    # It runs outside of the cluster, so the API server comes to its webhook by address.
    kubeconfig_of operator operators
    kubectl create clusterrolebinding demo-operator --clusterrole=cluster-admin --user=operator >/dev/null
    process_start "$DEMO/operator.pid" "$DEMO/operator.log" env -u KUBECONFIG \
        "$SLUICE_BINARY" run --kubeconfig "$DEMO/operator.kubeconfig" --state-dir "$DEMO/operator" --port 0 \
        --webhook-port 0 --webhook-listen 127.0.0.1 --webhook-host 127.0.0.1 --webhook-namespace default
    tell "operator started, process $(cut -d' ' -f1 "$DEMO/operator.pid")"
}

# kubeconfig_of USER GROUP: $DEMO/USER.kubeconfig, with a certificate that the cluster signed.
kubeconfig_of() {
    local base=$DEMO/$1
    [[ -e $base.kubeconfig ]] && return
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$base.key" -out "$base.csr" \
        -subj "/O=$2/CN=$1" 2>/dev/null
    kubectl apply -f - >/dev/null <<END
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  name: demo-$1
spec:
  request: $(base64 -w0 "$base.csr")
  signerName: kubernetes.io/kube-apiserver-client
  usages:
  - client auth
END
    kubectl certificate approve "demo-$1" >/dev/null
    wait_until 30 "the certificate of $1" certificate_is_signed "$1"
    kubectl config view --raw --flatten >"$base.kubeconfig"
    kubectl --kubeconfig "$base.kubeconfig" config set-credentials "$1" --client-certificate="$base.crt" \
        --client-key="$base.key" --embed-certs=true >/dev/null
    kubectl --kubeconfig "$base.kubeconfig" config set-context --current --user="$1" --namespace=shop >/dev/null
}
certificate_is_signed() {
    kubectl get csr "demo-$1" -o 'jsonpath={.status.certificate}' | base64 -d >"$DEMO/$1.crt"
    [[ -s $DEMO/$1.crt ]]
}

# bootstrap_delivery: the password for Git, which is no thing for Git, and the one Environment.
bootstrap_delivery() {
    wait_until 60 "the operator's CRDs" kubectl get crd environments.sluice.dev promotions.sluice.dev rollbacks.sluice.dev
    kubectl wait --for=condition=Established --timeout=30s crd/environments.sluice.dev >/dev/null
    (
        eval "$("$HACK/git-server" env --name "$DEMO_NAME")"
        kubectl create namespace shop --dry-run=client -o yaml | kubectl apply -f - >/dev/null
        kubectl -n shop create secret generic gitops-git --from-literal="username=$SLUICE_GIT_USERNAME" \
            --from-file=password=<(printf %s "$SLUICE_GIT_PASSWORD") --dry-run=client -o yaml | kubectl apply -f - >/dev/null
    )
    kubectl apply -f "$GITOPS/work/bootstrap.yaml" >/dev/null
    tell "applied by hand, once: the Environment shop/delivery"
}

# field KIND NAME JSONPATH: of an object in the namespace shop.
field() { kubectl -n shop get "$1" "$2" -o "jsonpath=$3" 2>/dev/null; }
phase_is() { [[ $(field "$1" "$2" '{.status.phase}') == "$3" ]]; }
phase_in() { [[ " $3 " == *" $(field "$1" "$2" '{.status.phase}') "* ]]; }

# runs ENVIRONMENT APP TAG: all pods of the app are ready and answer with the version.
runs() {
    local ready wanted address
    [[ $(kubectl -n "shop-$1" get deployment "$2" -o "jsonpath={.spec.template.spec.containers[0].image}") == *":$3" ]] || return 1
    kubectl -n "shop-$1" rollout status "deployment/$2" --watch=false | grep -q "successfully rolled out" || return 1
    wanted=$(kubectl -n "shop-$1" get deployment "$2" -o 'jsonpath={.spec.replicas}')
    ready=0
    for address in $(kubectl -n "shop-$1" get pods -l "app=$2" \
        -o 'jsonpath={range .items[?(@.status.phase=="Running")]}{.metadata.deletionTimestamp}{"|"}{.status.podIP}{"\n"}{end}' |
        sed -n 's/^|//p'); do
        [[ $(curl -fsS --noproxy '*' --max-time 2 "http://$address/version") == "$3" ]] && ready=$((ready + 1))
    done
    ((ready == wanted))
}

replicas_are() { [[ $(kubectl -n "shop-$1" get deployment "$2" -o 'jsonpath={.spec.replicas}') == "$3" ]]; }

# deliver PERSON MESSAGE: commits what was changed in the clone and pushes it.
deliver() {
    act
    "$HACK/company-gitops" commit "$GITOPS" "$1" "$2" >/dev/null
    tell "$1 pushes: $2"
}

# refresh: brings the clone to the tip, since the operator commits too.
refresh() { git -C "$GITOPS/work" pull -q --rebase --autostash origin main; }

# add_delivery FOLDER NAME: takes an object's file from standard input into delivery/FOLDER and its kustomization.
add_delivery() {
    local file=$1/$2.yaml
    refresh
    cat >"$GITOPS/work/delivery/$file"
    sed -i "/^generatorOptions:/i - $file" "$GITOPS/work/delivery/kustomization.yaml"
}

# approve NAME PERSON: adds an approval of the plan as it now stands to a promotion's file.
approve() {
    local file=$GITOPS/work/delivery/promotions/$1.yaml
    refresh
    grep -q '^  approvals:' "$file" || echo '  approvals:' >>"$file"
    cat >>"$file" <<END
  - user: $2
    decision: Approve
    planDigest: $(field promotion "$1" '{.status.planDigest}')
END
}

demo_down() {
    demo_down_quietly
    say "nothing of the demo is left but the caches in $SLUICE_CACHE"
}

demo_down_quietly() {
    process_stop "$DEMO/operator.pid" 30
    process_stop "$DEMO/forward.pid" 5
    if [[ -d $SLUICE_STATE/clusters/$DEMO_NAME ]]; then "$HACK/cluster" down --name "$DEMO_NAME"; fi
    if [[ -d $SLUICE_STATE/git-servers/$DEMO_NAME ]]; then "$HACK/git-server" down --name "$DEMO_NAME"; fi
    rm -rf "$DEMO"
}
