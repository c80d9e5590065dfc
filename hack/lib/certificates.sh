# Keys, certificates and kubeconfigs of one cluster, made with openssl.
# shellcheck shell=bash

new_key() { (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$1"); }

# new_ca FOLDER NAME: FOLDER/NAME.key and FOLDER/NAME.crt.
new_ca() {
    new_key "$1/$2.key"
    openssl req -x509 -new -key "$1/$2.key" -sha256 -days 3650 -subj "/CN=sluice-$2" \
        -addext "keyUsage=critical,keyCertSign,cRLSign,digitalSignature" -out "$1/$2.crt"
}

# new_certificate FOLDER NAME SUBJECT EXTENSIONS: signed by FOLDER/ca.
new_certificate() {
    local folder=$1 name=$2 subject=$3 extensions=$4
    new_key "$folder/$name.key"
    openssl req -new -key "$folder/$name.key" -subj "$subject" -out "$folder/$name.csr"
    openssl x509 -req -in "$folder/$name.csr" -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -sha256 -days 3650 \
        -set_serial "0x$(openssl rand -hex 15)" -out "$folder/$name.crt" 2>/dev/null -extfile <(
            printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n%s\n' "$extensions"
        )
    rm "$folder/$name.csr"
}

new_client() { new_certificate "$STATE/pki" "$1" "$2" "extendedKeyUsage=clientAuth"; }
new_server() { new_certificate "$STATE/pki" "$1" "/CN=$1" "extendedKeyUsage=serverAuth"$'\n'"subjectAltName=$2"; }

# new_kubeconfig FILE CLIENT: complete in itself, so that it can be copied into a Secret.
new_kubeconfig() {
    (umask 077 && cat >"$1") <<END
apiVersion: v1
kind: Config
clusters:
- name: $name
  cluster:
    server: https://127.0.0.1:$(port_of "$STATE/ports" apiserver)
    certificate-authority-data: $(base64 -w0 "$STATE/pki/ca.crt")
users:
- name: $2
  user:
    client-certificate-data: $(base64 -w0 "$STATE/pki/$2.crt")
    client-key-data: $(base64 -w0 "$STATE/pki/$2.key")
contexts:
- name: $name
  context: {cluster: $name, user: $2}
current-context: $name
END
}

create_certificates() {
    [[ -e $STATE/pki/done ]] && return
    rm -rf "$STATE/pki"
    mkdir -m 700 -p "$STATE/pki"
    local client
    new_ca "$STATE/pki" ca
    new_key "$STATE/pki/service-accounts.key"
    openssl ec -in "$STATE/pki/service-accounts.key" -pubout -out "$STATE/pki/service-accounts.pub" 2>/dev/null
    new_server apiserver "IP:127.0.0.1,IP:$SERVICE_IP,IP:$(pod_gateway),DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
    new_server kubelet-server "IP:127.0.0.1,DNS:localhost"
    new_client admin "/O=system:masters/CN=admin"
    new_client apiserver-kubelet "/O=system:masters/CN=apiserver-kubelet"
    new_client controller-manager "/CN=system:kube-controller-manager"
    new_client scheduler "/CN=system:kube-scheduler"
    new_client kubelet "/O=system:nodes/CN=system:node:$NODE_NAME"
    for client in admin controller-manager scheduler kubelet; do
        new_kubeconfig "$STATE/$client.kubeconfig" "$client"
    done
    touch "$STATE/pki/done"
}
