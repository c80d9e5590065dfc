#!/usr/bin/env python3
"""Renders the chart with Go's template engine, as `helm template` does, without Helm.

usage: render-chart.py CHART [--values FILE]... [--set KEY.KEY=YAML]... [--release NAME] [--namespace NAME]
                       [--kube-version VERSION] [--only TEMPLATE]

Needs the packages of hack/lib/python.sh. Values are checked by values.schema.json first. The engine has Sprig and toYaml
but neither Helm's `include` nor `.Files`: `include "x" .` is replaced by the rendered text of the named template, and
`.Files.Get "path"` by the file's, each as a Go string. So an include works on the root only, which `check` sees to.
"""

import argparse
import json
import pathlib
import re
import sys
import tempfile

import go_template
import jsonschema
import yaml

INCLUDE = re.compile(r'include "([^"]+)" (\S+?)(?=[\s)}])')
FILE = re.compile(r'\.Files\.Get "([^"]+)"')


def merge(base, over):
    """Helm's way: maps are merged, a null removes, everything else replaces."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    out = dict(base)
    for key, value in over.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge(out[key], value) if key in out else value
    return out


def assignment(text):
    path, _, value = text.partition("=")
    out = yaml.safe_load(value)
    for key in reversed(path.split(".")):
        out = {key: out}
    return out


class Chart:
    def __init__(self, root, values, release, namespace, kube_version):
        self.root = pathlib.Path(root)
        meta = yaml.safe_load((self.root / "Chart.yaml").read_text())
        self.helpers = (self.root / "templates" / "_helpers.tpl").read_text()
        major, minor = kube_version.lstrip("v").split(".")[:2]
        self.context = {
            "Values": values,
            "Chart": {key[0].upper() + key[1:]: value for key, value in meta.items()},
            "Release": {"Name": release, "Namespace": namespace, "Service": "Helm", "IsInstall": True, "IsUpgrade": False,
                        "Revision": 1},
            "Capabilities": {"KubeVersion": {"Version": kube_version, "Major": major, "Minor": minor}},
        }
        self.named = {}

    def engine(self, text):
        """One run of the engine. It tells of errors on its standard error and in an empty or odd result."""
        with tempfile.NamedTemporaryFile("w", suffix=".tpl") as file:
            file.write(text)
            file.flush()
            out = go_template.render(pathlib.Path(file.name), self.context).decode()
        if out.startswith("template: ") or "<no value>" in out:
            raise SystemExit("render-chart: " + out[:2000])
        return out

    def include(self, match):
        name, context = match.groups()
        if context not in (".", "$"):
            raise SystemExit("render-chart: include of %s with %s: only the root can be rendered" % (name, context))
        if name not in self.named:
            if '{{- define "%s" -}}' % name not in self.helpers:
                raise SystemExit("render-chart: no template is called " + name)
            self.named[name] = self.engine(self.helpers + '{{ template "%s" . }}' % name).strip("\n")
        return json.dumps(self.named[name], ensure_ascii=False)

    def file(self, match):
        return json.dumps((self.root / match.group(1)).read_text(), ensure_ascii=False)

    def template(self, path):
        return self.engine(self.helpers + FILE.sub(self.file, INCLUDE.sub(self.include, path.read_text())))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("chart")
    parser.add_argument("--values", action="append", default=[])
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--release", default="sluice")
    parser.add_argument("--namespace", default="sluice-system")
    parser.add_argument("--kube-version", default="v1.30.0")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    root = pathlib.Path(arguments.chart)
    values = yaml.safe_load((root / "values.yaml").read_text())
    for file in arguments.values:
        values = merge(values, yaml.safe_load(pathlib.Path(file).read_text()) or {})
    for text in arguments.set:
        values = merge(values, assignment(text))
    schema = json.loads((root / "values.schema.json").read_text())
    faults = sorted(jsonschema.Draft7Validator(schema).iter_errors(values), key=str)
    for fault in faults:
        print("values: %s: %s" % (".".join(map(str, fault.absolute_path)), fault.message), file=sys.stderr)
    if faults:
        sys.exit(1)
    chart = Chart(root, values, arguments.release, arguments.namespace, arguments.kube_version)
    for path in sorted((root / "templates").rglob("*")):
        name = str(path.relative_to(root))
        if path.suffix not in (".yaml", ".txt") or (arguments.only and name != arguments.only):
            continue
        text = chart.template(path)
        if path.suffix == ".txt":
            if arguments.only:
                print(text)
        else:
            # What is no YAML is a fault of the template, and is told with its name.
            try:
                documents = [document for document in yaml.safe_load_all(text) if document]
            except yaml.YAMLError as error:
                raise SystemExit("render-chart: %s: %s\n%s" % (name, error, text))
            if documents:
                print("---\n# Source: sluice/%s\n%s" % (name, text.strip("\n")))


main()
