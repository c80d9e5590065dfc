#!/usr/bin/env python3
"""Reads Swift Testing's event streams; lists failures and reasons of skips, then "N passed, N failed, N skipped".

usage: count-tests.py EVENTS...
       count-tests.py --failed-suites EVENTS    prints a filter for the suites of which a test failed

A file that does not exist is passed over. A test of a later file counts as it ended there; one that failed before and
passes then is listed as flaky. Exit status 1 if a test failed, did not end, or none ran.
"""

import collections
import json
import os
import re
import sys


def read(path, tests, outcome, issues, skips):
    with open(path) as lines:
        for line in lines:
            if not line.endswith("\n"):
                break  # The run died in the middle of it.
            record = json.loads(line)
            payload = record["payload"]
            if record["kind"] == "test":
                if payload.get("kind") == "function":
                    place = payload.get("sourceLocation", {})
                    tests[payload["id"]] = "%s (%s:%s)" % (
                        payload.get("displayName") or payload["name"],
                        os.path.basename(place.get("_filePath", place.get("filePath", "?"))),
                        place.get("line", "?"),
                    )
                continue
            test, kind = payload.get("testID"), payload["kind"]
            if kind == "issueRecorded" and not payload.get("issue", {}).get("isKnown"):
                if payload.get("issue", {}).get("severity", "error") == "error":
                    text = " ".join(message["text"] for message in payload.get("messages", []))
                    issues.append((test, text))
                    outcome[test] = "failed"
            if test not in tests:
                continue
            if kind == "testStarted":
                outcome.setdefault(test, "did not end")
            elif kind == "testEnded" and outcome.get(test) != "failed":
                outcome[test] = "passed"
            elif kind == "testSkipped":
                outcome[test] = "skipped"
                skips[" ".join(message["text"] for message in payload.get("messages", []))[:200]].append(test)


def main():
    tests, outcome, issues, skips = {}, {}, [], collections.defaultdict(list)
    if sys.argv[1:2] == ["--failed-suites"]:
        if os.path.exists(sys.argv[2]):
            read(sys.argv[2], tests, outcome, issues, skips)
        bad = {test for test, what in outcome.items() if what in ("failed", "did not end")}
        print("|".join(sorted({re.escape(test.split("/")[0]) + "/" for test in bad if "/" in test})))
        return
    for path in sys.argv[1:]:
        if not os.path.exists(path):
            continue
        now, failures = {}, []
        read(path, tests, now, failures, skips)
        for test in sorted(now, key=str):
            if outcome.get(test) in ("failed", "did not end") and now[test] == "passed":
                print("flaky: passed at the second try: %s" % tests.get(test, test))
        issues = [(test, text) for test, text in issues if now.get(test) != "passed"] + failures
        outcome.update(now)
    for test, text in issues:
        print("failed: %s: %s" % (tests.get(test, test), text))
    for test, what in sorted(outcome.items(), key=str):
        if what == "did not end":
            print("did not end: %s" % tests[test])
    reasons = collections.Counter()
    for text, skipped in skips.items():
        reason = text.split("skipped:", 1)[1].strip(' ."') if "skipped:" in text else "no reason given"
        reasons[reason] += len(skipped)
    for reason, number in sorted(reasons.items()):
        print("skipped %d: %s" % (number, reason))
    count = collections.Counter(outcome.values())
    broken = count["failed"] + count["did not end"]
    print("%d passed, %d failed, %d skipped" % (count["passed"], broken, count["skipped"]))
    sys.exit(1 if broken or not count["passed"] else 0)


main()
