package import KubernetesModel
internal import YAML

/// The resources as the documentation shows them, with every placeholder filled in.
package enum DocumentedExamples {
    /// One of the examples; a test that fails for it is called by its kind.
    package struct Example: Sendable, CustomStringConvertible {
        package let description: String
        package let yaml: String
    }

    /// One of each kind.
    package static let all = [
        Example(description: "Environment", yaml: environment), Example(description: "Promotion", yaml: promotion),
        Example(description: "Rollback", yaml: rollback),
    ]

    package static let environment = #"""
        apiVersion: sluice.dev/v1alpha1
        kind: Environment
        metadata: {name: production, namespace: shop}
        spec:
          suspend: false
          override: null
          source:
            repository: https://git.example.com/company/gitops.git
            branch: main
            path: apps/{app}/overlays/production
            interval: 1m
            credentialsRef: {name: gitops-git}
            verify: {mode: None, signersRef: {name: allowed-signers}}
            push: {mode: Direct, author: {name: Sluice, email: sluice@example.com}, signingKeyRef: null}
          apps: {include: ["*"], exclude: []}
          render:
            namePrefix: prod-
            nameSuffix: ""
            commonLabels: {environment: production}
            commonAnnotations: {}
            images: []
          destination:
            kubeconfigRef: null
            namespace: prod-{app}
            createNamespace: true
            namespaceMetadata: {labels: {}, annotations: {}}
            serviceAccountName: deployer
            allowedNamespaces: ["prod-*"]
            clusterResources: {allow: [{group: "*", kind: "*"}], deny: []}
            namespacedResources: {allow: [], deny: [{group: "", kind: ResourceQuota}]}
            orphans: Warn
          sync:
            automated: true
            prune: true
            selfHeal: true
            allowEmpty: false
            pruneLast: true
            prunePropagation: Foreground
            ignoreDifferences:
            - {group: apps, kind: Deployment, name: "*", namespace: "*", jsonPointers: ["/spec/replicas"]}
            - {group: "", kind: ConfigMap, managers: ["kube-controller-manager"]}
            forceConflicts: true
            replaceImmutable: false
            validate: true
            timeout: 10m
            retry: {limit: 5, backoff: {duration: 5s, factor: 2, maxDuration: 3m}}
          upstream: {environments: [staging], mode: All, requireVerified: true, soak: 4h, soakResetOnUnhealthy: true}
          windows:
            timeZone: Europe/Berlin
            operations: [Promote, Sync]
            onClose: PauseBeforeCommit
            allow: [{name: office, schedule: "0 10 * * 1-5", duration: 8h, apps: ["*"]}]
            deny:  [{name: stocktake, schedule: "0 0 1 * *", duration: 6h}]
            freezes: [{name: year-end, start: "2026-12-20T00:00", end: "2027-01-04T08:00", reason: retail peak}]
            override: {groups: [incident-commanders], requireReason: true, maxDuration: 2h}
          approvals:
            required: 2
            from: [{group: sre, min: 1}, {group: owners}]
            sources: [AdmissionWebhook, SignedCommit]
            signersRef: {name: allowed-signers}
            separationOfDuties: [Requester, ChangeAuthors]
            expiresAfter: 24h
            revalidateAtCommit: true
            rejectThreshold: 1
          promotion: {auto: false, order: LatestWins, supersede: PendingOnly, maxConcurrent: 1, maxPerWindow: 0}
          verification:
            timeout: 10m
            health: {stableFor: 2m}
            metrics: [{name: errors, prometheus: {url: "http://prometheus.monitoring:9090", query: "..."}, condition: "< 0.01",
                       interval: 30s, failureLimit: 2, onNoData: Inconclusive}]
            jobs: [{name: smoke, templateRef: {name: smoke}, timeout: 5m}]
          rollback: {auto: true, on: [Degraded, VerificationFailed], watchFor: 30m, pin: true, veto: true,
                     onConflict: RestorePaths, approvals: None}
          holds:  [{app: cart, reason: incident 42}]
          vetoes: [{app: cart, version: "sha256:abababababababababababababababababababababababababababababababab", reason: bad, until: null}]
          notifications:
          - {name: chat, type: Slack, secretRef: {name: chat}, events: [SyncFailed, PromotionFailed, RolledBack], apps: ["*"]}
          - {name: desk, type: Webhook, url: "https://hooks.example.com/sluice", secretRef: {name: desk}}
          - {name: commits, type: CommitStatus}
          history: {promotions: 100, ttl: 90d}
          deletionPolicy: Orphan
        status:
          observedGeneration: 4
          phase: Ready
          revision: {observed: 0123456789abcdef0123456789abcdef01234567, synced: 0123456789abcdef0123456789abcdef01234567, lastHealthy: 0123456789abcdef0123456789abcdef01234567}
          counts: {apps: 50, synced: 49, healthy: 48, outOfSync: 1, degraded: 1}
          apps:
          - {name: cart, images: ["company/cart:v1.2.4"], revision: 0123456789abcdef0123456789abcdef01234567, sync: Synced, health: Healthy, since: "2026-11-23T10:00:00Z", healthySince: "2026-11-23T10:01:00Z", trouble: [SyncFailed], failedContent: abc, message: ""}
          managedKinds: ["apps/v1/Deployment", "v1/Service"]
          window: {open: true, active: [office], reason: "", nextOpen: null, nextClose: "2026-11-23T17:00:00Z", override: null}
          current: {promotion: p1}
          queue: [p2]
          holds: []
          vetoes: []
          conditions: []
        """#

    package static let promotion = #"""
        apiVersion: sluice.dev/v1alpha1
        kind: Promotion
        metadata: {name: cart-v1-2-5, namespace: shop}
        spec:
          environment: production
          items:
          - {app: cart, image: {name: company/cart, newTag: v1.2.5}}
          - {app: web, fromEnvironment: staging}
          - {app: web, path: {from: staging, include: [config/], exclude: [replicas.yaml]}}
          - {apps: ["*"], fromEnvironment: staging}
          reason: CHG-123
          dryRun: false
          attempt: 1
          notBefore: null
          expiresAfter: 72h
          approvals: [{user: alice, decision: Approve, planDigest: "sha256:abababababababababababababababababababababababababababababababab", comment: looks good}]
          override: null
          abort: false
        status:
          observedGeneration: 1
          phase: Gated
          reason: AwaitingApproval
          message: "1 of 2 approvals; window opens Mon 10:00 Europe/Berlin"
          planDigest: "sha256:abababababababababababababababababababababababababababababababab"
          baseCommit: 0123456789abcdef0123456789abcdef01234567
          commit: 0123456789abcdef0123456789abcdef01234567
          items: [{app: cart, image: company/cart, from: v1.2.4, to: v1.2.5, noop: false}]
          plan: {configMap: cart-v1-2-5-plan, added: 0, changed: 1, removed: 0, truncated: false}
          requester: {user: bob, groups: [], source: SignedCommit, evidence: 0123456789abcdef0123456789abcdef01234567}
          approvals: {required: 2, valid: 1, records: [{user: alice, groups: [sre], source: SignedCommit, evidence: abc, at: "2026-11-23T10:00:00Z", expiresAt: "2026-11-24T10:00:00Z", valid: true}]}
          gates: [{name: Window, state: Waiting, until: "2026-11-23T17:00:00Z", message: soon}]
          verification: [{name: smoke, state: Passed, message: ""}]
          supersededBy: ""
          rollback: ""
          timestamps: {requested: "2026-11-23T10:00:00Z"}
          conditions: []
        """#

    package static let rollback = #"""
        apiVersion: sluice.dev/v1alpha1
        kind: Rollback
        metadata: {name: cart-undo, namespace: shop}
        spec:
          environment: production
          target: {promotion: cart-v1-2-5}
          apps: []
          reason: INC-7
          pin: true
          veto: true
          onConflict: RestorePaths
          override: null
          dryRun: false
          attempt: 1
          release: false
        status:
          phase: Succeeded
          reason: ""
          trigger: Manual
          reverted: [0123456789abcdef0123456789abcdef01234567]
          commit: 0123456789abcdef0123456789abcdef01234567
          restoredPaths: []
          holds: [cart]
          vetoes: ["company/cart:v1.2.5"]
          requester: {}
          timestamps: {}
          conditions: []
        """#
}

extension Manifest {
    /// Reads one document of YAML.
    package init(yaml: String) throws {
        self.init(try YAML.document(parsing: Array(yaml.utf8)).json(.goYAML3))
    }
}
