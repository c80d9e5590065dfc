# What plain curl reaches: server-side applies to the API server of $KUBECONFIG's cluster over one HTTP/2 connection.
# The yardstick for our own client, measured in the same run on the same machine.
# shellcheck shell=bash

# curl_credentials FOLDER: writes ca.crt, user.crt and user.key of $KUBECONFIG's cluster; prints the server's URL.
curl_credentials() {
    kubectl config view --raw --minify --flatten -o json >"$1/config.json"
    jq -r '.clusters[0].cluster["certificate-authority-data"]' "$1/config.json" | base64 -d >"$1/ca.crt"
    jq -r '.users[0].user["client-certificate-data"]' "$1/config.json" | base64 -d >"$1/user.crt"
    (umask 077 && jq -r '.users[0].user["client-key-data"]' "$1/config.json" | base64 -d >"$1/user.key")
    jq -r '.clusters[0].cluster.server' "$1/config.json"
}

# curl_rate FOLDER IN-FLIGHT: sends what FOLDER/requests holds; prints how many it was a second.
curl_rate() {
    local began micros count ok
    count=$(grep -c '^url = ' "$1/requests")
    began=$EPOCHREALTIME
    ok=$(curl -q --noproxy '*' --parallel --parallel-max "$2" --config "$1/requests" 2>/dev/null | grep -cE '^20[01]$' || true)
    micros=$((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}))
    ((ok == count)) || warn "$((count - ok)) of $count requests failed"
    echo $((ok * 1000000 / micros))
}

# curl_floor COUNT IN-FLIGHT: prints two lines, "creates N" and "no-op applies N", in objects a second.
curl_floor() {
    local namespace=floor-${EPOCHREALTIME/[.,]/} folder server pass
    folder=$(mktemp -d)
    server=$(curl_credentials "$folder")
    kubectl create namespace "$namespace" >/dev/null
    "$HACK/lib/floor-requests.py" "$server" "$folder" "$namespace" config-maps "$1" >"$folder/requests"
    for pass in creates "no-op applies"; do echo "$pass $(curl_rate "$folder" "$2")"; done
    kubectl delete namespace "$namespace" --wait=false >/dev/null
    rm -rf "$folder"
}

# curl_floor_apps COUNT IN-FLIGHT: prints how many objects a second are created of that many apps, the very objects that
# `hack/bench sync` makes its apps of, and in a second line how many applies a second it is where a dry run of all comes
# first. The objects stay: deleting them would keep the controllers busy while others are measured.
curl_floor_apps() {
    local folder server namespace pass
    folder=$(mktemp -d)
    server=$(curl_credentials "$folder")
    for pass in apps checked-apps; do
        namespace=floor-${EPOCHREALTIME/[.,]/}
        kubectl create namespace "$namespace" >/dev/null
        "$HACK/lib/floor-requests.py" "$server" "$folder" "$namespace" "$pass" "$1" >"$folder/requests"
        curl_rate "$folder" "$2"
        until_controllers_rest "$namespace"
    done
    rm -rf "$folder"
}

# until_controllers_rest NAMESPACE: until the controllers have made what they make of ServiceAccounts and Services.
until_controllers_rest() {
    local before='' now i
    for ((i = 0; i < 120; i++)); do
        now=$(kubectl -n "$1" get secrets,endpoints,endpointslices -o name 2>/dev/null | wc -l)
        [[ $now != "$before" ]] || return 0
        before=$now
        sleep 2
    done
    warn "the controllers are still at work in $1"
}
