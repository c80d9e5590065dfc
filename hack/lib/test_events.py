"""Reads the event streams of Swift Testing."""

import json
import os

BROKEN = ("failed", "did not end", "did not run")


class Run:
    """What one event stream tells; of a run that died, what it told until then."""

    def __init__(self, path):
        self.titles, self.outcome, self.issues, self.skips = {}, {}, [], []
        self.ended = False
        if os.path.exists(path):
            with open(path) as lines:
                self.read(lines)
        if not self.ended:
            # A process that dies takes the tests with it that were still to come.
            for test in self.titles:
                self.outcome.setdefault(test, "did not run")

    @property
    def is_good(self):
        """Whether it came to its end, with tests in it of which none is broken."""
        outcomes = self.outcome.values()
        return self.ended and bool(outcomes) and not any(outcome in BROKEN for outcome in outcomes)

    def read(self, lines):
        for line in lines:
            if not line.endswith("\n"):
                break  # The run died in the middle of it.
            record = json.loads(line)
            if record["kind"] == "test":
                self.found(record["payload"])
            elif record["payload"]["kind"] == "runEnded":
                self.ended = True
            else:
                self.happened(record["payload"])

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
