#!/usr/bin/env python3
"""Runs COMMAND once for each DIRECTORY, one after another, and prints the time of all in milliseconds and the most memory
that one of them held, in KiB.

    process-cost.py COMMAND... -- DIRECTORY...
"""
import os
import subprocess
import sys
import time


def main():
    split = sys.argv.index("--")
    command, directories = sys.argv[1:split], sys.argv[split + 1:]
    peak = 0
    begin = time.monotonic()
    for directory in directories:
        process = subprocess.Popen(command + [directory], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status != 0:
            sys.exit(f"{' '.join(command)} {directory}: exit code {process.returncode}")
        peak = max(peak, usage.ru_maxrss)
    print(int((time.monotonic() - begin) * 1000), peak)


if __name__ == "__main__":
    main()
