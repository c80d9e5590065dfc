# The real kustomize, for the differential tests: optional, those tests skip loudly without it.
# shellcheck shell=bash

export KUSTOMIZE_DEB=kustomize_5.8.1+ds-1

oracle_path() { echo "$SLUICE_CACHE/$KUSTOMIZE_DEB/usr/bin/kustomize"; }

prepare_oracle() {
    # After a failure (no network, say) the next try is a day later.
    [[ -x $(oracle_path) || -n $(find "$SLUICE_CACHE/no-oracle" -mmin -1440 2>/dev/null) ]] || with_lock "$SLUICE_CACHE/oracle.lock" prepare_oracle_alone
}

prepare_oracle_alone() {
    [[ -x $(oracle_path) ]] && return
    step "download the kustomize oracle" "$SLUICE_CACHE/log/oracle.log" unpack_oracle || {
        touch "$SLUICE_CACHE/no-oracle"
        warn "no kustomize oracle: the differential tests will be skipped"
    }
}

unpack_oracle() {
    local scratch=$SLUICE_CACHE/scratch/oracle mirror deb
    rm -rf "$scratch"
    mkdir -p "$scratch/$KUSTOMIZE_DEB"
    # It is in Debian's archive, though not in this release: the pool of the same mirror has it.
    [[ -d $SLUICE_CACHE/apt/lists ]] || prepare_private_apt
    mirror=$(debian_mirror)
    [[ -n $mirror ]] || return 1
    deb=${KUSTOMIZE_DEB}_$(dpkg --print-architecture).deb
    curl -fsS --retry 2 --max-time 120 -o "$scratch/k.deb" "${mirror%/}/pool/main/k/kustomize/$deb"
    dpkg -x "$scratch/k.deb" "$scratch/$KUSTOMIZE_DEB"
    mv "$scratch/$KUSTOMIZE_DEB" "$SLUICE_CACHE/"
    rm -rf "$scratch"
}
