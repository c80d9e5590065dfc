# Ports on loopback: each named cluster or server has a block of ten, derived from its name so that it mostly stays the
# same; a block that another name holds or where something else listens is passed over.
# shellcheck shell=bash

# Below the kernel's ephemeral range (32768 and up).
PORTS_FIRST=20000 PORTS_BLOCKS=1000

# claim_ports KIND FOLDER FILE: writes the number of a free block into FILE, unless it is there already.
# FOLDER/*/ports are the claims to keep clear of; so are those of other kinds.
claim_ports() {
    [[ -s $3 ]] || with_lock "$SLUICE_STATE/ports.lock" claim_ports_alone "$@"
}

claim_ports_alone() {
    local kind=$1 file=$3 block tries claimed listening
    block=$(cksum <<<"$kind $(basename "$(dirname "$file")")" | cut -d' ' -f1)
    claimed=" $({ cat "$SLUICE_STATE"/*/*/ports 2>/dev/null || true; } | tr '\n' ' ') "
    listening=" $(ss -Hltn | awk '{sub(/.*:/, "", $4); print int($4 / 10)}' | tr '\n' ' ') "
    for ((tries = 0; tries < PORTS_BLOCKS; tries++)); do
        block=$((block % PORTS_BLOCKS))
        if [[ $claimed != *" $block "* && $listening != *" $((PORTS_FIRST / 10 + block)) "* ]]; then
            echo "$block" >"$file.new"
            mv "$file.new" "$file"
            return
        fi
        block=$((block + 1))
    done
    die "no free block of ports"
}

# port_of FILE PURPOSE
port_of() {
    local offset
    case $2 in
    apiserver | http) offset=0 ;;
    etcd | https) offset=1 ;;
    etcd-peer | ssh) offset=2 ;;
    controller-manager) offset=3 ;;
    scheduler) offset=4 ;;
    kubelet) offset=5 ;;
    kubelet-healthz) offset=6 ;;
    containerd-stream) offset=7 ;;
    *) die "no port for $2" ;;
    esac
    echo $((PORTS_FIRST + $(cat "$1") * 10 + offset))
}
