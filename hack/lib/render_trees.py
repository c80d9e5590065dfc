#!/usr/bin/env python3
"""Writes what `hack/bench render` renders: DIR/monorepo with so many services in three environments, and DIR/crds
with custom resource definitions of so many megabytes.

    render_trees.py DIR SERVICES MEGABYTES
"""
import pathlib
import sys

ENVIRONMENTS = {"dev": 1, "staging": 2, "production": 5}

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels: {{app.kubernetes.io/part-of: shop}}
spec:
  replicas: 1
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      serviceAccountName: {name}
      securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
      - name: app
        image: registry.example.com/shop/{name}
        args: [--listen=:8080, --log-level=info]
        env:
        - name: POD_NAME
          valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}
        - name: DATABASE
          valueFrom: {{secretKeyRef: {{name: {name}-database, key: url}}}}
        envFrom:
        - configMapRef: {{name: {name}-settings}}
        ports:
        - {{name: http, containerPort: 8080}}
        - {{name: metrics, containerPort: 9090}}
        readinessProbe: {{httpGet: {{path: /ready, port: http}}, periodSeconds: 5}}
        livenessProbe: {{httpGet: {{path: /live, port: http}}, periodSeconds: 10}}
        resources:
          requests: {{cpu: 50m, memory: 64Mi}}
          limits: {{memory: 128Mi}}
        volumeMounts:
        - {{name: config, mountPath: /etc/{name}}}
      volumes:
      - name: config
        configMap: {{name: {name}-files}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports:
  - {{name: http, port: 80, targetPort: http}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}}}
"""

OTHERS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
spec:
  rules:
  - host: {name}.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {{service: {{name: {name}, port: {{name: http}}}}}}
  tls: [{{hosts: [{name}.example.com], secretName: {name}-tls}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: {name}}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}
  minReplicas: 1
  maxReplicas: 10
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: {name}}}
spec:
  maxUnavailable: 1
  selector: {{matchLabels: {{app: {name}}}}}
"""

BASE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deployment.yaml, others.yaml]
configMapGenerator:
- name: {name}-settings
  literals: [REGION=eu, CURRENCY=EUR, FEATURES=none]
- name: {name}-files
  files: [config.yaml]
"""

OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop-{environment}
resources: [../../base]
labels:
- pairs: {{environment: {environment}}}
  includeTemplates: true
images:
- name: registry.example.com/shop/{name}
  newTag: 1.{replicas}.0
replicas:
- name: {name}
  count: {replicas}
patches:
- path: resources.yaml
- target: {{kind: Ingress}}
  patch: |
    - op: replace
      path: /spec/rules/0/host
      value: {name}.{environment}.example.com
configMapGenerator:
- name: {name}-settings
  behavior: merge
  literals: [FEATURES={environment}]
"""

PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    spec:
      containers:
      - name: app
        resources:
          requests: {{cpu: {replicas}00m}}
          limits: {{memory: {replicas}56Mi}}
        env:
        - {{name: ENVIRONMENT, value: {environment}}}
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def monorepo(folder, services):
    for index in range(services):
        name = f"service-{index:03}"
        base = folder / name / "base"
        write(base / "kustomization.yaml", BASE.format(name=name))
        write(base / "deployment.yaml", DEPLOYMENT.format(name=name))
        write(base / "others.yaml", OTHERS.format(name=name))
        write(base / "config.yaml", "".join(f"setting-{number}: value of number {number}\n" for number in range(40)))
        for environment, replicas in ENVIRONMENTS.items():
            overlay = folder / name / "overlays" / environment
            values = {"name": name, "environment": environment, "replicas": replicas}
            write(overlay / "kustomization.yaml", OVERLAY.format(**values))
            write(overlay / "resources.yaml", PATCH.format(**values))


def schema(depth, number):
    """The lines of a schema as a controller's tools write them: deep, and most of it descriptions."""
    lines = ["description: |-", f"  Field {number} selects which of the objects are looked at.", "  More info: https://example.com/docs/concepts/"]
    if depth == 0:
        return lines + [["type: string"], ["format: int32", "type: integer"], ["default: true", "type: boolean"]][number % 3]
    lines += ["properties:"]
    for index in range(4):
        lines += [f"  field{'ABCD'[index]}{number % 7}:"] + ["    " + line for line in schema(depth - 1, number * 4 + index)]
    return lines + ["required:", f"- fieldA{number % 7}", "type: object"]


def definitions(folder, megabytes):
    total = index = 0
    names = []
    body = "".join(f"            {line}\n" for line in schema(5, 1))
    while total < megabytes << 20:
        name = f"crd-{index:03}.yaml"
        text = (
            f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n"
            f"    controller-gen.kubebuilder.io/version: v0.16.1\n  name: things{index}.example.com\nspec:\n  group: example.com\n"
            f"  names:\n    kind: Thing{index}\n    listKind: Thing{index}List\n    plural: things{index}\n    singular: thing{index}\n"
            f"  scope: Namespaced\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n"
            f"          spec:\n{body}    served: true\n    storage: true\n    subresources:\n      status: {{}}\n"
        )
        write(folder / name, text)
        names.append(name)
        total += len(text)
        index += 1
    write(folder / "kustomization.yaml", "labels:\n- pairs: {team: platform}\nresources:\n" + "".join(f"- {name}\n" for name in names))


def main():
    folder, services, megabytes = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    monorepo(folder / "monorepo", services)
    definitions(folder / "crds", megabytes)


if __name__ == "__main__":
    main()
