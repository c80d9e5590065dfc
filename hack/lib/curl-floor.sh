# What plain curl reaches: server-side applies to the API server of $KUBECONFIG's cluster over one HTTP/2 connection.
# The yardstick for our own client, measured in the same run on the same machine.
# shellcheck shell=bash

# curl_floor COUNT IN-FLIGHT: prints two lines, "creates N" and "no-op applies N", in objects a second.
curl_floor() {
    local count=$1 parallel=$2 namespace=floor-${EPOCHREALTIME/[.,]/} folder server pass began micros ok
    folder=$(mktemp -d)
    kubectl config view --raw --minify --flatten -o json >"$folder/config.json"
    server=$(jq -r '.clusters[0].cluster.server' "$folder/config.json")
    jq -r '.clusters[0].cluster["certificate-authority-data"]' "$folder/config.json" | base64 -d >"$folder/ca.crt"
    jq -r '.users[0].user["client-certificate-data"]' "$folder/config.json" | base64 -d >"$folder/user.crt"
    (umask 077 && jq -r '.users[0].user["client-key-data"]' "$folder/config.json" | base64 -d >"$folder/user.key")
    kubectl create namespace "$namespace" >/dev/null
    awk -v count="$count" -v folder="$folder" -v namespace="$namespace" -v server="$server" 'BEGIN {
        for (i = 1; i <= count; i++) {
            if (i > 1) print "next"
            printf "url = \"%s/api/v1/namespaces/%s/configmaps/c%d?fieldManager=floor&force=true\"\n", server, namespace, i
            print "request = PATCH\nsilent\nhttp2\nheader = \"Content-Type: application/apply-patch+yaml\""
            printf "cacert = %s/ca.crt\ncert = %s/user.crt\nkey = %s/user.key\n", folder, folder, folder
            printf "data = \"{\\\"apiVersion\\\":\\\"v1\\\",\\\"kind\\\":\\\"ConfigMap\\\",\\\"metadata\\\":{\\\"name\\\":\\\"c%d\\\"},\\\"data\\\":{\\\"n\\\":\\\"%d\\\"}}\"\n", i, i
            print "output = /dev/null\nwrite-out = \"%{http_code}\\n\""
        }
    }' >"$folder/requests"
    for pass in creates "no-op applies"; do
        began=$EPOCHREALTIME
        ok=$(curl -q --noproxy '*' --parallel --parallel-max "$parallel" --config "$folder/requests" 2>/dev/null | grep -cE '^20[01]$' || true)
        micros=$((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}))
        ((ok == count)) || warn "$((count - ok)) of $count requests failed"
        echo "$pass $((ok * 1000000 / micros))"
    done
    kubectl delete namespace "$namespace" --wait=false >/dev/null
    rm -rf "$folder"
}
