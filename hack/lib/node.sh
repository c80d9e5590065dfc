# The node of the cluster $name in $STATE: containerd and kubelet in a mount and a PID namespace of their own, held by
# one process. Its death ends every process of the node, and with them all mounts, network namespaces and interfaces.
# The network is the machine's own: the kubelet probes pods and reaches the API server on loopback.
# shellcheck shell=bash

# The kubelet takes an address given as name for its own address, and so needs no other network than loopback.
NODE_NAME=127.0.0.1

node_root() { readlink -f "$SLUICE_CACHE/node-$NODE_RECIPE"; }
cgroup_name() { echo "sluice-$name"; }
holder_running() { process_alive "$STATE/run/holder.pid"; }

# node_init STATE: the first process of the node's PID namespace; adopts and reaps what is orphaned there.
node_init() {
    local state=$1 pid rest folder
    # /proc is still the machine's, so this is the PID as seen from outside.
    read -r pid rest </proc/self/stat
    mount -t proc proc /proc
    mount --make-rshared /
    # Paths that containerd and the kubelet have built in.
    exec 7<"$state"
    for folder in /run /var/log /var/lib/cni /var/lib/kubelet; do
        mkdir -p "$folder"
        mount -t tmpfs -o mode=755 sluice "$folder"
    done
    # Containers often lack it, and the kubelet does not start without.
    [[ -e /dev/kmsg ]] || ln -s /dev/null /dev/kmsg
    if [[ ! -d $state ]]; then
        mkdir -p "$state"
        mount --no-canonicalize --bind /proc/self/fd/7 "$state"
    fi
    echo "$pid" >"$state/run/init.pid"
    trap : TERM
    while :; do
        sleep 3600 7<&- &
        wait $!
    done
}

start_node_holder() {
    holder_running && return
    rm -f "$STATE/run/init.pid"
    prepare_cgroups
    cat /proc/sys/net/ipv4/ip_forward >"$STATE/ip_forward"
    # shellcheck disable=SC2016
    process_start "$STATE/run/holder.pid" "$STATE/log/holder.log" unshare --mount --pid --fork --kill-child=KILL \
        bash -c "set -euo pipefail; $(declare -f node_init)"'; node_init "$1"' node-init "$STATE"
    wait_until 10 "the node's namespaces" test -s "$STATE/run/init.pid" || die "see $STATE/log/holder.log"
}

# start_in_node COMPONENT COMMAND...: the recorded process is the component itself, not nsenter waiting for it.
start_in_node() {
    local part=$1 outer=$STATE/run/$1.outer.pid child='' tries
    shift
    component_running "$part" && return
    start_node_holder
    process_start "$outer" "$STATE/log/$part.log" nsenter -t "$(cat "$STATE/run/init.pid")" -m -p -- \
        env PATH="$(node_root)/usr/bin:$(node_root)/usr/sbin:$PATH" "$@"
    for ((tries = 0; tries < 100; tries++)); do
        child=$(process_child "$(cut -d' ' -f1 "$outer")") && break
        sleep 0.02
    done
    [[ -n $child ]] || die "$part does not start: see $STATE/log/$part.log"
    process_record "$child" "$STATE/run/$part.pid"
    rm "$outer"
}

start_node_component() {
    case $1 in
    containerd)
        write_containerd_config
        start_in_node containerd "$(node_root)/usr/bin/containerd" --config "$STATE/containerd/config.toml"
        wait_until 30 "containerd answers" cri_ready || die "see $STATE/log/containerd.log"
        if [[ ! -e $STATE/containerd/imported ]]; then
            in_containerd images import --snapshotter "$(snapshotter)" "$(images_file)" >"$STATE/log/import.log" 2>&1 ||
                die "cannot import the images: $STATE/log/import.log"
            touch "$STATE/containerd/imported"
        fi
        ;;
    kubelet)
        local port
        port=$(port_of "$STATE/ports" kubelet-healthz)
        write_kubelet_config
        start_in_node kubelet "$KUBERNETES/kubelet" --config "$STATE/kubelet.yaml" --root-dir "$STATE/kubelet" \
            --kubeconfig "$STATE/kubelet.kubeconfig" --hostname-override "$NODE_NAME" --container-runtime=remote \
            --container-runtime-endpoint unix:///run/containerd.sock \
            --pod-infra-container-image sluice.local/pause:1
        wait_for_http kubelet "http://127.0.0.1:$port/healthz"
        ;;
    esac
}

# load_image ARCHIVE: takes the images of an OCI archive.
load_image() {
    component_running containerd || die "cluster $name has no node"
    in_containerd images import --snapshotter "$(snapshotter)" "$1" >>"$STATE/log/import.log" 2>&1 ||
        die "cannot import $1: $STATE/log/import.log"
}

# The socket is in the node's own /run: paths of sockets must be short.
in_containerd() {
    nsenter -t "$(cat "$STATE/run/init.pid")" -m -- \
        "$(node_root)/usr/bin/ctr" --address /run/containerd.sock --namespace k8s.io "$@"
}
cri_ready() { in_containerd plugins list | awk '$2 == "cri" && $NF == "ok" {found = 1} END {exit !found}'; }

# overlayfs does not stack on itself: within a container plain copies have to do.
snapshotter() { if [[ $(stat -f -c %T "$STATE") == overlayfs ]]; then echo native; else echo overlayfs; fi; }

pod_range() {
    local block
    block=$(cat "$STATE/ports")
    echo "10.$((128 + block / 250)).$((block % 250)).0/24"
}

# pod_gateway: this machine's address as the pods see it.
pod_gateway() {
    local range
    range=$(pod_range)
    echo "${range%.0/24}.1"
}

write_containerd_config() {
    local folder=$STATE/containerd
    mkdir -p "$folder"/{net.d,registry/_default}
    # There is no registry: whatever is not here already fails at once, without a word to the network.
    cat >"$folder/registry/_default/hosts.toml" <<END
server = "http://127.0.0.1:1"
[host."http://127.0.0.1:1"]
capabilities = ["pull", "resolve"]
END
    cat >"$folder/net.d/10-sluice.conflist" <<END
{"cniVersion": "0.4.0", "name": "sluice-$name", "plugins": [{
  "type": "ptp", "ipMasq": false,
  "ipam": {"type": "host-local", "dataDir": "$folder/addresses",
    "ranges": [[{"subnet": "$(pod_range)"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
END
    cat >"$folder/config.toml" <<END
version = 2
root = "$folder/root"
state = "$folder/state"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "/run/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$folder/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "sluice.local/pause:1"
  # Without this runc fails where CAP_SYS_RESOURCE is missing.
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "$(port_of "$STATE/ports" containerd-stream)"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$(node_root)/usr/lib/cni"
    conf_dir = "$folder/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$(snapshotter)"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$folder/registry"
END
}

write_kubelet_config() {
    cat >"$STATE/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $(port_of "$STATE/ports" kubelet)
readOnlyPort: 0
healthzBindAddress: 127.0.0.1
healthzPort: $(port_of "$STATE/ports" kubelet-healthz)
tlsCertFile: $STATE/pki/kubelet-server.crt
tlsPrivateKeyFile: $STATE/pki/kubelet-server.key
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: $STATE/pki/ca.crt}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /$(cgroup_name)
enforceNodeAllocatable: [pods]
failSwapOn: false
resolvConf: ""
# Nothing answers there; without an address each pod gets a warning event.
clusterDNS: [10.96.0.10]
# A change of the node's state is told within a second; the same state is told every five minutes.
nodeStatusUpdateFrequency: 1s
nodeStatusReportFrequency: 5m
makeIPTablesUtilChains: false
serializeImagePulls: false
imageGCHighThresholdPercent: 100
# A full disk of the machine is no reason to evict test pods.
evictionHard: {memory.available: 100Mi}
volumePluginDir: $STATE/kubelet/volume-plugins
featureGates: {DevicePlugins: false}
maxPods: 200
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 100
kubeAPIBurst: 200
END
}

# cgroup_roots: the folder of our cgroup in each hierarchy that the kubelet uses.
cgroup_roots() {
    if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
        echo "/sys/fs/cgroup/$(cgroup_name)"
    else
        local hierarchy
        for hierarchy in /sys/fs/cgroup/*/; do
            # runc makes one in the hybrid layout's unified hierarchy too.
            if [[ -e $hierarchy/cgroup.procs ]]; then echo "$hierarchy$(cgroup_name)"; fi
        done
    fi
}

prepare_cgroups() {
    local folder pid controllers='' root=/sys/fs/cgroup
    if [[ -e $root/cgroup.controllers ]]; then
        # The kubelet insists on each of these that the machine has.
        controllers=$(tr ' ' '\n' <$root/cgroup.controllers | sed -nE 's/^(cpu|cpuset|hugetlb|memory|pids)$/+\1/p' | xargs)
    fi
    if [[ -n $controllers ]] && ! echo "$controllers" 2>/dev/null >$root/cgroup.subtree_control; then
        # Within a container our own processes sit in the root of its hierarchy: they have to leave it first.
        mkdir -p $root/init
        while read -r pid; do echo "$pid" >$root/init/cgroup.procs 2>/dev/null || true; done <$root/cgroup.procs
        echo "$controllers" >$root/cgroup.subtree_control || die "no control over cgroups: use --no-node"
    fi
    for folder in $(cgroup_roots); do
        mkdir -p "$folder"
        if [[ -e $root/cgroup.controllers ]]; then
            echo "$controllers" >"$folder/cgroup.subtree_control"
        elif [[ -e $folder/cpuset.cpus ]]; then
            # In version 1 a child starts without CPUs and memory nodes.
            cat "$(dirname "$folder")/cpuset.cpus" >"$folder/cpuset.cpus"
            cat "$(dirname "$folder")/cpuset.mems" >"$folder/cpuset.mems"
        fi
    done
}

remove_node() {
    local folder other
    process_stop "$STATE/run/kubelet.pid" 5
    process_stop "$STATE/run/holder.pid" 10 KILL
    for folder in $(cgroup_roots); do
        [[ -d $folder ]] || continue
        wait_until 10 "$folder is empty" remove_cgroup "$folder" || warn "left: $folder"
    done
    rm -f "$STATE/node"
    for other in "$CLUSTERS"/*/node; do [[ -e $other ]] && return; done
    if [[ -s $STATE/ip_forward ]]; then cat "$STATE/ip_forward" >/proc/sys/net/ipv4/ip_forward; fi
    # Only the empty mount points are ours. While another node has mounts on them they must stay.
    rmdir --ignore-fail-on-non-empty /var/lib/cni /var/lib/kubelet 2>/dev/null || true
}

# remove_cgroup FOLDER: deepest first; fails while the kernel still counts a dying process.
remove_cgroup() { find "$1" -depth -type d -exec rmdir {} +; }
