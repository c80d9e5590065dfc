# The measures of hack/bench that need nothing but a Git server.
# shellcheck shell=bash

# measure_git WORK SERVER COMMITS FILES ROUNDS: the Git library beside the git command, on a repository of that size.
measure_git() {
    local work=$1/git path disk measure ours git
    mkdir -p "$work"
    path=$("$HACK/git-server" repo history --name "$2")
    eval "$("$HACK/git-server" env --name "$2")"
    disk=$SLUICE_GIT_DIR/$path
    say "git: a history of $3 commits and $4 files"
    "$HACK/lib/make-history.py" "$3" "$4" | git -C "$disk" fast-import --quiet
    git -C "$disk" commit-graph write --reachable
    echo "git: $3 commits, $4 files, $(du -sm "$disk" | cut -f 1) MiB on the server; median of $5 rounds, beside git $(git --version | cut -d ' ' -f 3)"
    while read -r measure ours git; do
        case $measure in
        clone) printf '  %-28s sluice %8.1f ms   git %8.1f ms   ratio %s\n' "first clone (once)" "$ours" "$git" "$(ratio "$ours" "$git")" ;;
        fetch) printf '  %-28s sluice %8.1f ms   git %8.1f ms   ratio %s\n' "fetch one new commit" "$ours" "$git" "$(ratio "$ours" "$git")" ;;
        push) printf '  %-28s sluice %8.1f ms   git %8.1f ms   ratio %s\n' "edit, commit and push" "$ours" "$git" "$(ratio "$ours" "$git")" ;;
        memory) printf '  %-28s sluice %8d MiB at most\n' "resident memory" "$ours" ;;
        esac
    done < <("$BENCH" git --path "/$path" --folder "$work" --rounds "$5")
}
