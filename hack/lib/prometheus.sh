# Debian's Prometheus, unpacked into the cache and never installed: the tests of alerts and dashboard scrape with it.
# shellcheck shell=bash

prometheus_folder() { echo "$SLUICE_CACHE/prometheus/usr/bin"; }

prepare_prometheus() {
    [[ -x $(prometheus_folder)/prometheus ]] || with_lock "$SLUICE_CACHE/prometheus.lock" prepare_prometheus_alone
}

prepare_prometheus_alone() {
    [[ -x $(prometheus_folder)/prometheus ]] && return
    step "unpack Prometheus" "$SLUICE_CACHE/log/prometheus.log" unpack_prometheus ||
        warn "no Prometheus: the tests of alerts will be skipped"
}

unpack_prometheus() {
    local scratch=$SLUICE_CACHE/scratch/prometheus
    rm -rf "$scratch"
    mkdir -p "$scratch"
    [[ -d $SLUICE_CACHE/apt/lists ]] || prepare_private_apt
    unpack_packages "$scratch/prometheus" prometheus
    rm -rf "$SLUICE_CACHE/prometheus"
    mv "$scratch/prometheus" "$SLUICE_CACHE/"
}
