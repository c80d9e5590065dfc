#!/usr/bin/env python3
"""Commits to a repository at a steady pace while an operator follows it, and judges whether what it takes stays flat.

Each commit changes one app. What the operator takes is sampled from /proc; when a commit went live is read from the
operator's log, whose lines name the commit. The run falls into a warm-up and three parts, the first of which the last
must not exceed. Exit code 1 and a line for each figure that is not flat.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from datetime import datetime

parser = argparse.ArgumentParser()
parser.add_argument("--pid", type=int, required=True)
parser.add_argument("--log", required=True)
parser.add_argument("--repository", required=True)
parser.add_argument("--seconds", type=int, required=True)
parser.add_argument("--every", type=float, default=2)
parser.add_argument("--services", type=int, required=True)
parser.add_argument("environments", nargs="+")
options = parser.parse_args()

WARM_UP = 0.1
PARTS = ["start", "middle", "end"]
# What the end may have beyond the start: a share of it, and an amount that is no trend.
SLACK = {"resident MiB": (0.10, 8), "descriptors": (0, 6), "threads": (0, 4), "latency ms": (0.5, 500)}
# The least share of the start's commits a second that the end must still bring live.
GOODPUT = 0.95


def git(*words):
    return subprocess.run(
        ["git", "-C", options.repository, "-c", "user.name=ci", "-c", "user.email=ci@example.com", *words],
        check=True, capture_output=True, text=True).stdout.strip()


def figures():
    """Resident memory in MiB, threads, open files, seconds of processor time."""
    status = dict(line.split(":", 1) for line in open(f"/proc/{options.pid}/status") if ":" in line)
    stat = open(f"/proc/{options.pid}/stat").read().rsplit(")", 1)[1].split()
    return {
        "resident MiB": int(status["VmRSS"].split()[0]) / 1024,
        "threads": int(status["Threads"]),
        "descriptors": len(os.listdir(f"/proc/{options.pid}/fd")),
        "processor": (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"),
    }


def change(number):
    """Changes one app in one environment, in turns; returns the commit."""
    environment = options.environments[number % len(options.environments)]
    service = number // len(options.environments) % options.services + 1
    overlay = f"apps/app-{service}/overlays/{environment}/kustomization.yaml"
    path = os.path.join(options.repository, overlay)
    lines = [line for line in open(path) if not line.startswith("  soak:")]
    lines.insert(lines.index("commonLabels:\n") + 1, f"  soak: \"n{number}\"\n")
    with open(path, "w") as file:
        file.writelines(lines)
    git("commit", "-q", "-m", f"Change {number}", overlay)
    git("push", "-q", "origin", "HEAD")
    return git("rev-parse", "HEAD")


samples, commits = [], []
began = time.time()
end = began + options.seconds


def sample():
    while time.time() < end:
        try:
            samples.append((time.time(), figures()))
        except (OSError, KeyError):
            return
        time.sleep(1)


sampler = threading.Thread(target=sample, daemon=True)
sampler.start()
number = 0
while time.time() < end:
    commits.append((change(number), time.time()))
    number += 1
    time.sleep(max(0, began + number * options.every - time.time()))
sampler.join()

index = {commit: number for number, (commit, _) in enumerate(commits)}


def arrivals():
    """When each commit was live; None for those that the log does not tell of."""
    live = [None] * len(commits)
    reached = {environment: 0 for environment in options.environments}
    for line in open(options.log, errors="replace"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("msg") != "Commit was applied" or entry.get("revision") not in index:
            continue
        environment, at = entry["object.name"], datetime.fromisoformat(entry["time"]).timestamp()
        # With a commit every one before it is there.
        upto = index[entry["revision"]]
        for number in range(reached.get(environment, 0), upto + 1):
            if options.environments[number % len(options.environments)] == environment and live[number] is None:
                live[number] = at
        reached[environment] = max(reached.get(environment, 0), upto + 1)
    return live


# The last commits have a moment to arrive.
deadline = time.time() + 60
live = arrivals()
while None in live and time.time() < deadline:
    time.sleep(2)
    live = arrivals()
if not os.path.exists(f"/proc/{options.pid}"):
    sys.exit("the operator has ended")


def part(at):
    """The part of the run that a moment is in; None for the warm-up and what comes after the end."""
    share = ((at - began) / options.seconds - WARM_UP) / (1 - WARM_UP)
    return PARTS[int(share * len(PARTS))] if 0 <= share < 1 else None


rows = {}
for name in PARTS:
    mine = [figures for at, figures in samples if part(at) == name]
    sent = [(at, live[number]) for number, (_, at) in enumerate(commits) if part(at) == name]
    arrived = [seen - at for at, seen in sent if seen is not None]
    if not mine or not arrived:
        sys.exit(f"nothing went live in the {name} of the run; is it too short?")
    span = options.seconds * (1 - WARM_UP) / len(PARTS)
    rows[name] = {
        "resident MiB": statistics.median(each["resident MiB"] for each in mine),
        "descriptors": statistics.median(each["descriptors"] for each in mine),
        "threads": statistics.median(each["threads"] for each in mine),
        "commits live a second": len(arrived) / len(sent) / options.every,
        "latency ms": statistics.median(arrived) * 1000,
        "latency p95 ms": sorted(arrived)[int(len(arrived) * 0.95)] * 1000,
        "processor %": (mine[-1]["processor"] - mine[0]["processor"]) / span * 100,
    }

print(f"  {'':24}" + "".join(f"{name:>12}" for name in PARTS))
for figure in rows["start"]:
    print(f"  {figure:24}" + "".join(f"{rows[name][figure]:12.2f}" for name in PARTS))
lost = sum(1 for seen in live if seen is None)
print(f"  {len(commits)} commits in {options.seconds} s, {lost} of them never live")

faults = [f"{lost} commits never went live"] if lost else []
first, last = rows["start"], rows["end"]
for figure, (share, amount) in SLACK.items():
    if last[figure] > first[figure] * (1 + share) + amount:
        faults.append(f"{figure} grew from {first[figure]:.1f} to {last[figure]:.1f}")
if last["commits live a second"] < first["commits live a second"] * GOODPUT:
    faults.append(f"goodput fell from {first['commits live a second']:.2f} to {last['commits live a second']:.2f} a second")
for fault in faults:
    print(f"  NOT FLAT: {fault}")
sys.exit(1 if faults else 0)
