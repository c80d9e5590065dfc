#!/usr/bin/env python3
"""Prints a configuration of curl: one server-side apply for each object.

    floor-requests.py SERVER FOLDER NAMESPACE config-maps|apps|checked-apps COUNT

config-maps:  so many small ConfigMaps.
apps:         the objects of so many apps of `hack/bench sync`, as the operator sends them.
checked-apps: the same, after a dry run of each.

FOLDER holds ca.crt, user.crt and user.key.
"""
import json
import sys


def app(number, namespace):
    """The four objects of write_apps, with what an overlay and the operator add."""
    name = f"app-{number}"
    contents = [
        ("v1", "ServiceAccount", name, {}),
        ("v1", "ConfigMap", name, {"data": {"number": str(number), "mode": "fast"}}),
        ("v1", "ConfigMap", f"{name}-files", {"data": {"a.conf": f"listen 80\nname {name}\n"}}),
        ("v1", "Service", name, {"spec": {
            "selector": {"app": name, "stage": "floor"}, "clusterIP": "None",
            "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}}),
    ]
    for version, kind, object_name, content in contents:
        yield {
            "apiVersion": version, "kind": kind,
            "metadata": {
                "name": object_name, "namespace": namespace,
                "labels": {"stage": "floor", "bench.example.com/environment": "shop.floor-0123456789abcdef"},
                "annotations": {
                    "bench.example.com/tracking": f"shop/floor/{name}:/{kind}/{namespace}/{object_name}"},
            },
            **content,
        }


def config_map(number, namespace):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}", "namespace": namespace},
            "data": {"n": str(number)}}


RESOURCES = {"ConfigMap": "configmaps", "Service": "services", "ServiceAccount": "serviceaccounts"}


def main():
    server, folder, namespace, what, count = sys.argv[1:6]
    numbers = range(1, int(count) + 1)
    if what == "config-maps":
        objects = [config_map(number, namespace) for number in numbers]
    else:
        objects = [one for number in numbers for one in app(number, namespace)]
    queries = ["&dryRun=All", ""] if what == "checked-apps" else [""]
    first = True
    for query in queries:
        for one in objects:
            body = json.dumps(one, separators=(",", ":")).replace("\\", "\\\\").replace('"', '\\"')
            path = f"/api/v1/namespaces/{namespace}/{RESOURCES[one['kind']]}/{one['metadata']['name']}"
            if not first:
                print("next")
            first = False
            print(f'url = "{server}{path}?fieldManager=floor&force=true{query}"')
            print('request = PATCH\nsilent\nhttp2\nheader = "Content-Type: application/apply-patch+yaml"')
            print(f"cacert = {folder}/ca.crt\ncert = {folder}/user.crt\nkey = {folder}/user.key")
            print(f'data = "{body}"\noutput = /dev/null\nwrite-out = "%{{http_code}}\\n"')


main()
