#!/usr/bin/env python3
"""Reads Swift Testing's event streams; lists failures and reasons of skips, then "N passed, N failed, N skipped".

usage: count-tests.py EVENTS...

A file that does not exist is passed over. A test of a later file counts as it ended there; one that failed before and
passes then is listed as flaky. Exit status 1 if a test failed, did not end, did not run, or none did.
"""

import collections
import sys

from test_events import BROKEN, Run


def main():
    titles, outcome, issues, skips = {}, {}, [], collections.defaultdict(set)
    for path in sys.argv[1:]:
        run = Run(path)
        titles.update(run.titles)
        for test in sorted(run.outcome, key=str):
            if outcome.get(test) in ("failed", "did not end") and run.outcome[test] == "passed":
                print("flaky: passed at the second try: %s" % titles.get(test, test))
        # What went wrong in a suite outside of its tests is mended where they run again.
        for suite in [test for test in outcome if test not in titles]:
            if any(test.startswith("%s/" % suite) for test in run.titles):
                del outcome[suite]
                if suite not in run.outcome:
                    print("flaky: passed at the second try: %s" % suite)
        issues = [issue for issue in issues if issue[0] in outcome and issue[0] not in run.outcome] + run.issues
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
