internal import Core
internal import HTTP
internal import KubernetesClient
internal import KubernetesModel
internal import TestSupport
internal import Testing

@Suite("The object cache", .timeLimit(.minutes(1)))
struct ObjectCacheTests {
    func manifest(_ name: String, _ version: Int, label: String = "") throws -> Manifest {
        Manifest(try JSONValue(parsing: pod(name, version, label: label)))
    }

    /// Keeps labels; leaves out what is labelled `skip`.
    func cache(clock: ManualClock = ManualClock(), journal: Journal) -> ObjectCache<String> {
        ObjectCache(clock: clock) { manifest in
            manifest.label("l") == "skip" ? nil : manifest.label("l")
        } onChange: { change in
            journal.note("\(change.name.name) \(change.old ?? "-")>\(change.new ?? "-")")
        }
    }

    func name(_ name: String) -> NamespacedName { NamespacedName(namespace: "shop", name: name) }

    @Test("a list tells what is new, changed and gone, and nothing of what stands")
    func relist() throws {
        let journal = Journal()
        let cache = cache(journal: journal)
        for event in [
            .begin, .upsert(try manifest("a", 1, label: "1")), .upsert(try manifest("b", 2, label: "2")), .finish,
            .begin, .upsert(try manifest("b", 2, label: "2")), .upsert(try manifest("c", 3, label: "3")), .finish,
        ] as [ReflectorEvent] { cache.handle(event) }
        #expect(journal.lines == ["a ->1", "b ->2", "c ->3", "a 1>-"])
        #expect(cache.get(name("a")) == nil)
        #expect(cache.values.sorted() == ["2", "3"])
        #expect(cache.count == 2)
    }

    @Test("a list that begins anew keeps what the second one names, and only that")
    func restartedList() throws {
        let journal = Journal()
        let cache = cache(journal: journal)
        for event in [
            .begin, .upsert(try manifest("a", 1, label: "1")), .begin, .upsert(try manifest("b", 2, label: "2")),
            .finish,
        ] as [ReflectorEvent] { cache.handle(event) }
        #expect(cache.values == ["2"])
    }

    @Test("changes and deletions come with old and new")
    func changes() throws {
        let journal = Journal()
        let cache = cache(journal: journal)
        for event in [
            .begin, .finish, .upsert(try manifest("a", 1, label: "1")), .upsert(try manifest("a", 2, label: "2")),
            .upsert(try manifest("a", 3, label: "skip")), .delete(try manifest("a", 4)), .delete(try manifest("x", 5)),
        ] as [ReflectorEvent] { cache.handle(event) }
        #expect(journal.lines == ["a ->1", "a 1>2", "a 2>-"])
        #expect(cache.count == 0)
    }

    @Test("knows since when it may be old")
    func disconnected() {
        let clock = ManualClock()
        let cache = cache(clock: clock, journal: Journal())
        #expect(cache.disconnectedSince == .zero)
        cache.handle(.connected)
        #expect(cache.disconnectedSince == nil)
        clock.advance(by: .seconds(5))
        cache.handle(.disconnected(KubernetesError(.unreachable, "cut")))
        clock.advance(by: .seconds(5))
        cache.handle(.disconnected(KubernetesError(.unreachable, "cut")))
        #expect(cache.disconnectedSince == .seconds(5))
    }

    @Test("waiting for the first list ends with it, or with the task")
    func waits() async throws {
        let cache = cache(journal: Journal())
        let cancelled = Task { try await cache.waitUntilSynced() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let waiting = Task { try await cache.waitUntilSynced() }
        cache.handle(.begin)
        #expect(!cache.isSynced)
        cache.handle(.finish)
        try await waiting.value
        #expect(cache.isSynced)
        try await cache.waitUntilSynced()
    }
}
