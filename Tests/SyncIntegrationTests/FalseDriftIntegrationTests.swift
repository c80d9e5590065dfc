import KubernetesClient
import KubernetesModel
import SluiceAPI
import Testing

@testable import Sync

/// Objects that the server writes in another way than Git has them are never taken for changed, and changed ones never
/// for unchanged.
@Suite(LiveCluster.isThere, .serialized) struct FalseDriftIntegrationTests {
    @Test func `varied objects stay synced through apply, controllers, restart and resync`() async throws {
        let stage = try Stage()
        let manifests = try LiveCluster.yaml(VariedObjects.text)
        #expect(manifests.count >= 40)
        let app = try await stage.app(manifests)
        #expect(app.violations.map(\.message) == [])
        // Without a first dry run every object that the server refuses is told, and the others are there.
        let first = try await stage.run(app) { $0.options.validate = false }
        #expect(first.errors.map(\.message) == [])
        try await stage.eventually("all is synced") { try await stage.run(app).isSynced }

        // Controllers write statuses, defaults and annotations of theirs meanwhile.
        try await stage.eventually("the controllers have had their say") {
            try await stage.get("StatefulSet", "apps/v1", "db")?.json["status"]?["observedGeneration"] != nil
        }
        stage.sync.counters.add { $0.applied = 0 }
        for _ in 0..<3 {
            let again = try await stage.run(app) { $0.mode = .heal }
            #expect(again.objects.filter { $0.status != .synced }.map { "\($0.key) \($0.message)" } == [])
        }
        #expect(stage.sync.counters.snapshot.applied == 0)

        stage.restart()
        let restarted = try await stage.run(app)
        #expect(restarted.isSynced)
        #expect(stage.sync.counters.snapshot.applied == 0)
        // Only what the server writes in a way that is not known beforehand is asked about.
        #expect(stage.sync.counters.snapshot.dryRuns < manifests.count / 4)

        // Every object, changed in a field that Git names, is noticed.
        var missed: [String] = []
        for object in app.objects where object.key.groupKind.kind != "Pod" {
            let before = stage.sync.index.record(object.key, object.gvk)?.fingerprint
            _ = try await stage.client.patch(
                object.apiResource, namespace: stage.namespace, name: object.key.name,
                .merge(["metadata": ["labels": [Label.environment: .string(before.map { "\($0)" } ?? "none")]]]),
                options: WriteOptions(fieldManager: "intruder"))
            for _ in 0..<300 {
                if stage.sync.index.record(object.key, object.gvk)?.fingerprint != before { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            if stage.sync.index.record(object.key, object.gvk)?.fingerprint == before { missed.append("\(object.key)") }
        }
        #expect(missed == [])
        let healed = try await stage.run(app) { $0.mode = .heal }
        #expect(healed.errors.map(\.message) == [])
        #expect(healed.isSynced)

        _ = try? await stage.client.patch(
            .configMaps, namespace: stage.namespace, name: "finalized", .merge(["metadata": ["finalizers": .null]]))
        await stage.tearDown()
    }
}
