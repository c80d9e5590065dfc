import KubernetesModel

extension VariedObjects {
    /// Parts of a pod's spec that servers default or write in another way, as people write them.
    private static let podParts: [(name: String, pod: String, container: String)] = [
        (
            "quantities", "",
            "resources: {requests: {cpu: 0.25, memory: 512Mi}, limits: {cpu: 2000m, memory: 1073741824}}"
        ),
        ("fractions", "", "resources: {requests: {cpu: '1.5', memory: 0.5G, ephemeral-storage: 1500M}}"),
        ("exponents", "", "resources: {limits: {memory: 2e9, cpu: 100e-3}}"),
        ("portnames", "", "ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]"),
        ("sameport", "", "ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}]"),
        ("http", "", "livenessProbe: {httpGet: {path: /healthz, port: 8080, httpHeaders: [{name: A, value: b}]}}"),
        ("named", "", "ports: [{name: web, containerPort: 80}], readinessProbe: {httpGet: {path: /, port: web}}"),
        ("exec", "", "startupProbe: {exec: {command: [cat, /ready]}, failureThreshold: 30}"),
        ("tcp", "", "livenessProbe: {tcpSocket: {port: 9000}, timeoutSeconds: 3}"),
        ("env", "", "env: [{name: B, value: 'true'}, {name: A, value: '007'}, {name: NONE}]"),
        (
            "refs", "",
            "env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}, {name: M, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}]"
        ),
        (
            "from", "",
            "envFrom: [{configMapRef: {name: plain, optional: true}}, {prefix: P_, secretRef: {name: strings}}]"
        ),
        (
            "security", "securityContext: {runAsNonRoot: true, runAsUser: 1000, supplementalGroups: [1, 2]}",
            "securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}"
        ),
        ("emptysecurity", "securityContext: {}", "securityContext: {}"),
        ("emptydir", "volumes: [{name: v, emptyDir: {}}]", "volumeMounts: [{name: v, mountPath: /v}]"),
        (
            "memory", "volumes: [{name: v, emptyDir: {medium: Memory, sizeLimit: 0.25Gi}}]",
            "volumeMounts: [{name: v, mountPath: /v, readOnly: false}]"
        ),
        (
            "mode",
            "volumes: [{name: v, configMap: {name: plain, defaultMode: 420, items: [{key: a, path: a, mode: 256}]}}]",
            "volumeMounts: [{name: v, mountPath: /v, subPath: a}]"
        ),
        (
            "hostpath", "volumes: [{name: v, hostPath: {path: /tmp, type: ''}}]",
            "volumeMounts: [{name: v, mountPath: /v}]"
        ),
        (
            "projected",
            "volumes: [{name: v, projected: {sources: [{configMap: {name: plain}}, {secret: {name: strings, items: [{key: user, path: u}]}}, {serviceAccountToken: {path: t, expirationSeconds: 7200}}]}}]",
            "volumeMounts: [{name: v, mountPath: /v}]"
        ),
        (
            "downward",
            "volumes: [{name: v, downwardAPI: {items: [{path: cpu, resourceFieldRef: {containerName: app, resource: requests.cpu, divisor: 1m}}]}}]",
            "volumeMounts: [{name: v, mountPath: /v}]"
        ),
        (
            "affinity",
            "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: arch, operator: In, values: [amd64, arm64]}]}]}}}",
            "stdin: false"
        ),
        (
            "tolerations",
            "tolerations: [{key: a, operator: Exists}, {key: b, value: c, effect: NoSchedule}, {effect: NoExecute, operator: Exists, tolerationSeconds: 0}]",
            "tty: false"
        ),
        (
            "spread",
            "topologySpreadConstraints: [{maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]",
            "workingDir: ''"
        ),
        (
            "account", "serviceAccountName: deployer, automountServiceAccountToken: false",
            "terminationMessagePolicy: FallbackToLogsOnError"
        ),
        ("oldaccount", "serviceAccount: deployer, serviceAccountName: deployer", "imagePullPolicy: Always"),
        (
            "dns",
            "dnsPolicy: None, dnsConfig: {nameservers: [10.0.0.10], searches: [a.local], options: [{name: ndots, value: '5'}, {name: edns0}]}",
            "command: []"
        ),
        (
            "aliases", "hostAliases: [{ip: 10.0.0.2, hostnames: [b, a]}], setHostnameAsFQDN: false",
            "args: ['1', 'true', '']"
        ),
        (
            "init",
            "initContainers: [{name: i, image: 'i:1', resources: {limits: {cpu: 1}}, ports: [{containerPort: 1}]}]",
            "lifecycle: {postStart: {httpGet: {path: /, port: 80}}}"
        ),
        (
            "grace", "terminationGracePeriodSeconds: 0, enableServiceLinks: false, shareProcessNamespace: true",
            "volumeDevices: []"
        ),
        ("pull", "imagePullSecrets: [{name: b}, {name: a}], priorityClassName: ''", "imagePullPolicy: IfNotPresent"),
    ]

    private static func pod(_ part: (name: String, pod: String, container: String), more: String = "") -> String {
        let container = "{name: app, image: 'app:1', \(part.container)}"
        let rest = [part.pod, more].filter { !$0.isEmpty }.map { ", " + $0 }.joined()
        return "{containers: [\(container)]\(rest)}"
    }

    private static func workload(_ kind: Int, _ part: (name: String, pod: String, container: String)) -> String {
        let name = "gen-\(part.name)"
        let labels = "{metadata: {labels: {app: \(name)}}, spec: \(pod(part))}"
        let selector = "selector: {matchLabels: {app: \(name)}}"
        return switch kind {
        case 0:
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: \(name)}
            spec: {replicas: 0, \(selector), template: \(labels)}
            """
        case 1:
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: \(name)}
            spec:
              serviceName: \(name)
              replicas: 0
              \(selector)
              template: \(labels)
              volumeClaimTemplates:
              - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 0.5Gi}}}}
            """
        case 2:
            """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: \(name)}
            spec: {\(selector), template: \(labels), updateStrategy: {type: OnDelete}}
            """
        case 3:
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: \(name)}
            spec: {parallelism: 0, template: {spec: \(pod(part, more: "restartPolicy: Never"))}}
            """
        default:
            """
            apiVersion: batch/v1beta1
            kind: CronJob
            metadata: {name: \(name)}
            spec:
              schedule: '*/5 * * * *'
              suspend: true
              concurrencyPolicy: Forbid
              jobTemplate: {spec: {template: {spec: \(pod(part, more: "restartPolicy: OnFailure"))}}}
            """
        }
    }

    /// Two kinds of the group: one whose schema says everything, defaults and list keys included, and one without.
    static func definitions(group: String) -> String {
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: queues.\(group)}
        spec:
          group: \(group)
          scope: Namespaced
          names: {kind: Queue, plural: queues}
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}}
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  status: {type: object, x-kubernetes-preserve-unknown-fields: true}
                  spec:
                    type: object
                    properties:
                      size: {type: integer, default: 3}
                      ratio: {type: number}
                      port: {x-kubernetes-int-or-string: true}
                      memory: {x-kubernetes-int-or-string: true, pattern: '^[0-9.]+(Mi|Gi)?$'}
                      enabled: {type: boolean, default: true}
                      tags: {type: array, items: {type: string}, x-kubernetes-list-type: set}
                      options: {type: object, additionalProperties: {type: string}}
                      free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                      users:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [name]
                        items:
                          type: object
                          required: [name]
                          properties: {name: {type: string}, role: {type: string, default: reader}, limit: {type: integer}}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: things.\(group)}
        spec:
          group: \(group)
          scope: Namespaced
          names: {kind: Thing, plural: things}
          versions:
          - name: v1
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
        """
    }

    private static let queues = [
        "{}", "{size: 5}", "{ratio: 1}", "{ratio: 1.50}", "{port: 80}", "{port: http}", "{memory: 1Gi}",
        "{memory: 512}",
        "{enabled: false}", "{tags: [b, a]}", "{tags: []}", "{options: {}}", "{options: {a: '1', b: 'true'}}",
        "{free: {x: [1, 2.0, {y: null}], z: 1e3}}", "{users: [{name: b}, {name: a, role: admin, limit: 0}]}",
        "{users: [], free: {}}",
    ]

    private static let things = [
        "{}", "{a: 1, b: 1.0, c: 1.25e2}", "{list: [3, 1, 2], nested: {deep: {er: [{a: b}]}}}", "{empty: {}, none: []}",
        "{text: 'yes', yes: 'no', number: '12'}", "{replicas: 1000000000000}", "{labels: {a.b/c: d}}",
    ]

    private static let services = [
        "{ports: [{name: a, port: 80, targetPort: web}, {name: b, port: 443, targetPort: 8443, appProtocol: https}]}",
        "{ports: [{port: 80, protocol: UDP}], selector: {}}", "{type: NodePort, ports: [{port: 80}]}",
        "{clusterIP: None, publishNotReadyAddresses: true, ports: [{name: x, port: 1}]}",
        "{sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 10}}, ports: [{port: 8}]}",
        "{type: ExternalName, externalName: db.example.com, ports: [{port: 5432}]}",
        "{externalIPs: [192.0.2.9], ports: [{port: 80, name: x}, {port: 81, name: y, targetPort: 0}]}",
    ]

    private static let scalers = [
        "minReplicas: 1, maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]",
        "maxReplicas: 4, metrics: [{type: External, external: {metric: {name: q, selector: {matchLabels: {a: b}}}, target: {type: Value, value: '1500m'}}}]",
        "maxReplicas: 4, metrics: [{type: Object, object: {describedObject: {apiVersion: v1, kind: Service, name: s}, metric: {name: r}, target: {type: Value, value: 2k}}}]",
        "maxReplicas: 4, metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1024Mi}}}]",
        "maxReplicas: 4, behavior: {scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 30}], selectPolicy: Max}}",
    ]

    private static let data = [
        "data: {a: '1'}", "data: {}", "binaryData: {b: ''}", "data: {file: \"a: 1\\nb: 2\\n\"}",
        "data: {crlf: \"a\\r\\nb\"}\nimmutable: true", "data: {json: '{\"a\":[1,2,{\"b\":null}]}'}",
    ]

    private static let secrets = [
        "stringData: {a: b}\ntype: Opaque", "data: {a: Yg==}\nstringData: {c: ''}", "stringData: {}",
    ]

    /// Everything, a hundred and more of it made by combining the parts; the definitions are not among it.
    static func all(group: String) throws -> [Manifest] {
        var texts = [text]
        for (index, part) in podParts.enumerated() {
            // Each part in four of the five kinds, so that every kind meets most parts.
            for offset in 0..<4 { texts.append(workload((index + offset * 2) % 5, part)) }
        }
        func add(_ kind: String, _ apiVersion: String, _ prefix: String, _ bodies: [String]) {
            for (index, body) in bodies.enumerated() {
                texts.append(
                    "apiVersion: \(apiVersion)\nkind: \(kind)\nmetadata: {name: \(prefix)-\(index)}\n\(body)")
            }
        }
        let target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: none}"
        add("Queue", "\(group)/v1", "queue", queues.map { "spec: \($0)" })
        add("Thing", "\(group)/v1", "thing", things.map { "spec: \($0)" })
        add("Service", "v1", "svc", services.map { "spec: \($0)" })
        add("HorizontalPodAutoscaler", "autoscaling/v2beta2", "hpa", scalers.map { "spec: {\(target), \($0)}" })
        add("ConfigMap", "v1", "data", data)
        add("Secret", "v1", "secret", secrets)
        return try texts.flatMap(LiveCluster.yaml)
    }
}
