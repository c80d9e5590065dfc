internal import ControllerRuntime
internal import KubernetesModel
internal import Testing

@Suite("The finalizer step")
struct FinalizerStepTests {
    func step(_ store: ScriptedStore) -> FinalizerStep {
        FinalizerStep(name: "sluice.dev/environment", store: store)
    }

    @Test("adds itself behind the others, once")
    func adds() async throws {
        let object = Manifest.environment(finalizers: ["other/one"])
        let store = ScriptedStore(object)
        let after = try #require(try await step(store).ensure(on: object))
        #expect(after.finalizers == ["other/one", "sluice.dev/environment"])
        #expect(try await step(store).ensure(on: after) == after)
        #expect(store.patches.count == 1)
        #expect(store.patches.allSatisfy { !$0.status })
    }

    @Test("keeps what others add or remove at the same moment")
    func interference() async throws {
        let object = Manifest.environment(finalizers: ["other/one", "sluice.dev/environment"])
        let store = ScriptedStore(object)
        store.interfere { object in
            object?.json["metadata"]?["finalizers"] = ["sluice.dev/environment", "other/two"]
            object?.bump()
        }
        let after = try await step(store).remove(from: object)
        #expect(after?.finalizers == ["other/two"])
    }

    @Test("removes the list with its last entry")
    func last() async throws {
        let object = Manifest.environment(finalizers: ["sluice.dev/environment"])
        let store = ScriptedStore(object)
        #expect(try await step(store).remove(from: object)?.metadata["finalizers"] == nil)
    }

    @Test("does not hold back an object that is being deleted")
    func deleting() async throws {
        var object = Manifest.environment()
        object.json["metadata"]?["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        let store = ScriptedStore(object)
        #expect(try await step(store).ensure(on: object) == object)
        #expect(store.patches.isEmpty)
    }

    @Test("is done when the object is gone or another took its name", arguments: [nil, "u2"])
    func gone(uid: String?) async throws {
        let store = ScriptedStore(uid.map { .environment(version: 20, uid: $0) })
        #expect(try await step(store).ensure(on: .environment()) == nil)
        #expect(store.object?.finalizers ?? [] == [])
    }

    @Test("gives up when the object never stands still")
    func endless() async throws {
        let store = ScriptedStore(.environment())
        for _ in 0..<100 { store.interfere { $0?.bump() } }
        await #expect(throws: StatusError.self) { try await step(store).ensure(on: .environment()) }
        #expect(store.patches.count == 5)
    }
}
