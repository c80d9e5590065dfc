"""Random trees of kustomizations; a tree follows from its seed."""
import json
import random

from random_objects import NAMES, TEXTS, Objects
from yaml_text import Raw, Text

BUILTIN = "builtin"
METADATA_NAME = [{"path": "metadata/name"}]


class Target:
    """An object that a tree holds, as later levels may speak of it."""

    def __init__(self, document):
        self.document = document
        self.kind = document["kind"]
        self.api = document["apiVersion"]
        self.name = document["metadata"]["name"]
        self.namespace = document["metadata"].get("namespace", "")

    @property
    def group(self):
        return self.api.split("/")[0] if "/" in self.api else ""

    @property
    def version(self):
        return self.api.split("/")[-1]

    @property
    def containers(self):
        pod = self.pod
        return [c["name"] for c in pod["containers"]] if pod else []

    @property
    def pod(self):
        spec = self.document.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        return spec.get("template", {}).get("spec") if self.kind != "Pod" else spec


class Overlay:
    """A tree of files and the directory in it to build."""

    def __init__(self, seed, profile="mixed"):
        self.random = random.Random(seed)
        self.profile = profile
        self.objects = Objects(self.random)
        self.files = {}
        self.used = set()
        self.vars = 0
        # How often each feature comes: some trees use much of one thing, most use little of everything.
        self.shares = {name: self.random.choice([0, 0.1, 0.3, 0.6]) for name in [
            "names", "namespace", "labels", "images", "replicas", "patches", "json", "generators", "replacements", "vars", "configurations",
            "transformers", "order", "metadata", "deprecated", "crds"]}

    def chance(self, share):
        if isinstance(share, str):
            share = self.shares[share]
        return self.random.random() < share

    def pick(self, values):
        return self.random.choice(values)

    def some(self, values, share=0.5):
        return [value for value in values if self.chance(share)]

    def text(self):
        return self.objects.text()

    # Files

    def write(self, path, *documents):
        self.files[path] = Text(self.random).file(list(documents)).encode("utf-8", "surrogatepass")

    def kustomization(self, directory, value):
        name = "kustomization.yaml" if self.chance(0.9) else self.pick(["kustomization.yml", "Kustomization"])
        entries = list(value.items())
        if self.chance(0.3):
            self.random.shuffle(entries)
        head = {}
        if self.chance(0.6) or value.get("kind") == "Component":
            component = value.get("kind") == "Component"
            head = {"apiVersion": "kustomize.config.k8s.io/" + ("v1alpha1" if component else "v1beta1"), "kind": "Component" if component else "Kustomization"}
        self.write(f"{directory}/{name}", {**head, **dict(entries)})

    def own_resources(self, directory, count):
        """Writes new objects into files; returns their names and what they are."""
        documents = []
        for _ in range(count):
            kind, name = self.objects.kind(), self.pick(NAMES)
            document = self.objects.make(kind, name)
            key = (kind, document["metadata"]["name"])
            if key in self.used:
                continue
            self.used.add(key)
            documents.append(document)
        names, targets = [], [Target(document) for document in documents]
        while documents:
            size = self.random.randint(1, len(documents))
            part, documents = documents[:size], documents[size:]
            name = f"r{len(names)}.{self.pick(['yaml', 'yaml', 'yml', 'json'])}"
            if len(part) > 1 and self.chance(0.1):
                kinds = {d["kind"] for d in part}
                part = [{"apiVersion": "v1", "kind": "List" if len(kinds) > 1 or self.chance(0.5) else kinds.pop() + "List", "items": part}]
            if name.endswith(".json") and len(part) == 1 and not any(isinstance(v, Raw) for v in walk(part[0])):
                self.files[f"{directory}/{name}"] = json.dumps(part[0], ensure_ascii=False, indent=2).encode()
            else:
                self.write(f"{directory}/{name}", *part)
            names.append(name)
        return names, targets

    # Patches

    def identity(self, target, namespace=True):
        metadata = {"name": target.name}
        if namespace and target.namespace:
            metadata["namespace"] = target.namespace
        return {"apiVersion": target.api, "kind": target.kind, "metadata": metadata}

    def strategic(self, target):
        """A strategic merge patch for an object."""
        patch = self.identity(target)
        if self.chance(0.05):
            return {**patch, "$patch": self.pick(["delete", "replace", "merge"])}
        if self.chance(0.3):
            patch["metadata"]["annotations"] = {"patched": self.text(), **({"note": None} if self.chance(0.3) else {})}
        if self.chance(0.2):
            patch["metadata"]["labels"] = {"patched": self.pick(["yes", "x"])}
        pod = self.pod_patch(target)
        if pod is not None:
            inner = {"spec": pod}
            if self.chance(0.2):
                inner["metadata"] = {"annotations": {"t": self.text()}}
            spec = {"template": inner}
            if target.kind == "CronJob":
                spec = {"jobTemplate": {"spec": spec}}
            if target.kind == "Pod":
                spec = pod
            if self.chance(0.3) and target.kind in Objects.WORKLOADS:
                spec["replicas"] = self.pick([5, None, "4"])
            if self.chance(0.2) and target.kind == "Deployment":
                spec["strategy"] = self.pick([{"type": "Recreate", "rollingUpdate": None}, {"$patch": "replace", "type": "Recreate"},
                                              {"$retainKeys": ["type"], "type": "Recreate"}])
            patch["spec"] = spec
        elif target.kind in ("ConfigMap", "Secret"):
            patch["data" if target.kind == "ConfigMap" else "stringData"] = {k: self.pick([self.text(), None]) for k in self.some(["k1", "k2", "k3"])}
        elif target.kind == "Service":
            patch["spec"] = self.pick([
                {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 9}]}, {"ports": [{"port": 80, "name": "x"}]}, {"type": "NodePort"},
                {"ports": [{"port": 99}]}, {"ports": [{"$patch": "replace"}, {"port": 7}]}, {"selector": {"app": "new", "old": None}},
                {"ports": [{"port": 80, "protocol": "TCP", "$patch": "delete"}]}])
        elif target.kind == "Ingress":
            patch["spec"] = self.pick([{"rules": [{"host": "new.b"}]}, {"tls": [{"hosts": ["h"], "secretName": "web"}]}, {"ingressClassName": "nginx"}])
        elif "webhooks" in target.document:
            patch["webhooks"] = [{"name": "a.x.y", **self.pick([{"failurePolicy": "Fail"}, {"$patch": "delete"}, {"clientConfig": {"caBundle": "Cg=="}}])}]
        elif target.kind == "CustomResourceDefinition":
            patch["spec"] = {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {
                "namespace": "system", "name": "webhook-service", "path": "/convert"}}, "conversionReviewVersions": ["v1"]}}}
        elif "spec" in target.document:
            patch["spec"] = self.pick([
                {"a": self.objects.any(), "list": ["p"]}, {"map": {"$patch": "replace", "c": "d"}}, {"map": {"e": "f", "b": None}},
                {"map": None}, {"list": []}, {"items": [{"name": "i", "value": "new"}]}, {"items": None}, {"new": {"deep": [{"x": None}, {"y": {}}]}}])
        elif target.kind in ("Role", "ClusterRole"):
            patch["rules"] = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]}]
        return patch

    def pod_patch(self, target):
        if not target.pod:
            return None
        out = {}
        if self.chance(0.7):
            name = self.pick(target.containers + ["new"])
            container = self.pick([self.objects.container(name), {"name": name, "resources": self.objects.resources()}, {"name": name, "env": self.objects.env()},
                                   {"name": name, "image": "patched:1"}, {"name": name, "args": ["--a"]}, {"name": name, "$patch": "delete"},
                                   {"name": name, "$patch": "replace", "image": "only"}, {"name": name, "command": None, "ports": None},
                                   {"name": name, "env": [{"name": "A", "$patch": "delete"}, {"name": "D", "value": "d"}]},
                                   {"name": name, "volumeMounts": [{"mountPath": "/a", "name": "w"}, {"mountPath": "/n", "name": "v"}]}])
            out["containers"] = [container] + ([self.objects.container("extra")] if self.chance(0.2) else [])
        if self.chance(0.2):
            out["volumes"] = [self.objects.volume(self.pick(["v", "n"]))]
        if self.chance(0.1):
            out["tolerations"] = [{"key": "new"}]
        if self.chance(0.1):
            out["topologySpreadConstraints"] = [{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": self.pick(["DoNotSchedule", "ScheduleAnyway"])}]
        if self.chance(0.1):
            out["$setElementOrder/containers"] = [{"name": "app"}]
        if self.chance(0.1):
            out["nodeSelector"] = self.pick([{"a": "b"}, None, {"$patch": "replace", "x": "y"}])
        if self.chance(0.1):
            out["imagePullSecrets"] = [{"name": "web"}]
        if self.chance(0.1):
            out["initContainers"] = self.pick([[{"$patch": "delete", "name": "init"}], [{"$patch": "replace"}], None, [{"name": "init", "image": "i:2"}]])
        return out

    def operations(self, target):
        choices = [
            {"op": "add", "path": "/metadata/labels", "value": {"patched": self.text()}},
            {"op": "add", "path": "/metadata/annotations", "value": {"a.b/c": self.text(), "n": "1"}},
            {"op": "add", "path": "/new", "value": self.pick([1, "x", None, [1, {"a": True}], {}, 1.5, 12345678, self.objects.any()])},
            {"op": "test", "path": "/kind", "value": target.kind},
            {"op": "copy", "from": "/metadata/name", "path": "/copied"},
            {"op": "replace", "path": "/metadata/name", "value": self.pick(["renamed", target.name + "-2"])},
        ]
        if target.containers and target.kind not in ("CronJob", "Pod"):
            at = "/spec/template/spec/containers"
            choices += [
                {"op": "replace", "path": f"{at}/0/image", "value": "json:1"}, {"op": "add", "path": f"{at}/-", "value": {"name": "added", "image": "x"}},
                {"op": "add", "path": f"{at}/0/env", "value": [{"name": "Z", "value": "1"}]}, {"op": "remove", "path": f"{at}/0/image"},
                {"op": "add", "path": f"{at}/0", "value": {"name": "first"}}, {"op": "remove", "path": f"{at}/-1"},
                {"op": "move", "from": f"{at}/0/image", "path": "/spec/moved"},
            ]
        if target.kind == "ConfigMap" and target.document.get("data"):
            choices.append({"op": "replace", "path": "/data/" + self.pick(list(target.document["data"])), "value": "json"})
        return [self.pick(choices) for _ in range(self.pick([1, 1, 2]))]

    def selector(self, target):
        out = {"kind": target.kind, "name": target.name}
        if self.chance(0.3):
            out = {"group": target.group or None, "version": target.version, **out}
        if self.chance(0.3):
            out = self.pick([{"kind": target.kind}, {"kind": self.pick(["Deployment|StatefulSet", ".*Set", "Deploy.*"])}, {"name": self.pick(["web|api", "^x$", ".*"])},
                             {"labelSelector": self.pick(["app=web", "app in (a,b)", "!tier", "app!=a,tier"])}, {"annotationSelector": "note"},
                             {"kind": target.kind, "namespace": self.pick(["one", "default", "ns|other", "_non_namespaceable_"])}])
        return {key: value for key, value in out.items() if value}

    def inline(self, document):
        return self.pick([lambda: json.dumps(document, ensure_ascii=False), lambda: Text(self.random, calm=True).document(document)])()

    def patch(self, directory, index, target):
        entry = {}
        if self.chance("json"):
            document, entry["target"] = self.operations(target), self.selector(target)
        else:
            document = self.strategic(target)
            if self.chance(0.3):
                entry["target"] = self.selector(target)
                if self.chance(0.3):
                    document["metadata"]["name"] = "other"
                if self.chance(0.2):
                    entry["options"] = {self.pick(["allowNameChange", "allowKindChange"]): True}
        if contains_raw(document) or self.chance(0.5):
            name = f"patch{index}.yaml"
            self.write(f"{directory}/{name}", document)
            entry["path"] = name
        else:
            entry["patch"] = self.inline(document)
        return entry

    def patches(self, directory, out, targets):
        if not targets:
            return
        if self.chance("patches"):
            out["patches"] = [self.patch(directory, index, self.pick(targets)) for index in range(self.random.randint(1, 4))]
        if self.chance("deprecated") and self.chance("patches"):
            entries = []
            for index in range(self.random.randint(1, 2)):
                documents = [self.strategic(self.pick(targets)) for _ in range(self.pick([1, 1, 2]))]
                name = f"psm{index}.yaml"
                self.write(f"{directory}/{name}", *documents)
                entries.append(name)
            out["patchesStrategicMerge"] = entries
        if self.chance("deprecated") and self.chance("json"):
            target = self.pick(targets)
            where = {"group": target.group, "version": target.version, "kind": target.kind, "name": target.name}
            if target.namespace:
                where["namespace"] = target.namespace
            document = self.operations(target)
            entry = {"target": {key: value for key, value in where.items() if value}}
            if contains_raw(document) or self.chance(0.5):
                self.write(f"{directory}/json.yaml", document)
                entry["path"] = "json.yaml"
            else:
                entry["patch"] = self.inline(document)
            out["patchesJson6902"] = [entry]

    # Generators

    def generators(self, directory, out, generated):
        for field, kind in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")]:
            if not self.chance("generators"):
                continue
            entries = []
            for _ in range(self.pick([1, 1, 2])):
                name = self.pick(NAMES)
                entry = {"name": name}
                if (kind, name) in generated:
                    entry["behavior"] = self.pick(["merge", "replace"])
                elif (kind, name) in self.used:
                    continue
                generated.append((kind, name))
                self.used.add((kind, name))
                entry.update(self.sources(directory, kind, len(entries)))
                entries.append(entry)
            if entries:
                out[field] = entries
        if self.chance("generators"):
            out["generatorOptions"] = self.generator_options()

    def sources(self, directory, kind, index):
        entry = {}
        if self.chance(0.7):
            entry["literals"] = [f"{key}={self.text()}" for key in self.some(["k1", "b", "config.yaml"], 0.6)]
        if self.chance(0.3):
            name = f"{kind}{index}.env".lower()
            lines = self.some(["E1=v", "E2= spaced ", "# comment", "", "E3=a=b", "E4='q'", "  E5=x", "E6", "E7=é"], 0.5)
            self.files[f"{directory}/{name}"] = ("\n".join(lines) + self.pick(["", "\n"])).encode()
            entry["envs"] = [name]
        if self.chance(0.4):
            name = f"{kind}{index}.txt".lower()
            content = self.pick([text.encode("utf-8") for text in TEXTS] + [b"\x00\xff\x80", b"\xff" * 100, b"server {\n  listen 80;\n}\n"])
            self.files[f"{directory}/{name}"] = content
            entry["files"] = [self.pick([name, f"file.conf={name}"])]
        if kind == "Secret" and self.chance(0.3):
            entry["type"] = self.pick(["Opaque", "kubernetes.io/tls"])
        if self.chance(0.3):
            entry["options"] = self.generator_options()
        return entry

    def generator_options(self):
        out = {}
        if self.chance(0.3):
            out["disableNameSuffixHash"] = True
        if self.chance(0.3):
            out["labels"] = {"gen": self.pick(["a", "b"])}
        if self.chance(0.3):
            out["annotations"] = {"gen": self.text()}
        if self.chance(0.2):
            out["immutable"] = True
        return out or {"labels": {"g": "h"}}

    # Replacements and vars

    def source_path(self, target):
        choices = ["metadata.name", "kind", "metadata.namespace" if target.namespace else "metadata.name"]
        if target.containers and target.kind not in ("CronJob", "Pod"):
            choices += ["spec.template.spec.containers.0.image", f"spec.template.spec.containers.[name={target.containers[0]}].name",
                        "spec.template.spec.containers.-.image", "spec.template"]
        if target.kind == "Service":
            choices += ["spec.ports.0.port", "spec.ports"]
        if target.kind == "Thing":
            choices += ["spec.a", "spec.map", "spec.image", "spec.list"]
        if target.kind == "ConfigMap":
            choices += ["data." + key.replace(".", "\\.") for key in target.document.get("data") or {}]
        return self.pick(choices)

    def target_paths(self, target):
        options = {}
        choices = [("metadata.annotations.from", True), ("metadata.annotations.[a.b/c]", True), ("metadata.labels.x", True), ("metadata.name", False),
                   ("metadata.annotations.cert-manager\\.io/inject-ca-from", True)]
        if target.containers and target.kind not in ("CronJob", "Pod"):
            at = "spec.template.spec.containers"
            choices += [(f"{at}.0.image", False), (f"{at}.*.image", False), (f"{at}.[name={target.containers[0]}].image", False),
                        (f"{at}.[name=app].env.[name=A].value", self.chance(0.7)), (f"{at}.*.new", True), (f"{at}.[image=nginx].image", False)]
        if target.kind == "Thing":
            choices += [("spec.a", False), ("spec.map.b", False), ("spec.new.deep", True), ("spec.list.0", True), ("spec.items.[name=i].value", True)]
        if target.kind == "ConfigMap":
            for key, value in (target.document.get("data") or {}).items():
                path = "data." + key.replace(".", "\\.")
                choices.append((path, False))
                if value.startswith(("{", "a: 1")):
                    choices += [(path + ".b.c", False)] * 3 + [(path + ".new", True)]
        path, create = self.pick(choices)
        if create:
            options["create"] = True
        if self.chance(0.2):
            options.update({"delimiter": self.pick([":", "/", ".", "-"]), "index": self.pick([0, 1, 2, -1, 9])})
        return {"select": {"kind": target.kind, "name": target.name}, "fieldPaths": [path], **({"options": options} if options else {})}

    def replacement(self, targets):
        source = self.pick(targets)
        entry = {"source": {"kind": source.kind, "name": source.name, "fieldPath": self.source_path(source)}}
        if self.chance(0.15):
            entry["source"]["options"] = {"delimiter": self.pick([":", "/", "-", "."]), "index": self.pick([0, 0, 1])}
        if self.chance(0.1):
            entry = {"sourceValue": self.pick(["value", "1", "true", "a b"])}
        entry["targets"] = [self.target_paths(self.pick(targets)) for _ in range(self.pick([1, 1, 2]))]
        if self.chance(0.15):
            entry["targets"][0]["reject"] = [{"name": self.pick(NAMES)}]
        return entry

    def replacements(self, directory, out, targets):
        if not targets or not self.chance("replacements"):
            return
        entries = [self.replacement(targets) for _ in range(self.pick([1, 1, 2, 3]))]
        if self.chance(0.2):
            self.write(f"{directory}/replacement.yaml", entries if self.chance(0.5) else entries[0])
            entries = [{"path": "replacement.yaml"}]
        out["replacements"] = entries

    def variables(self, out, targets):
        if not targets or self.vars > 1 or not self.chance("vars"):
            return
        entries = []
        for _ in range(self.pick([1, 2])):
            target = self.pick(targets)
            self.vars += 1
            reference = {"kind": target.kind, "name": target.name, "apiVersion": target.api}
            if target.namespace and self.chance(0.5):
                reference["namespace"] = target.namespace
            entry = {"name": f"V{self.vars}", "objref": reference}
            if self.chance(0.5):
                entry["fieldref"] = {"fieldpath" if self.chance(0.5) else "fieldPath": self.pick(["metadata.name", "kind"] + ["spec.ports[0].port"] * (target.kind == "Service") + ["metadata.namespace"] * bool(target.namespace))}
            entries.append(entry)
        out["vars"] = entries

    # Configuration

    def configurations(self, directory, out):
        if not self.chance("configurations"):
            return
        fields = {}
        for _ in range(self.random.randint(1, 3)):
            fields.update(self.pick([
                {"nameReference": [{"kind": "ConfigMap", "version": "v1", "fieldSpecs": [{"kind": "Thing", "path": "spec/configRef/name"}]},
                                   {"kind": "Secret", "fieldSpecs": [{"kind": "Certificate", "path": "spec/secretName"}, {"kind": "ServiceMonitor", "path": "spec/endpoints/bearerTokenSecret/name"}]}]},
                {"nameReference": [{"kind": "Issuer", "group": "cert-manager.io", "fieldSpecs": [{"kind": "Certificate", "group": "cert-manager.io", "path": "spec/issuerRef/name"}]}]},
                {"nameReference": [{"kind": "Thing", "group": "example.com", "fieldSpecs": [{"kind": "Deployment", "path": "spec/template/spec/serviceAccountName"}]}]},
                {"varReference": [{"kind": "Certificate", "path": "spec/dnsNames"}, {"kind": "Thing", "path": "spec/a"}, {"path": "metadata/annotations"}]},
                {"images": [{"kind": "Thing", "path": "spec/image"}]},
                {"commonLabels": [{"kind": "Thing", "path": "spec/selector/matchLabels", "create": self.chance(0.5)}]},
                {"commonAnnotations": [{"kind": "Thing", "path": "spec/template/metadata/annotations", "create": True}]},
                {"namespace": [{"kind": "Thing", "path": "spec/namespace", "create": True}]},
                {"namePrefix": [{"kind": "Thing", "path": "spec/map/b"}]},
                {"replicas": [{"kind": "Thing", "path": "spec/replicas", "create": True}]},
                {"templateLabels": [{"kind": "Thing", "path": "spec/template/metadata/labels", "create": True}]},
            ]))
        self.write(f"{directory}/config.yaml", fields)
        out["configurations"] = ["config.yaml"]

    def schemas(self, directory, out):
        if not self.chance("crds"):
            return
        if self.chance(0.5):
            definition = {"example.com/v1.Thing": {"Schema": {"properties": {
                "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}, "spec": {"$ref": "Spec"}}}},
                "Spec": {"Schema": {"properties": {
                    "configRef": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap", "type": "object"},
                    "selector": {"type": "object", "properties": {}}}}}}
            self.files[f"{directory}/crd.json"] = json.dumps(definition, indent=1).encode()
            out["crds"] = ["crd.json"]
        else:
            schema = {"definitions": {
                "v1.Thing": {"properties": {"spec": {"$ref": "#/definitions/v1.ThingSpec"}}, "type": "object",
                             "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Thing", "version": "v1"}]},
                "v1.ThingSpec": {"properties": {"items": {"items": {"type": "object", "properties": {"name": {"type": "string"}}}, "type": "array",
                                                          "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}}}}}
            self.files[f"{directory}/schema.json"] = json.dumps(schema).encode()
            out["openapi"] = {"path": "schema.json"}

    def plugins(self, directory, out, targets):
        if not self.chance("transformers"):
            return
        workloads = [t for t in targets if t.kind in ("Deployment", "StatefulSet")]
        choices = [
            {"kind": "PrefixTransformer", "prefix": "pt-", "fieldSpecs": METADATA_NAME},
            {"kind": "SuffixTransformer", "suffix": "-st", "fieldSpecs": [{"path": "metadata/name", "kind": self.pick(["Deployment", "ConfigMap", "Service"])}]},
            {"kind": "LabelTransformer", "labels": {"lt": "x"}, "fieldSpecs": [{"path": "metadata/labels", "create": True}]},
            {"kind": "AnnotationsTransformer", "annotations": {"at": self.text()}, "fieldSpecs": [{"path": "metadata/annotations", "create": True}]},
            {"kind": "NamespaceTransformer", "metadata": {"namespace": "nt"}, "fieldSpecs": [{"path": "metadata/namespace", "create": True}],
             **({"unsetOnly": True} if self.chance(0.5) else {}), **({"setRoleBindingSubjects": self.pick(["defaultOnly", "allServiceAccounts", "none"])} if self.chance(0.5) else {})},
            {"kind": "ImageTagTransformer", "imageTag": {"name": "nginx", "newTag": "it"}, **({"fieldSpecs": [{"path": "spec/image"}]} if self.chance(0.3) else {})},
        ]
        if workloads:
            choices.append({"kind": "ReplicaCountTransformer", "replica": {"name": self.pick(workloads).name, "count": 3},
                            "fieldSpecs": [{"path": "spec/replicas", "create": True, "kind": kind} for kind in ("Deployment", "StatefulSet")]})
        if targets:
            target = self.pick(targets)
            choices.append({"kind": "PatchTransformer", "patch": self.inline(self.without_raw(target)), "target": self.selector(target)})
        entries = []
        for index in range(self.pick([1, 2])):
            choice = dict(self.pick(choices))
            document = {"apiVersion": BUILTIN, "kind": choice.pop("kind"), "metadata": {"name": f"t{index}", **choice.pop("metadata", {})}, **choice}
            if self.chance(0.5):
                entries.append(Text(self.random, calm=True).document(document))
            else:
                self.write(f"{directory}/t{index}.yaml", document)
                entries.append(f"t{index}.yaml")
        out["transformers"] = entries

    def without_raw(self, target):
        for _ in range(5):
            patch = self.strategic(target)
            if not contains_raw(patch):
                return patch
        return self.identity(target)

    # Kustomizations

    def simple_fields(self, out, targets):
        if self.chance("names"):
            out["namePrefix"] = self.pick(["p-", "prod-", "a-b-"])
        if self.chance("names"):
            out["nameSuffix"] = self.pick(["-s", "-v2"])
        if self.chance("namespace"):
            out["namespace"] = self.pick(["ns", "other", "system"])
        if self.chance("labels"):
            out["labels"] = [{"pairs": {self.pick(["l", "app", "app.kubernetes.io/part-of"]): self.pick(["v", "web", "true"])},
                              **({self.pick(["includeSelectors", "includeTemplates"]): self.chance(0.9)} if self.chance(0.6) else {}),
                              **({"fields": [{"path": "spec/labels", "kind": "Thing", "create": True}]} if self.chance(0.15) else {})}
                             for _ in range(self.pick([1, 1, 2]))]
        if self.chance("deprecated") and self.chance("labels"):
            out["commonLabels"] = {"common": self.pick(["yes", "1", "x"])}
        if self.chance("labels"):
            out["commonAnnotations"] = {self.pick(["anno", "a.b/c"]): self.text()}
        if self.chance("images"):
            out["images"] = [{"name": self.pick(["nginx", "busybox", "reg.io:5000/a/b", "controller", "docker.io/library/nginx", "quay.io/x/y", "web", ".*"]), **self.pick([
                {"newTag": "9"}, {"newName": "z"}, {"digest": "sha256:d"}, {"tagSuffix": "-t"}, {"newName": "host:80/n", "newTag": "v1"}, {"newTag": "1.10", "digest": "sha256:e"}])}
                for _ in range(self.pick([1, 2]))]
        workloads = [t for t in targets if t.kind in ("Deployment", "StatefulSet", "ReplicaSet")]
        if workloads and self.chance("replicas"):
            out["replicas"] = [{"name": self.pick(workloads).name, "count": self.pick([7, 0])}]
        if self.chance("order"):
            out["sortOptions"] = self.pick([{"order": "fifo"}, {"order": "legacy"}, {"order": "legacy", "legacySortOptions": {"orderFirst": ["Deployment", "Service"], "orderLast": ["Namespace", "ConfigMap"]}}])
        if self.chance("metadata"):
            out["buildMetadata"] = self.some(["originAnnotations", "transformerAnnotations", "managedByLabel"], 0.5)

    def level(self, directory, below, targets, generated, component=False, size=None):
        """Writes one kustomization over what `below` lists; returns the objects that it holds."""
        names, own = self.own_resources(directory, self.random.randint(0, 3) if size is None else size)
        out = {"kind": "Component"} if component else {}
        listed = below + names
        if self.chance(0.2):
            self.random.shuffle(listed)
        if listed or not component:
            out["bases" if self.chance(0.05) and not names and below else "resources"] = listed
        own_generated = generated
        self.generators(directory, out, own_generated)
        visible = targets + own
        components = []
        if not component and self.chance(0.2):
            name = f"c{len([f for f in self.files if 'kustomization' in f.lower()])}"
            visible = self.level(name, [], visible, generated, component=True, size=self.random.randint(0, 2))
            components.append("../" * (directory.count("/") + 1) + name)
        if components:
            out["components"] = components
        self.configurations(directory, out)
        self.schemas(directory, out)
        self.simple_fields(out, visible)
        self.patches(directory, out, visible)
        self.replacements(directory, out, visible)
        self.variables(out, visible)
        self.plugins(directory, out, visible)
        if self.chance(0.02):
            out["metadata"] = {"name": "k", "labels": {"a": "b"}}
        self.kustomization(directory, {k: v for k, v in out.items() if k != "kind" or component})
        return visible

    def make(self):
        """Writes everything; returns the directory to build."""
        generated = []
        targets, below = [], []
        for index in range(self.pick([1, 1, 1, 2, 3])):
            directory = f"base{index}"
            targets += self.level(directory, [], [], generated if index == 0 else [], size=self.pick([1, 3, 6, 15]))
            below.append("../" + directory)
        directory = below[0][3:]
        for index in range(self.pick([0, 1, 1, 2])) if len(below) == 1 else range(self.pick([1, 2])):
            directory = f"overlay{index}"
            targets = self.level(directory, below, targets, generated)
            below = ["../" + directory]
        return directory


def walk(value):
    yield value
    if isinstance(value, dict):
        for element in value.values():
            yield from walk(element)
    if isinstance(value, list):
        for element in value:
            yield from walk(element)


def contains_raw(value):
    return any(isinstance(element, Raw) for element in walk(value))
