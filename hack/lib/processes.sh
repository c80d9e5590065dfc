# Recorded processes: a process is only ever stopped by the pid that we recorded, and only while that pid is still
# the process that we started. A record is a file "PID START-TIME", start time in clock ticks since boot.
# shellcheck shell=bash

# process_start_time PID: field 22 of /proc/PID/stat (the command name before it may hold spaces).
process_start_time() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) }
    set -- $stat
    # A zombie is not running any more.
    [[ $1 != Z ]] || return 1
    echo "${20}"
}

# process_alive RECORD: true if the recorded process still runs.
process_alive() {
    local pid started
    [[ -r $1 ]] && read -r pid started <"$1" || return 1
    [[ -n $pid && $(process_start_time "$pid") == "$started" ]]
}

# process_start RECORD LOG COMMAND...: starts a daemon in its own session, detached from us, and records it.
process_start() {
    local record=$1 log=$2
    shift 2
    process_alive "$record" && return 0
    # fd 8 is the caller's lock: a daemon must not inherit it.
    setsid "$@" >>"$log" 2>&1 </dev/null 8>&- 9>&- &
    # setsid execs in place, since a background job of a script is never a process group leader.
    process_record $! "$record"
    disown $! 2>/dev/null || true
}

# process_record PID RECORD
process_record() {
    local started
    started=$(process_start_time "$1") || started=gone
    echo "$1 $started" >"$2.new"
    mv "$2.new" "$2"
}

# process_child PID: the first child of a process.
process_child() {
    awk -v parent="$1" '{sub(/^.*\) /, "")} $2 == parent {split(FILENAME, path, "/"); print path[3]; exit}' \
        /proc/[0-9]*/stat 2>/dev/null | grep .
}

# signal_process SIGNAL PID: with its helpers, where it leads a process group.
signal_process() { kill "-$1" -- "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null || true; }

# process_stop RECORD [SECONDS] [SIGNAL]: ends the recorded process, with KILL after SECONDS (10), and forgets it.
process_stop() {
    local record=$1 limit=${2:-10} signal=${3:-TERM} pid started tries=0
    if process_alive "$record"; then
        read -r pid started <"$record"
        signal_process "$signal" "$pid"
        while process_alive "$record"; do
            if ((tries++ == limit * 20)); then signal_process KILL "$pid"; fi
            if ((tries > limit * 20 + 100)); then
                say "error: process $pid of $record does not end"
                return 1
            fi
            sleep 0.05
        done
    fi
    rm -f "$record"
}
