# Measures the renderer beside the real kustomize, both on one processor core.
# shellcheck shell=bash

# measure_render WORK SERVICES ROUNDS BENCH
measure_render() {
    local work=$1 services=$2 rounds=$3 bench=$4 oracle round line pass
    local -A wall peak
    oracle=${KUSTOMIZE:-$(oracle_path)}
    [[ -x $oracle ]] || warn "no kustomize oracle: run hack/bootstrap; only our side is measured"
    python3 "$HACK/lib/render_trees.py" "$work/trees" "$services" 12
    local overlays=() commits
    mapfile -t overlays < <(cd "$work/trees/monorepo" && printf '%s\n' service-*/overlays/*)
    for ((round = 0; round < rounds; round++)); do
        say "render: round $((round + 1)) of $rounds"
        for pass in monorepo crds; do
            local directories=("${overlays[@]}") root=$work/trees/monorepo
            if [[ $pass == crds ]]; then directories=(crds) root=$work/trees; fi
            line=$(on_one_core "$bench" render --root "$root" "${directories[@]}")
            read -r _ line <<<"$line"
            wall[ours $pass]+="${line%% *} " line=${line#* }
            peak[ours $pass]+="${line%% *} "
            [[ -x $oracle ]] || continue
            line=$(cd "$root" && on_one_core python3 "$HACK/lib/process-cost.py" "$oracle" build -- "${directories[@]}")
            wall[oracle $pass]+="${line% *} "
            peak[oracle $pass]+="${line#* } "
        done
    done
    commits=$(on_one_core "$bench" render --root "$work/trees/monorepo" --commits 60 "${overlays[@]}" | sed -n 's/^commits //p')
    echo "rendering, cold, on one core, median of $rounds rounds"
    render_line "${#overlays[@]} overlays of $services services" monorepo
    render_line "12 MiB of resource definitions" crds
    echo "  a commit to one of ${#overlays[@]} overlays, all asked for with a cache: $commits"
}

# render_line WHAT PASS: one line of figures; uses measure_render's tables.
render_line() {
    local ours theirs
    # shellcheck disable=SC2086,SC2154
    ours=$(median ${wall[ours $2]})
    # shellcheck disable=SC2086,SC2154
    printf '  %-34s sluice %6d ms, %4d MiB' "$1" "$ours" "$(($(median ${peak[ours $2]}) / 1024))"
    if [[ -n ${wall[oracle $2]:-} ]]; then
        # shellcheck disable=SC2086
        theirs=$(median ${wall[oracle $2]})
        # shellcheck disable=SC2086
        printf '   kustomize %6d ms, %4d MiB   %s times less time' "$theirs" "$(($(median ${peak[oracle $2]}) / 1024))" "$(ratio "$theirs" "$ours")"
    fi
    echo
}

# on_one_core CMD...: runs a command on the first core that this shell may use.
on_one_core() {
    taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')" "$@"
}
