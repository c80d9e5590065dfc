# Debian packages: what is missing is installed; what we only want to read is taken through private apt lists, so that
# the machine's own apt configuration stays untouched and no system service is started.
# shellcheck shell=bash

# install_packages PACKAGE...: installs what is missing; without anything missing it needs neither network nor root.
install_packages() {
    local missing=() name state
    declare -A installed=()
    while IFS=' ' read -r name state; do
        if [[ $state == installed ]]; then installed[$name]=1; fi
    done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for name in "$@"; do
        [[ -n ${installed[$name]:-} ]] || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    have apt-get || die "not a Debian machine; install what these packages hold: ${missing[*]}"
    with_lock "$SLUICE_CACHE/install.lock" apt_install "${missing[@]}"
}

apt_install() {
    # A machine whose lists are old or absent fails the first try; its other sources may be down without harm.
    # policy-rc.d semantics without the file: RUNLEVEL=1 keeps invoke-rc.d from starting the services it installs.
    local run=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=300)
    if as_root "${run[@]}" install -y --no-install-recommends -s "$@" >/dev/null 2>&1 &&
        step "install $*" "$SLUICE_CACHE/log/install.log" as_root "${run[@]}" install -y --no-install-recommends "$@"; then
        return
    fi
    step "apt-get update" "$SLUICE_CACHE/log/update.log" as_root "${run[@]}" update || true
    step "install $*" "$SLUICE_CACHE/log/install.log" as_root "${run[@]}" install -y --no-install-recommends "$@"
}

# private_apt COMMAND...: apt-get on our own lists, filled from the machine's own Debian sources, with source packages.
private_apt() {
    apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$SLUICE_CACHE/apt/sources" \
        -o Dir::State::lists="$SLUICE_CACHE/apt/lists" -o Dir::Cache="$SLUICE_CACHE/apt/cache" \
        -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=false -o Acquire::Retries=3 "$@"
}

# debian_release: the code name that this machine's Debian sources go by.
debian_release() { (. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}"); }

# prepare_private_apt: writes the sources and fetches the lists.
prepare_private_apt() {
    local apt=$SLUICE_CACHE/apt release file
    release=$(debian_release)
    rm -rf "$apt/sources"
    mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial"
    for file in /etc/apt/sources.list.d/*.sources; do
        [[ -r $file ]] || continue
        # Only paragraphs of Debian's own release: other archives hold nothing that we want and may be unreachable.
        awk -v RS= -v release="$release" '
            $0 ~ "(^|\n)Suites:[^\n]*[ \t]" release "([- \t\n]|$)" {
                gsub(/(^|\n)Types:[^\n]*/, "\nTypes: deb deb-src"); sub(/^\n/, ""); print $0 "\n"
            }' "$file" >"$apt/sources/$(basename "$file")"
        [[ -s $apt/sources/$(basename "$file") ]] || rm "$apt/sources/$(basename "$file")"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ -r $file ]] || continue
        sed -nE "s/^deb(-src)?((\s+\[[^]]*\])?\s+\S+\s+$release(-\S+)?\s.*)/deb\2\ndeb-src\2/p" "$file" |
            sort -u >"$apt/sources/$(basename "$file" .list).list"
        [[ -s $apt/sources/$(basename "$file" .list).list ]] || rm "$apt/sources/$(basename "$file" .list).list"
    done
    [[ -n $(ls "$apt/sources") ]] || die "no Debian $release sources in /etc/apt"
    private_apt update
}

# debian_mirror: the URI of the machine's own Debian archive.
debian_mirror() {
    local release
    release=$(debian_release)
    private_apt indextargets --format '$(REPO_URI) $(CODENAME)' "Created-By: Packages" |
        awk -v release="$release" '$2 == release {print $1; exit}'
}

# unpack_packages FOLDER PACKAGE...: downloads packages and unpacks them below FOLDER, without installing anything.
unpack_packages() {
    local folder=$1 deb
    shift
    mkdir -p "$folder/.debs"
    (cd "$folder/.debs" && private_apt download "$@")
    for deb in "$folder"/.debs/*.deb; do dpkg -x "$deb" "$folder"; done
    rm -rf "$folder/.debs"
}
