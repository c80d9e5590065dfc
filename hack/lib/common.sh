# Shared by the scripts in hack/: telling with elapsed time, quiet steps, deadlines, recorded processes.
# Source it; it sets the shell's strict mode.
# shellcheck shell=bash

set -Eeuo pipefail
# No script ends without a word about where.
trap '[[ $BASH_COMMAND == return* ]] || say "error: ${BASH_SOURCE[0]##*/}:$LINENO: failed: $BASH_COMMAND"' ERR

SLUICE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SLUICE_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
SLUICE_STATE=${XDG_STATE_HOME:-$HOME/.local/state}/sluice
# Nested scripts go on counting from their caller's start.
export SLUICE_STARTED=${SLUICE_STARTED:-$EPOCHREALTIME}

# seconds_since TIME: seconds since an EPOCHREALTIME value, with one decimal.
seconds_since() {
    local now=${EPOCHREALTIME/[.,]/} then=${1/[.,]/}
    local tenths=$(((now - then + 50000) / 100000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# say MESSAGE...: one line with the time since the outermost script began.
say() { printf '[%7ss] %s\n' "$(seconds_since "$SLUICE_STARTED")" "$*" >&2; }
warn() { say "warning: $*"; }
die() {
    say "error: $*"
    exit 1
}

# strict COMMAND...: runs a command or function so that errexit holds within it even where the caller tests the status:
# bash ignores errexit inside a function called from a condition, so the function gets a shell of its own.
strict() { bash -c "set -euo pipefail; $(declare -f); $(declare -p SLUICE_ROOT SLUICE_CACHE SLUICE_STATE); "'"$@"' strict "$@"; }

# step TITLE LOG COMMAND...: runs quietly into LOG; tells the time it took; on failure shows the log's
# last $STEP_TAIL lines (25) and names it.
step() {
    local title=$1 log=$2 began=$EPOCHREALTIME
    shift 2
    mkdir -p "$(dirname "$log")"
    say "$title ..."
    if strict "$@" >"$log" 2>&1 </dev/null; then
        say "$title: done in $(seconds_since "$began") s"
    else
        local status=$?
        tail -n "${STEP_TAIL:-25}" "$log" | sed 's/^/    | /' >&2
        say "error: $title failed (status $status) after $(seconds_since "$began") s; the whole log: $log"
        return "$status"
    fi
}

# wait_until SECONDS WHAT COMMAND...: repeats COMMAND quietly until it succeeds or the deadline passes.
wait_until() {
    local limit=$1 what=$2 began=$EPOCHREALTIME
    shift 2
    local deadline=$((${began/[.,]/} + limit * 1000000))
    until "$@" >/dev/null 2>&1; do
        if ((${EPOCHREALTIME/[.,]/} >= deadline)); then
            say "error: $what: not within $limit s"
            return 1
        fi
        sleep 0.1
    done
}

# with_lock FILE COMMAND...: runs COMMAND in a subshell that alone holds FILE.
with_lock() {
    local file=$1
    shift
    mkdir -p "$(dirname "$file")"
    (
        if ! flock -n 8; then
            say "waiting for another run that holds $file"
            flock -w 3600 8 || die "could not get $file within an hour"
        fi
        "$@"
    ) 8>"$file"
}

have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: as root, through sudo when needed.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif have sudo && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        die "this needs root: $*"
    fi
}
