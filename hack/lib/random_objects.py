"""Random Kubernetes objects that refer to each other, as a repository of some operator or service might hold them."""
from yaml_text import Raw

NAMES = ["web", "api", "db", "cache", "job-1", "x", "controller-manager", "webhook-service"]
TEXTS = [
    "plain", "yes", "1", "1.0", "2020-01-01", "a: b", " lead", "trail ", "line\nline\n", "é", "", "null", "#c", "0x1",
    "x #y", "no", "on", "1e3", "017", "08", "1_000", "~", "=", "<<", "1:30", ".5", "true", "日本語", "\U0001F600 ok",
    "tab\there", "two\n\nlines", "ends\n\n", "\n leading\n", " a\n b\n", "line \nspace\n", "- item", "? q", "[a]", "{a}",
    "*x", "&x", "!x", "%x", "@x", "`x`", "'q'", '"q"', "back\\slash", "a,b", "key: |", "0o14", "+1", "-", "--- x", "...",
    "a" * 90, "words " * 20 + "end", "some longer text that is folded somewhere because it does not fit into eighty columns",
    '{"a": 1, "b": {"c": "x"}}', "a: 1\nb:\n  c: x\n", "#!/bin/sh\nset -e\n\techo tab\n", "a\r\nb\r\n", "http://x.y:80/z?a=b&c=<d>",
    "$(V1)", "pre-$(V1)-post", "$$(V1)", "$(NONE)", "1970-01-01T00:00:00Z", "12345678901234567890", "1.10", "1e400", "١٢",
]
ODD = [Raw(text) for text in [
    "yes", "no", "on", "off", "y", "n", "1_000", "017", "08", "0o17", "0x1F", "1.0", "1e3", "1e21", "0.1", "-0", "+1",
    "2020-01-01", "2020-01-01T10:00:00Z", "2001-12-14 21:59:43.10 -5", "~", "null", "Null", "TRUE", "False", "1:30", ".5",
    "12345678901234567890", "9223372036854775807", "9223372036854775808", "18446744073709551615", "-9223372036854775808",
    "18446744073709551616", "1234567.0", "123456789.5", "1.5e300", "0b101", "-017", "1__0", "0.0", "1.", "6e-7", "100000000000000000000",
]]
ANY = TEXTS + ODD


class Objects:
    """Makes objects of all kinds."""

    def __init__(self, random):
        self.random = random

    def chance(self, share):
        return self.random.random() < share

    def pick(self, values):
        return self.random.choice(values)

    def some(self, values, share=0.5):
        return [value for value in values if self.chance(share)]

    def text(self):
        return self.pick(TEXTS)

    def any(self):
        return self.pick(ANY)

    def maybe(self, share, **fields):
        return fields if self.chance(share) else {}

    # Pods

    def image(self):
        return self.pick([
            "nginx:1", "nginx", "busybox", "reg.io:5000/a/b:2@sha256:abc", "reg.io:5000/a/b", "web", "gcr.io/org/app:v1.2.3",
            "quay.io/x/y@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3", "docker.io/library/nginx:latest",
            "controller:latest",
        ])

    def env(self):
        out = [{"name": key, "value": self.text()} for key in self.some(["A", "B", "C"])]
        if self.chance(0.3):
            out.append({"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}})
        if self.chance(0.3):
            out.append({"name": "K", "valueFrom": {"configMapKeyRef": {"name": self.pick(NAMES), "key": "k1"}}})
        if self.chance(0.3):
            out.append({"name": "S", "valueFrom": {"secretKeyRef": {"name": self.pick(NAMES), "key": "k1", "optional": True}}})
        return out

    def resources(self):
        return self.pick([
            {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "10m", "memory": "64Mi"}},
            {"limits": {"cpu": 1, "memory": "1Gi"}}, {"requests": {"cpu": 0.5}}, {},
        ])

    def container(self, name):
        out = {"name": name, "image": self.image()}
        if self.chance(0.4):
            out["command"] = ["/manager"]
        if self.chance(0.4):
            out["args"] = self.pick([["--leader-elect", "--metrics-bind-address=127.0.0.1:8080"], ["$(V1)", "x=$(V2)"], []])
        if self.chance(0.5):
            out["env"] = self.env()
        if self.chance(0.4):
            out["envFrom"] = [{"configMapRef": {"name": self.pick(NAMES)}}, {"secretRef": {"name": self.pick(NAMES)}}]
        if self.chance(0.4):
            out["ports"] = [
                {"containerPort": port, **self.maybe(0.5, protocol=self.pick(["TCP", "UDP"])), **self.maybe(0.5, name=f"p{port}")}
                for port in self.some([80, 81, 443])
            ]
        if self.chance(0.3):
            out["volumeMounts"] = [{"name": "v", "mountPath": path, **self.maybe(0.3, subPath="s")} for path in self.some(["/a", "/b"])]
        if self.chance(0.3):
            out["resources"] = self.resources()
        if self.chance(0.2):
            out["livenessProbe"] = {"httpGet": {"path": "/healthz", "port": self.pick([8081, "http"])}, "initialDelaySeconds": 15}
        if self.chance(0.2):
            out["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        return out

    def volume(self, name):
        return {"name": name, **self.pick([
            {"configMap": {"name": self.pick(NAMES), **self.maybe(0.3, defaultMode=Raw("0644"))}},
            {"secret": {"secretName": self.pick(NAMES)}}, {"emptyDir": {}},
            {"persistentVolumeClaim": {"claimName": self.pick(NAMES)}},
            {"projected": {"sources": [{"configMap": {"name": self.pick(NAMES)}}, {"secret": {"name": self.pick(NAMES)}}]}},
            {"csi": {"driver": "x", "nodePublishSecretRef": {"name": self.pick(NAMES)}}},
        ])}

    def pod(self):
        spec = {"containers": [self.container(name) for name in ["app"] + self.some(["side", "log"], 0.3)]}
        if self.chance(0.2):
            spec["initContainers"] = [self.container("init")]
        if self.chance(0.4):
            spec["volumes"] = [self.volume(name) for name in ["v"] + self.some(["w"])]
        if self.chance(0.4):
            spec["serviceAccountName"] = self.pick(NAMES)
        if self.chance(0.2):
            spec["tolerations"] = [{"key": self.pick(NAMES), "operator": "Exists"}]
        if self.chance(0.2):
            spec["imagePullSecrets"] = [{"name": self.pick(NAMES)}]
        if self.chance(0.15):
            spec["topologySpreadConstraints"] = [
                {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "x"}}}
                for key in ["zone", "node"]]
        if self.chance(0.15):
            spec["affinity"] = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 100, "podAffinityTerm": {"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "zone"}}]}}
        if self.chance(0.1):
            spec["hostAliases"] = [{"ip": "1.2.3.4", "hostnames": ["a", "b"]}]
        if self.chance(0.15):
            spec["priorityClassName"] = self.pick(NAMES)
        return spec

    def template(self, name):
        metadata = {"labels": {"app": name, **self.maybe(0.3, tier="t")}}
        if self.chance(0.3):
            metadata["annotations"] = {"checksum": self.text(), **self.maybe(0.3, **{"a.b/c": self.any()})}
        return {"metadata": metadata, "spec": self.pod()}

    # Objects

    def metadata(self, name, namespaced=True):
        out = {"name": name}
        if self.chance(0.3):
            out["labels"] = {key: self.pick(["a", "b", "web"]) for key in self.some(["app", "tier", "app.kubernetes.io/name"])}
        if self.chance(0.25):
            out["annotations"] = {key: self.any() if self.chance(0.2) else self.text() for key in self.some(["note", "a.b/c", "cert-manager.io/inject-ca-from"])}
        if namespaced and self.chance(0.15):
            out["namespace"] = self.pick(["one", "two", "system"])
        return out

    KINDS = {
        "Deployment": "apps/v1", "StatefulSet": "apps/v1", "DaemonSet": "apps/v1", "ReplicaSet": "apps/v1", "Pod": "v1", "Job": "batch/v1",
        "CronJob": "batch/v1", "Service": "v1", "ConfigMap": "v1", "Secret": "v1", "ServiceAccount": "v1", "Role": "rbac.authorization.k8s.io/v1",
        "RoleBinding": "rbac.authorization.k8s.io/v1", "ClusterRole": "rbac.authorization.k8s.io/v1", "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
        "Ingress": "networking.k8s.io/v1", "NetworkPolicy": "networking.k8s.io/v1", "HorizontalPodAutoscaler": "autoscaling/v2",
        "PodDisruptionBudget": "policy/v1", "PersistentVolumeClaim": "v1", "PersistentVolume": "v1", "StorageClass": "storage.k8s.io/v1",
        "Namespace": "v1", "CustomResourceDefinition": "apiextensions.k8s.io/v1", "APIService": "apiregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration": "admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration": "admissionregistration.k8s.io/v1",
        "Certificate": "cert-manager.io/v1", "Issuer": "cert-manager.io/v1", "ServiceMonitor": "monitoring.coreos.com/v1", "Thing": "example.com/v1",
        "PriorityClass": "scheduling.k8s.io/v1", "ResourceQuota": "v1", "LimitRange": "v1", "Endpoints": "v1", "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
        "Application": "argoproj.io/v1alpha1", "IngressClass": "networking.k8s.io/v1", "ReplicationController": "v1",
    }
    WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]
    COMMON = ["Deployment", "StatefulSet", "Service", "ConfigMap", "Secret", "ServiceAccount", "Job", "Thing", "Ingress", "RoleBinding", "CronJob"]
    CLUSTER = {"ClusterRole", "ClusterRoleBinding", "Namespace", "CustomResourceDefinition", "APIService", "PersistentVolume", "StorageClass",
               "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "PriorityClass", "IngressClass"}

    def kind(self):
        return self.pick(self.COMMON) if self.chance(0.6) else self.pick(list(self.KINDS))

    def make(self, kind, name):
        out = {"apiVersion": self.KINDS[kind], "kind": kind, "metadata": self.metadata(name, kind not in self.CLUSTER)}
        if kind == "CustomResourceDefinition":
            out["metadata"]["name"] = f"{name}s.example.com"
        out.update(getattr(self, "make_" + kind.lower(), self.make_nothing)(name))
        return out

    def make_nothing(self, name):
        return {"spec": {"name": name}} if self.chance(0.5) else {}

    def workload(self, name, **more):
        spec = {"template": self.template(name), **more}
        if self.chance(0.6):
            spec["replicas"] = self.pick([1, 3, "2", 0])
        if self.chance(0.6):
            spec["selector"] = {"matchLabels": {"app": name}}
        return {"spec": spec}

    def make_deployment(self, name):
        return self.workload(name, **self.maybe(0.2, strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}))

    make_daemonset = make_replicaset = make_replicationcontroller = workload

    def make_statefulset(self, name):
        return self.workload(name, serviceName=self.pick(NAMES), **self.maybe(0.4, volumeClaimTemplates=[
            {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": self.pick(NAMES)}}]))

    def make_pod(self, name):
        return {"spec": self.pod()}

    def make_job(self, name):
        return {"spec": {"template": self.template(name), **self.maybe(0.5, backoffLimit=3)}}

    def make_cronjob(self, name):
        return {"spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": self.template(name)}}}}

    def make_service(self, name):
        spec = {"ports": [{"port": port, **self.maybe(0.6, protocol="TCP"), **self.maybe(0.5, targetPort=self.pick([8080, "http"]))}
                          for port in [80] + self.some([81, 443])]}
        if self.chance(0.6):
            spec["selector"] = {"app": name}
        return {"spec": spec}

    def make_configmap(self, name):
        return self.maybe(0.9, data={key: self.text() for key in self.some(["k1", "k2", "k10", "config.yaml", "a.json"])} or {"k1": "v"})

    def make_secret(self, name):
        return {**self.maybe(0.6, type="Opaque"), self.pick(["data", "stringData"]): {key: self.pick(["YQ==", "cGFzcw=="]) for key in ["k1", "k2"]}}

    def make_serviceaccount(self, name):
        return self.maybe(0.3, secrets=[{"name": self.pick(NAMES)}], imagePullSecrets=[{"name": self.pick(NAMES)}])

    def rules(self):
        return [{"apiGroups": [""], "resources": self.pick([["secrets"], ["configmaps", "pods"], ["*"]]), "verbs": ["get", "list"],
                 **self.maybe(0.4, resourceNames=[self.pick(NAMES)])}]

    def make_role(self, name):
        return {"rules": self.rules()}

    def make_clusterrole(self, name):
        return {"rules": self.rules(), **self.maybe(0.2, aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]})}

    def binding(self, kinds):
        return {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": self.pick(kinds), "name": self.pick(NAMES)},
                "subjects": [{"kind": "ServiceAccount", "name": self.pick(NAMES + ["default"]), **self.maybe(0.7, namespace=self.pick(["system", "one", "two"]))}]
                + self.some([{"kind": "User", "name": "u", "apiGroup": "rbac.authorization.k8s.io"}], 0.2)}

    def make_rolebinding(self, name):
        return self.binding(["Role", "ClusterRole"])

    def make_clusterrolebinding(self, name):
        return self.binding(["ClusterRole"])

    def make_ingress(self, name):
        backend = {"service": {"name": self.pick(NAMES), "port": {"number": 80}}}
        return {"spec": {"rules": [{"host": "a.b", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}],
                         **self.maybe(0.5, tls=[{"hosts": ["a.b"], "secretName": self.pick(NAMES)}]), **self.maybe(0.3, defaultBackend=backend),
                         **self.maybe(0.3, ingressClassName=self.pick(NAMES))}}

    def make_networkpolicy(self, name):
        return {"spec": {"podSelector": self.pick([{}, {"matchLabels": {"app": name}}]), "ingress": [
            {"from": [{"podSelector": {"matchLabels": {"app": "x"}}}, {"namespaceSelector": {}}]}]}}

    def make_horizontalpodautoscaler(self, name):
        return {"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": self.pick(self.WORKLOADS), "name": self.pick(NAMES)}, "minReplicas": 1,
                         "metrics": [{"type": "Resource", "resource": {"name": "cpu"}}]}}

    def make_poddisruptionbudget(self, name):
        return {"spec": {"minAvailable": self.pick([1, "50%"]), "selector": {"matchLabels": {"app": name}}}}

    def make_persistentvolumeclaim(self, name):
        return {"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": self.pick(NAMES), **self.maybe(0.3, volumeName=self.pick(NAMES))}}

    def make_persistentvolume(self, name):
        return {"spec": {"claimRef": {"name": self.pick(NAMES), "namespace": "one"}, "storageClassName": self.pick(NAMES)}}

    def make_customresourcedefinition(self, name):
        spec = {"group": "example.com", "names": {"kind": name.title(), "plural": name + "s"}, "scope": "Namespaced", "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "description": self.text(), "properties": {
                "spec": {"type": "object", "properties": {"containers": {"type": "array", "items": {"type": "string", "default": self.any()}},
                                                         "image": {"type": "string", "enum": self.some(TEXTS, 0.05)}}}}}}}]}
        if self.chance(0.4):
            spec["conversion"] = {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {
                "name": self.pick(NAMES), **self.maybe(0.7, namespace="system"), "path": "/convert"}}, "conversionReviewVersions": ["v1"]}}
        return {"spec": spec}

    def make_apiservice(self, name):
        return {"spec": {"service": {"name": self.pick(NAMES), **self.maybe(0.6, namespace="system")}, "group": "x.y", "version": "v1"}}

    def webhooks(self, name):
        return {"webhooks": [{"name": f"{hook}.x.y", "clientConfig": {"service": {"name": self.pick(NAMES), **self.maybe(0.7, namespace="system"), "path": "/v"}},
                              "sideEffects": "None", "admissionReviewVersions": ["v1"]} for hook in ["a"] + self.some(["b"])]}

    make_validatingwebhookconfiguration = make_mutatingwebhookconfiguration = webhooks

    def make_certificate(self, name):
        return {"spec": {"dnsNames": ["$(V1).$(V2).svc", "x"], "issuerRef": {"kind": "Issuer", "name": self.pick(NAMES)}, "secretName": self.pick(NAMES)}}

    def make_servicemonitor(self, name):
        return {"spec": {"endpoints": [{"port": "https", "bearerTokenSecret": {"name": self.pick(NAMES)}}], "selector": {"matchLabels": {"app": name}}}}

    def make_thing(self, name):
        return {"spec": {"a": self.any(), "list": self.some([1, 2.5, True, "x", None, Raw("1.0")]), "map": {"b": self.any()}, "image": self.image(),
                         "configRef": {"name": self.pick(NAMES)}, "items": [{"name": n, "value": self.any()} for n in self.some(["i", "j"])],
                         **self.maybe(0.2, template=self.template(name)), **self.maybe(0.3, selector={"matchLabels": {"app": "x"}})}}

    def make_endpoints(self, name):
        return {"subsets": [{"addresses": [{"ip": "1.2.3.4"}], "ports": [{"port": 80}]}]}
