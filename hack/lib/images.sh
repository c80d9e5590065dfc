# The container images, made from busybox-static without any registry.
# shellcheck shell=bash

images_file() { echo "$SLUICE_CACHE/images-$(cat "$SLUICE_ROOT"/hack/lib/{oci,make-images}.py | sha256sum | cut -c1-12).tar"; }

prepare_images() {
    [[ -e $(images_file) ]] || with_lock "$SLUICE_CACHE/cluster.lock" prepare_images_alone
}

prepare_images_alone() {
    [[ -e $(images_file) ]] && return
    step "make the container images" "$SLUICE_CACHE/log/images.log" python3 "$SLUICE_ROOT/hack/lib/make-images.py" \
        "$SLUICE_CACHE/node-$NODE_RECIPE/bin/busybox" "$(images_file)"
}
