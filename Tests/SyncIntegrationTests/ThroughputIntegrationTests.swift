import Core
import KubernetesClient
import KubernetesModel
import Testing

@testable import Sync

/// Many apps at once, with the requests counted.
@Suite(LiveCluster.isThere, .serialized) struct ThroughputIntegrationTests {
    private func service(_ index: Int, image: String = "1") throws -> [Manifest] {
        try LiveCluster.yaml(
            """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: s\(index)}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: s\(index)}
            data: {a: "1", b: "2"}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: s\(index)}
            spec: {selector: {app: s\(index)}, ports: [{port: 80}]}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: s\(index)}
            spec:
              replicas: 0
              selector: {matchLabels: {app: s\(index)}}
              template:
                metadata: {labels: {app: s\(index)}}
                spec: {containers: [{name: app, image: "app:\(image)", resources: {requests: {cpu: 100m}}}]}
            """)
    }

    /// Syncs all apps side by side; returns how long it took.
    private func syncAll(_ stage: Stage, _ apps: [DesiredApp]) async throws -> Duration {
        let wanted = Set(apps.flatMap { $0.objects.map(\.key) })
        stage.sync.index.claim(wanted, for: stage.environment)
        try await stage.sync.index.watch(apps[0].kinds, for: stage.environment)
        let sync = stage.sync
        let start = ContinuousClock.now
        let outcomes = await withTaskGroup(of: SyncOutcome.self) { group in
            for app in apps {
                group.addTask {
                    await sync.sync(
                        SyncRequest(
                            environment: stage.environment, app: app, wanted: wanted,
                            namespace: NamespaceSetup(name: stage.namespace)))
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let took = ContinuousClock.now - start
        #expect(outcomes.filter { !$0.isSynced }.map { "\($0.app): \($0.errors)" } == [])
        return took
    }

    @Test func `only what changed is sent, and nothing after a restart`() async throws {
        let stage = try Stage()
        let count = 50
        var apps: [DesiredApp] = []
        for index in 0..<count { apps.append(try await stage.app(try service(index), name: "s\(index)")) }
        let first = try await syncAll(stage, apps)
        #expect(stage.sync.counters.snapshot.applied == count * 4)
        let second = try await syncAll(stage, apps)
        #expect(stage.sync.counters.snapshot.applied == count * 4)
        apps[7] = try await stage.app(try service(7, image: "2"), name: "s7", revision: "r2")
        let before = stage.requests.total(verb: "apply")
        _ = try await syncAll(stage, apps)
        #expect(stage.sync.counters.snapshot.applied == count * 4 + 1)
        #expect(stage.requests.total(verb: "apply") == before + 1)
        stage.restart()
        let applies = stage.requests.total(verb: "apply")
        let restarted = try await syncAll(stage, apps)
        #expect(stage.requests.total(verb: "apply") == applies)
        print("\(count * 4) objects: applied in \(first), again in \(second), after a restart in \(restarted)")
        await stage.tearDown()
    }

    @Test func `drift is healed in less than a second, as the median of 20`() async throws {
        let stage = try Stage()
        let app = try await stage.app(try service(1))
        try await stage.run(app)
        let object = try #require(app.objects.last)
        var times: [Duration] = []
        for round in 0..<20 {
            let start = ContinuousClock.now
            _ = try await stage.client.patch(
                object.apiResource, namespace: stage.namespace, name: object.key.name,
                .merge(["spec": ["replicas": .int(Int64(round + 1))]]), options: WriteOptions(fieldManager: "kubectl"))
            try await stage.eventually("the drift is healed") {
                try await stage.run(app) { $0.mode = .heal }.applied == 1
            }
            times.append(ContinuousClock.now - start)
        }
        let median = times.sorted()[10]
        print("drift to healed: median \(median)")
        #expect(median < .seconds(1))
        await stage.tearDown()
    }
}
