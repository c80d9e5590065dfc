/// Objects as people write them: with defaults left out, quantities in every notation, numbers as strings and strings
/// as numbers, empty maps and lists, and all that a server writes in another way than it was given.
enum VariedObjects {
    static let text = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: plain, labels: {}, annotations: {}}
        data: {a: "1", b: "true", multi: "x\\ny\\n"}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: empty}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: emptydata}
        data: {}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: binary, creationTimestamp: null}
        binaryData: {x: AAEC}
        immutable: false
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: strings}
        stringData: {password: hunter2, user: root}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: mixed}
        type: Opaque
        data: {a: MQ==}
        stringData: {a: two, b: three}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: tls}
        type: kubernetes.io/tls
        data: {tls.crt: YQ==, tls.key: Yg==}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: deployer}
        automountServiceAccountToken: false
        imagePullSecrets: [{name: registry}]
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: bare}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: noprotocol}
        spec:
          selector: {app: web}
          ports:
          - {name: http, port: 80, targetPort: http}
          - {name: admin, port: 8080}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: headless}
        spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: nodeport}
        spec: {type: NodePort, selector: {app: web}, ports: [{name: a, port: 80, protocol: TCP}, {name: b, port: 80, protocol: UDP}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: external}
        spec: {type: ExternalName, externalName: example.com}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: lb, annotations: {x: "y"}}
        spec:
          type: LoadBalancer
          externalTrafficPolicy: Local
          loadBalancerSourceRanges: [10.0.0.0/8, 192.168.0.0/16]
          sessionAffinity: ClientIP
          selector: {app: web}
          ports: [{port: 443, targetPort: 8443}]
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: minimal}
        spec:
          selector: {matchLabels: {app: minimal}}
          template:
            metadata: {labels: {app: minimal}}
            spec: {containers: [{name: app, image: app}]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: full, labels: {app: full}, annotations: {note: ""}}
        spec:
          replicas: 2
          revisionHistoryLimit: 3
          minReadySeconds: 0
          strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
          selector:
            matchLabels: {app: full}
            matchExpressions: [{key: tier, operator: In, values: [web, api]}]
          template:
            metadata: {labels: {app: full, tier: web}, annotations: {prometheus.io/scrape: "true"}}
            spec:
              serviceAccountName: deployer
              nodeSelector: {}
              tolerations: []
              affinity:
                podAntiAffinity:
                  preferredDuringSchedulingIgnoredDuringExecution:
                  - weight: 100
                    podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: full}}}
              topologySpreadConstraints:
              - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: full}}}
              initContainers:
              - {name: init, image: "init:1", command: [sh, -c, "true"]}
              containers:
              - name: app
                image: "app:1"
                args: ["--port", "8080"]
                env:
                - {name: A, value: "1"}
                - {name: EMPTY, value: ""}
                - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
                - {name: S, valueFrom: {secretKeyRef: {name: strings, key: password, optional: true}}}
                envFrom: [{configMapRef: {name: plain}}, {secretRef: {name: strings}, prefix: S_}]
                ports: [{containerPort: 8080, name: http}, {containerPort: 9090}]
                resources:
                  requests: {cpu: 0.5, memory: 1024Mi, ephemeral-storage: 1e3}
                  limits: {cpu: 1000m, memory: 1.5Gi}
                readinessProbe: {httpGet: {path: /, port: http}}
                livenessProbe: {tcpSocket: {port: 8080}, initialDelaySeconds: 5}
                lifecycle: {preStop: {exec: {command: [sleep, "1"]}}}
                securityContext: {}
                volumeMounts:
                - {name: tmp, mountPath: /tmp}
                - {name: conf, mountPath: /conf, readOnly: true}
              - {name: sidecar, image: "mesh:1", resources: {}}
              securityContext: {fsGroup: 2000}
              volumes:
              - {name: tmp, emptyDir: {}}
              - {name: mem, emptyDir: {medium: Memory, sizeLimit: 0.5Gi}}
              - {name: conf, configMap: {name: plain, items: [{key: a, path: a}]}}
              - {name: sec, secret: {secretName: strings, defaultMode: 256}}
              - {name: proj, projected: {sources: [{serviceAccountToken: {path: token}}, {downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}]}}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: recreate}
        spec:
          replicas: 0
          strategy: {type: Recreate}
          selector: {matchLabels: {app: recreate}}
          template:
            metadata: {labels: {app: recreate}, creationTimestamp: null}
            spec:
              terminationGracePeriodSeconds: 0
              hostAliases: [{ip: 10.0.0.1, hostnames: [a, b]}]
              dnsConfig: {options: [{name: ndots, value: "1"}]}
              containers:
              - {name: app, image: app, resources: {limits: {nvidia.com/gpu: 1}}, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: TCP}]}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          serviceName: headless
          replicas: 1
          podManagementPolicy: Parallel
          updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0}}
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              containers:
              - {name: db, image: postgres, volumeMounts: [{name: data, mountPath: /data}]}
          volumeClaimTemplates:
          - metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: bare}
        spec:
          serviceName: ""
          selector: {matchLabels: {app: bare}}
          template:
            metadata: {labels: {app: bare}}
            spec: {containers: [{name: a, image: a}]}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent}
        spec:
          selector: {matchLabels: {app: agent}}
          updateStrategy: {rollingUpdate: {maxUnavailable: 10%}}
          template:
            metadata: {labels: {app: agent}}
            spec:
              hostNetwork: true
              tolerations: [{operator: Exists}, {key: a, effect: NoExecute, tolerationSeconds: 30, operator: Exists}]
              containers:
              - name: a
                image: a
                securityContext: {privileged: true, capabilities: {add: [NET_ADMIN, SYS_TIME], drop: [ALL]}}
                ports: [{containerPort: 9100, hostPort: 9100}]
              volumes: [{name: root, hostPath: {path: /}}]
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: migrate}
        spec:
          backoffLimit: 0
          ttlSecondsAfterFinished: 100000
          template:
            spec:
              restartPolicy: Never
              containers: [{name: m, image: m, resources: {requests: {cpu: "2"}}}]
        ---
        apiVersion: batch/v1beta1
        kind: CronJob
        metadata: {name: nightly}
        spec:
          schedule: "0 3 * * *"
          suspend: true
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: OnFailure
                  containers: [{name: c, image: c, ports: [{containerPort: 1}]}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: lonely}
        spec:
          containers: [{name: a, image: a, resources: {requests: {memory: 128974848}, limits: {memory: 129M, cpu: 0.1}}}]
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: claim}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1.5Gi}}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: classless}
        spec: {accessModes: [ReadWriteMany], storageClassName: "", resources: {requests: {storage: "1073741824"}}}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: quota}
        spec: {hard: {requests.cpu: "1000", requests.memory: 1000Gi, pods: "100", limits.cpu: 1000000m}}
        ---
        apiVersion: v1
        kind: LimitRange
        metadata: {name: limits}
        spec:
          limits:
          - {type: Container, default: {cpu: 0.2, memory: 100Mi}, defaultRequest: {cpu: 100m}}
        ---
        apiVersion: autoscaling/v1
        kind: HorizontalPodAutoscaler
        metadata: {name: hpa1}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: minimal}
          maxReplicas: 10
          targetCPUUtilizationPercentage: 80
        ---
        apiVersion: autoscaling/v2beta2
        kind: HorizontalPodAutoscaler
        metadata: {name: hpa2}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: recreate}
          minReplicas: 2
          maxReplicas: 5
          metrics:
          - {type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 1000m}}}
          - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 70}}}
          - {type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: "0.5"}}}
          behavior: {scaleDown: {stabilizationWindowSeconds: 60, policies: [{type: Percent, value: 10, periodSeconds: 60}]}}
        ---
        apiVersion: policy/v1beta1
        kind: PodDisruptionBudget
        metadata: {name: pdb}
        spec: {minAvailable: 50%, selector: {matchLabels: {app: full}}}
        ---
        apiVersion: policy/v1beta1
        kind: PodDisruptionBudget
        metadata: {name: pdb2}
        spec: {maxUnavailable: 1, selector: {matchLabels: {app: minimal}}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web, annotations: {nginx.ingress.kubernetes.io/rewrite-target: /}}
        spec:
          rules:
          - host: example.com
            http:
              paths:
              - {path: /, pathType: Prefix, backend: {service: {name: noprotocol, port: {number: 80}}}}
              - {path: /admin, pathType: Exact, backend: {service: {name: noprotocol, port: {name: admin}}}}
          tls: [{hosts: [example.com], secretName: tls}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: deny}
        spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: allow}
        spec:
          podSelector: {matchLabels: {app: web}}
          ingress:
          - from: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
            ports: [{port: http}, {port: 53, protocol: UDP}]
          - {}
          egress: []
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: reader}
        rules:
        - {apiGroups: [""], resources: [pods, pods/log], verbs: [get, list]}
        - {apiGroups: [apps], resources: ["*"], verbs: ["*"], resourceNames: []}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: reader}
        roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
        subjects:
        - {kind: ServiceAccount, name: deployer}
        - {kind: User, name: alice, apiGroup: rbac.authorization.k8s.io}
        - {kind: Group, name: devs}
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: manual}
        subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]
        ---
        apiVersion: v1
        kind: PodTemplate
        metadata: {name: pt}
        template:
          metadata: {labels: {a: b}}
          spec: {containers: [{name: a, image: a, ports: [{containerPort: 1}]}]}
        ---
        apiVersion: v1
        kind: ReplicationController
        metadata: {name: rc}
        spec:
          replicas: 0
          selector: {app: rc}
          template:
            metadata: {labels: {app: rc}}
            spec: {containers: [{name: a, image: a}]}
        ---
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: rs}
        spec:
          replicas: 0
          selector: {matchLabels: {app: rs}}
          template:
            metadata: {labels: {app: rs}}
            spec: {containers: [{name: a, image: a}]}
        ---
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: lease}
        spec: {holderIdentity: me, leaseDurationSeconds: 15}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: finalized, finalizers: [example.com/b, example.com/a]}
        data: {k: v}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: unicode
          annotations: {text: "Grüße 🚀", json: '{"a": [1, 2]}'}
        data: {"weird.key_1-2": "tab\\there", long: "\(String(repeating: "x", count: 5000))"}
        """
}
