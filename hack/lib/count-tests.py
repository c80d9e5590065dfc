#!/usr/bin/env python3
"""Reads Swift Testing's event streams; lists failures and reasons of skips, then "N passed, N failed, N skipped".

usage: count-tests.py EVENTS...
       count-tests.py --failed-suites EVENTS    prints a filter for the suites of which a test failed or did not run

A file that does not exist is passed over. A test of a later file counts as it ended there; one that failed before and
passes then is listed as flaky. Exit status 1 if a test failed, did not end, did not run, or none did.
"""

import collections
import json
import os
import re
import sys

BROKEN = ("failed", "did not end", "did not run")


class Run:
    """What one event stream tells."""

    def __init__(self, path):
        self.titles, self.outcome, self.issues, self.skips = {}, {}, [], []
        ended = False
        with open(path) as lines:
            for line in lines:
                if not line.endswith("\n"):
                    break  # The run died in the middle of it.
                record = json.loads(line)
                if record["kind"] == "test":
                    self.found(record["payload"])
                elif record["payload"]["kind"] == "runEnded":
                    ended = True
                else:
                    self.happened(record["payload"])
        if not ended:
            # A process that dies takes the tests with it that were still to come.
            for test in self.titles:
                self.outcome.setdefault(test, "did not run")

    def found(self, test):
        if test.get("kind") == "function":
            place = test.get("sourceLocation", {})
            self.titles[test["id"]] = "%s (%s:%s)" % (
                test.get("displayName") or test["name"],
                os.path.basename(place.get("_filePath", place.get("filePath", "?"))),
                place.get("line", "?"),
            )

    def happened(self, event):
        test, kind = event.get("testID"), event["kind"]
        text = " ".join(message["text"] for message in event.get("messages", []))
        if kind == "issueRecorded":
            issue = event.get("issue", {})
            if not issue.get("isKnown") and issue.get("severity", "error") == "error":
                self.issues.append((test, text))
                self.outcome[test] = "failed"
        elif test not in self.titles:
            return
        elif kind == "testStarted":
            self.outcome.setdefault(test, "did not end")
        elif kind == "testEnded" and self.outcome.get(test) != "failed":
            self.outcome[test] = "passed"
        elif kind == "testSkipped":
            self.outcome[test] = "skipped"
            self.skips.append((test, text))


def failed_suites(path):
    outcome = Run(path).outcome if os.path.exists(path) else {}
    bad = {test for test, what in outcome.items() if test and what in BROKEN}
    return "|".join(sorted({"^" + re.escape(test.split("/")[0]) + "/" for test in bad if "/" in test}))


def main():
    if sys.argv[1:2] == ["--failed-suites"]:
        print(failed_suites(sys.argv[2]))
        return
    titles, outcome, issues, skips = {}, {}, [], collections.defaultdict(set)
    for path in sys.argv[1:]:
        if not os.path.exists(path):
            continue
        run = Run(path)
        titles.update(run.titles)
        for test in sorted(run.outcome, key=str):
            if outcome.get(test) in ("failed", "did not end") and run.outcome[test] == "passed":
                print("flaky: passed at the second try: %s" % titles.get(test, test))
        issues = [issue for issue in issues if run.outcome.get(issue[0]) != "passed"] + run.issues
        outcome.update(run.outcome)
        for test, text in run.skips:
            reason = text.split("skipped:", 1)[1].strip(' ."') if "skipped:" in text else "no reason given"
            skips[reason[:200]].add(test)
    for test, text in issues:
        print("failed: %s: %s" % (titles.get(test, test), text))
    for what in BROKEN[1:]:
        for test in sorted(test for test, ending in outcome.items() if ending == what):
            print("%s: %s" % (what, titles.get(test, test)))
    for reason, tests in sorted(skips.items()):
        print("skipped %d: %s" % (len(tests), reason))
    count = collections.Counter(outcome.values())
    broken = sum(count[what] for what in BROKEN)
    print("%d passed, %d failed, %d skipped" % (count["passed"], broken, count["skipped"]))
    sys.exit(1 if broken or not count["passed"] else 0)


if __name__ == "__main__":
    main()
