internal import ControllerRuntime
internal import Core
internal import KubernetesModel
internal import Synchronization
internal import Testing

@Suite("The reference watcher", .timeLimit(.minutes(1)))
struct ReferenceWatcherTests {
    /// Watches that a test feeds by hand.
    final class Source: ReferenceSource {
        private let handlers = Mutex<[Reference: @Sendable (ReferenceEvent) -> Void]>([:])
        private let traces = Mutex<[TraceContext?]>([])
        private let changes: AsyncStream<String>.Continuation
        let log: AsyncStream<String>

        init() { (log, changes) = AsyncStream<String>.makeStream() }

        /// The trace that each watch began with.
        var seenTraces: [TraceContext?] { traces.withLock { $0 } }

        func watch(_ reference: Reference, _ handler: @escaping @Sendable (ReferenceEvent) -> Void) async {
            handlers.withLock { $0[reference] = handler }
            traces.withLock { $0.append(TraceContext.current) }
            changes.yield("begin \(reference)")
            let (never, end) = AsyncStream<Never>.makeStream()
            await withTaskCancellationHandler {
                for await _ in never {}
            } onCancel: {
                end.finish()
            }
            handlers.withLock { $0[reference] = nil }
            changes.yield("end \(reference)")
        }

        func tell(_ reference: Reference, _ event: ReferenceEvent) {
            handlers.withLock { $0[reference] }?(event)
        }
    }

    struct Forbidden: Error, Equatable {}

    let source = Source()
    let git = Reference(.secret, namespace: "shop", name: "git")
    let keys = Reference(.configMap, namespace: "shop", name: "keys")
    let told = Told()

    final class Told: Sendable {
        private let names = Mutex<[Set<String>]>([])
        var all: [Set<String>] { names.withLock { $0 } }
        func append(_ new: Set<String>) { names.withLock { $0.append(new) } }
    }

    func content(_ text: String) -> ReferenceContent { ReferenceContent(data: ["token": Array(text.utf8)]) }

    func watcher() -> ReferenceWatcher<String> {
        ReferenceWatcher(source: source, onChange: told.append)
    }

    @Test("one watch serves all who refer, and answers the first who wait without calling them back")
    func first() async throws {
        let watcher = watcher()
        var log = source.log.makeAsyncIterator()
        async let a = watcher.content(of: git, for: "a")
        #expect(await log.next() == "begin Secret shop/git")
        async let b = watcher.content(of: git, for: "b")
        source.tell(git, .current(content("1")))
        #expect(try await a == content("1"))
        #expect(try await b == content("1"))
        #expect(try await watcher.content(of: git, for: "c") == content("1"))
        #expect(watcher.watchCount == 1)
        #expect(told.all.isEmpty)
    }

    @Test("a watch bears no trace of the reconcile that asked first")
    func trace() async throws {
        let watcher = watcher()
        var log = source.log.makeAsyncIterator()
        try await TraceContext.$current.withValue(TraceContext()) {
            async let content = watcher.content(of: git, for: "a")
            _ = await log.next()
            source.tell(git, .current(self.content("1")))
            _ = try await content
        }
        #expect(source.seenTraces == [nil])
    }

    @Test("tells all who refer of a change, of a deletion and of nothing else")
    func changes() async throws {
        let watcher = watcher()
        var log = source.log.makeAsyncIterator()
        async let a = watcher.content(of: git, for: "a")
        _ = await log.next()
        source.tell(git, .current(content("1")))
        _ = try await a
        _ = try await watcher.content(of: git, for: "b")
        source.tell(git, .current(content("1")))
        #expect(told.all == [])
        source.tell(git, .current(content("2")))
        source.tell(git, .failed(Forbidden()))
        #expect(try await watcher.content(of: git, for: "a") == content("2"))
        source.tell(git, .current(content("2")))
        source.tell(git, .current(nil))
        #expect(try await watcher.content(of: git, for: "a") == nil)
        #expect(told.all == [["a", "b"], ["a", "b"]])
    }

    @Test("says why a reference cannot be read, and tells when it can")
    func failure() async throws {
        let watcher = watcher()
        var log = source.log.makeAsyncIterator()
        let first = Task { try await watcher.content(of: git, for: "a") }
        _ = await log.next()
        source.tell(git, .failed(Forbidden()))
        await #expect(throws: Forbidden.self) { try await first.value }
        await #expect(throws: Forbidden.self) { try await watcher.content(of: git, for: "a") }
        source.tell(git, .current(content("1")))
        #expect(told.all == [["a"]])
        #expect(try await watcher.content(of: git, for: "a") == content("1"))
    }

    @Test("ends a watch when the last one refers to it no more")
    func release() async throws {
        let watcher = watcher()
        var log = source.log.makeAsyncIterator()
        watcher.retain([git, keys], for: "a")
        watcher.retain([git], for: "b")
        #expect(await Set([log.next(), log.next()]) == ["begin Secret shop/git", "begin ConfigMap shop/keys"])
        watcher.retain([git], for: "a")
        #expect(await log.next() == "end ConfigMap shop/keys")
        watcher.retain([], for: "a")
        #expect(watcher.watchCount == 1)
        watcher.retain([], for: "b")
        #expect(await log.next() == "end Secret shop/git")
        #expect(watcher.watchCount == 0)
    }

    @Test("a watcher that nobody has any more watches nothing")
    func lifetime() async {
        var log = source.log.makeAsyncIterator()
        do {
            let watcher = watcher()
            watcher.retain([git], for: "a")
            #expect(await log.next() == "begin Secret shop/git")
        }
        #expect(await log.next() == "end Secret shop/git")
    }

    @Test("a reader that is cancelled waits no longer")
    func cancellation() async {
        let watcher = watcher()
        let read = Task { try await watcher.content(of: git, for: "a") }
        var log = source.log.makeAsyncIterator()
        _ = await log.next()
        read.cancel()
        await #expect(throws: CancellationError.self) { try await read.value }
    }

    @Test("reads Secrets and ConfigMaps, and shows no value")
    func reads() {
        let secret = ReferenceContent(
            Manifest([
                "kind": "Secret", "type": "Opaque", "data": ["token": "aHVudGVyMg0K", "bad": "*"],
            ]))
        #expect(secret.text("token") == "hunter2")
        #expect(secret["token"] == Array("hunter2\r\n".utf8))
        #expect(!"\(secret)".contains("hunter2"))
        #expect(!String(reflecting: secret).contains("104"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("104"))
        let map = ReferenceContent(
            Manifest(["kind": "ConfigMap", "data": ["a": "b\n"], "binaryData": ["c": "AAE="]]))
        #expect(map.data == ["a": Array("b\n".utf8), "c": [0, 1]])
    }
}
