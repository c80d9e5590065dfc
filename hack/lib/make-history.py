#!/usr/bin/env python3
"""Prints a history for `git fast-import`: so many files, then so many commits that change one of them each.

    make-history.py COMMITS FILES
"""
import sys

FIRST = 1600000000
KUSTOMIZATION = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../base
images:
# Set by promotions.
- name: company/web
  newTag: v1
"""


def path(index):
    return f"groups/g{index % 25:02}/service-{index // 25 % 40:02}/file-{index // 1000}.yaml"


def main():
    commits, files = int(sys.argv[1]), int(sys.argv[2])
    out = sys.stdout.write

    def data(text):
        out(f"data {len(text.encode())}\n{text}\n")

    def commit(number, message):
        out(f"commit refs/heads/main\ncommitter history <history@example.com> {FIRST + 60 * number} +0000\n")
        data(message)

    commit(0, "begin\n")
    out("M 100644 inline apps/web/overlays/production/kustomization.yaml\n")
    data(KUSTOMIZATION)
    for index in range(files - 1):
        out(f"M 100644 inline {path(index)}\n")
        data(f"kind: ConfigMap\nname: config-{index}\nrevision: 0\n" + f"value-{index}: x\n" * 8)
    for number in range(1, commits):
        index = number * 7919 % (files - 1)
        commit(number, f"change {number}\n")
        out(f"M 100644 inline {path(index)}\n")
        data(f"kind: ConfigMap\nname: config-{index}\nrevision: {number}\n" + f"value-{index}: x\n" * 8)


main()
