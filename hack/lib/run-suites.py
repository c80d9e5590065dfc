#!/usr/bin/env python3
"""Runs the suites of tests that need real servers, each in a process of its own, several side by side.

usage: run-suites.py --binary FILE --logs FOLDER --match REGEX [--long REGEX] [--on-first REGEX]
                     [--alone REGEX] ENVIRONMENT...

Each ENVIRONMENT is a file of shell exports that names one cluster and one Git server: as many suites run at a time as
there are such files, each with servers that no other has. Suites are named Module.Suite. What --long matches begins
early, so that nothing long is left in the end; what --on-first matches needs what only the first environment has, and
begins there; what --alone matches measures, and runs after all others with nothing beside it. A suite that fails runs
once more, alone. The tests of a suite run one at a time.

Writes test-integration-SUITE.jsonl, and test-again-SUITE.jsonl for the second try, with a .log of what was printed.
Exit status 1 if a suite failed twice or there is none.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from test_events import Run

# Far above what any takes; one that hangs must not hang everything.
LIMIT_SECONDS = 30 * 60
# What a suite leaves running, such as a cluster of its own, has so long to be removed.
PATIENCE_SECONDS = 30
# Those who call count from their own start.
STARTED = float(os.environ.get("SLUICE_STARTED", time.time()))


def say(message):
    print("[%7.1fs] %s" % (time.time() - STARTED, message), file=sys.stderr, flush=True)


def split(names, pattern):
    """Those that match, and the others; nothing matches an empty pattern."""
    matching = [name for name in names if pattern and re.search(pattern, name)]
    return matching, [name for name in names if name not in matching]


def folder_for_suite():
    return tempfile.TemporaryDirectory(prefix="sluice-tests-", ignore_cleanup_errors=True)


class Suites:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.processes = set()
        self.good = set()
        self.ending = False

    def found(self):
        """The names of all suites that match."""
        listed = subprocess.run(
            [self.options.binary, "--testing-library", "swift-testing", "--list-tests"],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=300,
        ).stdout.splitlines()
        return sorted({line.split("/")[0] for line in listed if re.search(self.options.match, line)})

    def run(self, suite, environment, phase):
        """Runs one suite; notes it where all is well."""
        base = os.path.join(self.options.logs, "test-%s-%s" % (phase, suite))
        events = base + ".jsonl"
        if os.path.exists(events):
            os.remove(events)
        began = time.monotonic()
        with folder_for_suite() as folder, open(base + ".log", "wb") as log:
            with self.lock:
                if self.ending:
                    return
                # A process group of its own, so that whatever the tests leave running ends with them.
                process = subprocess.Popen(
                    ["bash", "-c", '. "$0" && exec "$@"', environment, self.options.binary]
                    + ["--testing-library", "swift-testing", "--no-parallel", "--filter", "^%s/" % re.escape(suite)]
                    + ["--event-stream-output-path", events, "--event-stream-version", "0"],
                    env=dict(os.environ, TMPDIR=folder), stdin=subprocess.DEVNULL, stdout=log,
                    stderr=subprocess.STDOUT, start_new_session=True,
                )
                self.processes.add(process)
            deadline = began + LIMIT_SECONDS
            while not self.has_ended(process) and time.monotonic() < deadline:
                time.sleep(0.1)
            status = self.end(process)
        told = Run(events)
        took = "%d tests, %.1f s" % (len(told.titles), time.monotonic() - began)
        if status == 0 and told.is_good:
            self.good.add(suite)
            say("%s: %s" % (suite, took))
        else:
            say("%s: failed (status %s), %s; the log: %s.log" % (suite, status, took, base))

    @staticmethod
    def has_ended(process):
        """Whether a process has ended, which it is not told yet: until then nothing else gets its number."""
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def end(self, process):
        """Ends a suite and whatever is left of it; returns the status of its process."""
        with self.lock:
            if process not in self.processes:
                return process.wait()
            self.processes.discard(process)
        os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        status = None
        try:
            while time.monotonic() < deadline:
                status = process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.02)
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return process.wait() if status is None else status

    def work(self, environment, queues):
        """Runs suites until all queues are empty, the first queue's first."""
        while True:
            with self.lock:
                queue = next((queue for queue in queues if queue), None)
                if queue is None or self.ending:
                    return
                suite = queue.pop(0)
            self.run(suite, environment, "integration")

    def side_by_side(self, pinned, shared):
        workers = [
            threading.Thread(target=self.work, args=(environment, [shared] if index else [pinned, shared]), daemon=True)
            for index, environment in enumerate(self.options.environment)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def all(self):
        suites = self.found()
        if not suites:
            say("error: no suite matches %s" % self.options.match)
            return False
        first = self.options.environment[0]
        alone, rest = split(suites, self.options.alone)
        pinned, shared = split(rest, self.options.on_first)
        long, short = split(shared, self.options.long)
        self.side_by_side(pinned, long + short)
        for suite in alone:
            self.run(suite, first, "integration")
        for suite in suites:
            if suite not in self.good:
                say("warning: once more: %s" % suite)
                self.run(suite, first, "again")
        return self.good.issuperset(suites)

    def stop(self):
        with self.lock:
            self.ending = True
            processes = list(self.processes)
        for process in processes:
            self.end(process)


def main():
    parser = argparse.ArgumentParser()
    for name in ("binary", "logs", "match"):
        parser.add_argument("--" + name, required=True)
    for name in ("long", "on-first", "alone"):
        parser.add_argument("--" + name, default="")
    parser.add_argument("environment", nargs="+")
    suites = Suites(parser.parse_args())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(0 if suites.all() else 1)
    except KeyboardInterrupt:
        suites.stop()
        # Whoever called is to see that it was a signal.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
