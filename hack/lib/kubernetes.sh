# The cluster's binaries, from Debian packages alone, in the cache: built or unpacked once per package version.
# shellcheck shell=bash

# Raise when the recipe below changes, so that old caches are not taken for new ones.
export KUBERNETES_RECIPE=1 NODE_RECIPE=1

# publish FOLDER NAME: moves a finished folder into the cache and points the link NAME at it, atomically.
publish() {
    local folder=$1 name=$2 final=$SLUICE_CACHE/$(basename "$1")
    rm -rf "$final"
    mv "$folder" "$final"
    ln -sfn "$(basename "$final")" "$SLUICE_CACHE/$name.new"
    mv -T "$SLUICE_CACHE/$name.new" "$SLUICE_CACHE/$name"
}

# scratch_folder NAME: an empty folder for half-done work. Leftovers of killed runs go: the caller holds the lock.
scratch_folder() {
    rm -rf "$SLUICE_CACHE/scratch/$1"
    mkdir -p "$SLUICE_CACHE/scratch/$1"
    echo "$SLUICE_CACHE/scratch/$1"
}

control_plane_ready() { [[ -x $SLUICE_CACHE/kubernetes-$KUBERNETES_RECIPE/bin/kubectl && -x $SLUICE_CACHE/etcd/usr/bin/etcd ]]; }
node_ready() { [[ -x $SLUICE_CACHE/node-$NODE_RECIPE/usr/bin/containerd ]]; }

# prepare_control_plane: etcd and the Kubernetes binaries.
prepare_control_plane() {
    control_plane_ready || with_lock "$SLUICE_CACHE/cluster.lock" prepare_control_plane_alone
}

prepare_control_plane_alone() {
    control_plane_ready && return
    install_packages golang-go make rsync jq dpkg-dev ca-certificates
    step "private package lists" "$SLUICE_CACHE/log/lists.log" prepare_private_apt
    step "unpack etcd" "$SLUICE_CACHE/log/etcd.log" unpack_etcd
    [[ -x $SLUICE_CACHE/kubernetes-$KUBERNETES_RECIPE/bin/kubectl ]] && return
    step "download Kubernetes' source" "$SLUICE_CACHE/log/kubernetes-source.log" download_kubernetes
    step "build Kubernetes (once, about five minutes on two cores)" \
        "$SLUICE_CACHE/log/kubernetes-build.log" build_kubernetes
    rm -rf "$SLUICE_CACHE/scratch/kubernetes"
}

package_version() {
    private_apt -s --print-uris download "$1" >/dev/null
    apt-cache -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$SLUICE_CACHE/apt/sources" \
        -o Dir::State::lists="$SLUICE_CACHE/apt/lists" -o Dir::Cache="$SLUICE_CACHE/apt/cache" \
        show --no-all-versions "$1" | sed -n 's/^Version: //p' | head -n 1
}

unpack_etcd() {
    local scratch folder
    scratch=$(scratch_folder etcd)
    folder=$scratch/etcd-$(package_version etcd-server)
    unpack_packages "$folder" etcd-server
    publish "$folder" etcd
}

download_kubernetes() {
    local scratch
    scratch=$(scratch_folder kubernetes)
    cd "$scratch"
    private_apt source --download-only kubernetes
    dpkg-source --no-check -x kubernetes_*.dsc tree
    # The vendored reflect2 1.0.1 walks maps by the layout of Go before 1.18 and crashes the API server under load.
    unpack_packages "$scratch/reflect2" golang-github-modern-go-reflect2-dev
    local from=$scratch/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2
    local to=$scratch/tree/vendor/github.com/modern-go/reflect2
    rm "$to"/*.go "$to"/*.s
    cp "$from"/*.go "$from"/*.s "$to"
    rm -f "$to"/*_test.go
}

build_kubernetes() {
    local scratch=$SLUICE_CACHE/scratch/kubernetes version folder binary
    cd "$scratch/tree"
    version=$(dpkg-parsechangelog -S Version)
    mkdir -p .go/src/k8s.io "$scratch/home"
    ln -sfn "$PWD" .go/src/k8s.io/kubernetes
    # Without this the binaries call themselves v0.0.0, and clients refuse to compare versions.
    local upstream=${version%-*} # 1.20.5+really1.20.2
    upstream=${upstream#*+really}
    cat >"$scratch/version" <<END
KUBE_GIT_COMMIT='debian-$version'
KUBE_GIT_TREE_STATE='archive'
KUBE_GIT_VERSION='v$upstream'
KUBE_GIT_MAJOR='$(cut -d. -f1 <<<"$upstream")'
KUBE_GIT_MINOR='$(cut -d. -f2 <<<"$upstream")'
END
    local binaries=(kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl)
    env HOME="$scratch/home" GOPATH="$PWD/.go" CGO_ENABLED=0 KUBE_GIT_VERSION_FILE="$scratch/version" \
        make WHAT="${binaries[*]/#/cmd/}"
    folder=$scratch/kubernetes-$version-$KUBERNETES_RECIPE
    mkdir -p "$folder/bin"
    for binary in "${binaries[@]}"; do cp "_output/bin/$binary" "$folder/bin/"; done
    publish "$folder" "kubernetes-$KUBERNETES_RECIPE"
}

# prepare_node: containerd, runc, the CNI plugins and busybox, unpacked and never installed.
prepare_node() {
    node_ready || with_lock "$SLUICE_CACHE/cluster.lock" prepare_node_alone
}

prepare_node_alone() {
    node_ready && return
    step "private package lists" "$SLUICE_CACHE/log/lists.log" prepare_private_apt
    step "unpack containerd, runc, CNI plugins, busybox" "$SLUICE_CACHE/log/node.log" unpack_node
}

unpack_node() {
    local scratch folder
    scratch=$(scratch_folder node)
    folder=$scratch/node-$(package_version containerd)-$NODE_RECIPE
    unpack_packages "$folder" containerd runc containernetworking-plugins busybox-static
    publish "$folder" "node-$NODE_RECIPE"
}
