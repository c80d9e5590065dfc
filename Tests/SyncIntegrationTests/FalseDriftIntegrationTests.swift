import Core
import KubernetesClient
import KubernetesModel
import SluiceAPI
import Testing

@testable import Sync

/// Objects that the server writes in another way than Git has them are never taken for changed, and changed ones never
/// for unchanged.
@Suite(LiveCluster.isThere, .serialized) struct FalseDriftIntegrationTests {
    @Test(.timeLimit(.minutes(10)))
    func `two hundred varied objects stay synced through apply, controllers, restart and resync`() async throws {
        try await Stage.with { stage in
            let group = "\(stage.namespace).example.com"
            // The sidecar injector of the place changes every Deployment.
            let webhook = try await Webhook(stage)
            do {
                try await stays(stage, group)
            } catch {
                await webhook.remove()
                await clean(stage, group)
                throw error
            }
            await webhook.remove()
            await clean(stage, group)
        }
    }

    private func clean(_ stage: Stage, _ group: String) async {
        for name in ["queues", "things"] {
            _ = try? await stage.client.delete(
                .customResourceDefinitions, namespace: nil, name: "\(name).\(group)")
        }
        _ = try? await stage.client.patch(
            .configMaps, namespace: stage.namespace, name: "finalized", .merge(["metadata": ["finalizers": .null]]))
    }

    private func stays(_ stage: Stage, _ group: String) async throws {
        let place = NamespaceSetup(name: stage.namespace, labels: ["mesh": stage.namespace])
        func run(_ app: DesiredApp, _ change: (inout SyncRequest) -> Void = { _ in }) async throws -> SyncOutcome {
            try await stage.run(app) { request in
                request.namespace = place
                change(&request)
            }
        }
        let definitions = try await stage.app(
            try LiveCluster.yaml(VariedObjects.definitions(group: group)), name: "definitions")
        try await stage.eventually("the definitions are established") {
            let outcome = try await run(definitions)
            return outcome.isSynced && outcome.health == .healthy
        }
        let manifests = try VariedObjects.all(group: group)
        #expect(manifests.count >= 200)
        let app = try await stage.app(manifests)
        #expect(app.violations.map(\.message) == [])
        // Without a first dry run every object that the server refuses is told, and the others are there.
        let first = try await run(app) { $0.options.validate = false }
        #expect(first.errors.map(\.message) == [])
        try await stage.eventually("all is synced", within: .seconds(60)) { try await run(app).isSynced }

        // Controllers write statuses, defaults and annotations of theirs meanwhile.
        try await stage.eventually("the controllers have had their say", within: .seconds(60)) {
            for (kind, version, name) in [
                ("StatefulSet", "apps/v1", "db"), ("Deployment", "apps/v1", "gen-quantities"),
                ("DaemonSet", "apps/v1", "agent"),
            ] {
                let live = try await stage.get(kind, version, name)
                if live?.json["status"]?["observedGeneration"] == nil { return false }
            }
            return true
        }
        let before = stage.sync.counters.snapshot.applied
        for _ in 0..<3 {
            let again = try await run(app) { $0.mode = .heal }
            #expect(again.objects.filter { $0.status != .synced }.map { "\($0.key) \($0.message)" } == [])
        }
        #expect(stage.sync.counters.snapshot.applied == before)

        stage.restart()
        let restarted = try await run(app)
        #expect(restarted.objects.filter { $0.status != .synced }.map { "\($0.key) \($0.message)" } == [])
        #expect(stage.sync.counters.snapshot.applied == 0)
        // Only what the server writes in a way that is not known beforehand is asked about.
        print("dry runs after a restart: \(stage.sync.counters.snapshot.dryRuns) of \(manifests.count)")
        #expect(stage.sync.counters.snapshot.dryRuns < manifests.count / 2)

        try await leavesAreNoticed(stage, app)
        try await changesAreHealed(stage, app)
        let healed = try await run(app) { $0.mode = .heal }
        #expect(healed.errors.map(\.message) == [])
        #expect(healed.isSynced)
    }

    /// Each leaf that is ours, in each object, changes the fingerprint when it changes, and so does its absence.
    private func leavesAreNoticed(_ stage: Stage, _ app: DesiredApp) async throws {
        var missed: [String] = []
        var count = 0
        for object in app.objects {
            let live = try await stage.client.get(
                object.apiResource, namespace: object.key.namespace, name: object.key.name)
            let fingerprint = Fingerprint(live: live, manager: FieldManager.name)
            for path in leaves(
                of: try #require(Fingerprint.owned(of: live, by: FieldManager.name)), in: live.json)
            {
                count += 1
                for change in [Change.other, .gone] {
                    var changed = live
                    changed.json = change.made(to: live.json, at: path[...])
                    guard changed.json != live.json else { continue }
                    if Fingerprint(live: changed, manager: FieldManager.name) == fingerprint {
                        missed.append("\(object.key) \(path.joined(separator: "/")) \(change)")
                    }
                }
            }
        }
        #expect(missed == [])
        print("owned fields changed and noticed: \(count)")
        #expect(count > 2000)
    }

    private enum Change {
        case other, gone

        func made(to json: JSONValue, at path: ArraySlice<String>) -> JSONValue {
            guard let step = path.first else { return self == .other ? .string("changed by somebody") : .null }
            switch json {
            case .object(var object):
                guard let child = object[step] else { return json }
                let isGone = self == .gone && path.count == 1
                object[step] = isGone ? nil : made(to: child, at: path.dropFirst())
                return .object(object)
            case .array(var array):
                guard let index = Int(step), array.indices.contains(index) else { return json }
                if self == .gone, path.count == 1 {
                    array.remove(at: index)
                } else {
                    array[index] = made(to: array[index], at: path.dropFirst())
                }
                return .array(array)
            default: return json
            }
        }
    }

    /// The paths of the scalars of a projection, as they are in the object that it was cut from.
    private func leaves(of owned: JSONValue, in live: JSONValue, at path: [String] = []) -> [[String]] {
        switch (owned, live) {
        case (.object(let mine), .object(let all)):
            mine.flatMap { key, value in all[key].map { leaves(of: value, in: $0, at: path + [key]) } ?? [] }
        case (.array(let mine), .array(let all)):
            // A shorter list was cut; which of the elements are ours is told by what they hold.
            mine.flatMap { value -> [[String]] in
                let name = value["name"] ?? value["key"]
                let place = all.firstIndex { $0 == value || (name != nil && ($0["name"] ?? $0["key"]) == name) }
                return place.map { leaves(of: value, in: all[$0], at: path + [String($0)]) } ?? []
            }
        default: [path]
        }
    }

    /// Each object, changed on the server in a field that Git names, is noticed and healed.
    private func changesAreHealed(_ stage: Stage, _ app: DesiredApp) async throws {
        let sync = stage.sync
        await withTaskGroup(of: Void.self) { group in
            for object in app.objects {
                group.addTask {
                    _ = try? await stage.client.patch(
                        object.apiResource, namespace: object.key.namespace, name: object.key.name,
                        .merge(["metadata": ["labels": [Label.environment: "changed"]]]),
                        options: WriteOptions(fieldManager: "intruder"))
                }
            }
        }
        func unnoticed() -> [String] {
            app.objects.filter { sync.index.record($0.key, $0.gvk)?.environmentLabel != "changed" }.map { "\($0.key)" }
        }
        try await stage.eventually("all changes are seen", within: .seconds(60)) { unnoticed().isEmpty }
        #expect(unnoticed() == [])
        let report = try await stage.run(app) { $0.mode = .report }
        #expect(report.objects.filter { $0.status == .synced }.map { "\($0.key)" } == [])
    }
}
