internal import Core
internal import KubernetesModel
internal import TestSupport
internal import Testing

@testable internal import KubernetesClient

@Suite("The watch decoder")
struct WatchDecoderTests {
    func decoder() -> WatchDecoder { WatchDecoder(resource: .pods, subject: "watch pods", clock: ManualClock()) }

    func events(_ chunks: [[UInt8]]) throws -> [WatchEvent] {
        var decoder = decoder()
        var out: [WatchEvent] = []
        for chunk in chunks {
            decoder.append(chunk)
            while let event = try decoder.next() { out.append(event) }
        }
        return out
    }

    @Test("gives the same events however the bytes are cut", arguments: [1, 2, 3, 7, 64, 1000, 100_000])
    func cuts(_ size: Int) throws {
        let lines = (1...20).map { event("MODIFIED", pod("p\($0)", $0, label: "é🙂\\n")) } + [bookmark(99)]
        let bytes = Array(lines.joined(separator: "\n").utf8) + [0x0A]
        let chunks = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        let events = try events(chunks)
        #expect(events.count == 21)
        #expect(events.last == .bookmark(resourceVersion: "99"))
        guard case .modified(let manifest) = events[4] else {
            Issue.record("not modified")
            return
        }
        #expect(manifest.name == "p5")
        #expect(manifest.label("l") == "é🙂\n")
    }

    @Test("skips empty lines and kinds of event it does not know")
    func skips() throws {
        let text = "\n\n" + event("SOMETHING", "{}") + "\n" + event("ADDED", pod("a", 1)) + "\n"
        #expect(try events([Array(text.utf8)]).count == 1)
    }

    @Test(
        "refuses what is no event",
        arguments: ["nonsense", "[]", "{}", #"{"type":"ADDED"}"#, #"{"type":"ADDED","object":5}"#])
    func refuses(_ line: String) {
        let error = #expect(throws: KubernetesError.self) { _ = try events([Array(line.utf8) + [0x0A]]) }
        #expect(error?.code == .malformedResponse)
    }

    @Test("takes an event of 4 MiB and refuses a larger one")
    func limit() throws {
        let frame = event("ADDED", #"{"metadata":{"name":""}}"#).utf8.count
        let fits = event(
            "ADDED", #"{"metadata":{"name":"\#(String(repeating: "x", count: WatchDecoder.eventLimit - frame))"}}"#)
        #expect(try events([Array(fits.utf8), [0x0A]]).count == 1)
        let error = #expect(throws: KubernetesError.self) { _ = try events([Array((fits + "xx").utf8)]) }
        #expect(error?.code == .malformedResponse)
    }

    @Test("an error event of a watch on Secrets tells no text")
    func secretError() {
        var decoder = WatchDecoder(resource: .secrets, subject: "watch secrets", clock: ManualClock())
        decoder.append(
            Array(event("ERROR", #"{"kind":"Status","code":500,"reason":"InternalError","message":"hunter2"}"#).utf8)
                + [0x0A])
        let error = #expect(throws: KubernetesError.self) { _ = try decoder.next() }
        #expect(error?.code == .serverError)
        #expect(error?.message.contains("hunter2") == false)
    }
}

@Suite("A look at a watch's line")
struct WatchEventPeekTests {
    private func version(_ line: String, namespaced: Bool = true) -> ObjectVersion? {
        Array(line.utf8).withUnsafeBufferPointer { WatchEventPeek.version(in: $0, namespaced: namespaced) }
    }

    private let expected = ObjectVersion(
        name: NamespacedName(namespace: "shop", name: "web"), uid: "u-1", resourceVersion: "12")

    @Test(
        "finds the version wherever it stands",
        arguments: [
            #"{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"web","namespace":"shop","uid":"u-1","resourceVersion":"12","x":"#,
            #"{"type":"MODIFIED","object":{"spec":{"a":["}",{"b":"\"]}\\"}],"n":-1.5e3,"t":true,"z":null},"metadata":{"annotations":{"uid":"other"},"labels":{},"managedFields":[{"name":"no"}],"name":"web","namespace":"shop","resourceVersion":"12","uid":"u-1"}}}"#,
            #" { "type" : "ADDED" , "object" : { "metadata" : { "uid" : "u-1" , "generation" : 3 , "name" : "web" , "resourceVersion" : "12" , "namespace" : "shop" } } } "#,
        ])
    func finds(_ line: String) {
        #expect(version(line) == expected)
    }

    @Test("an object without a namespace has an empty one where its kind has none")
    func clusterScoped() {
        let line = #"{"type":"ADDED","object":{"metadata":{"name":"web","uid":"u-1","resourceVersion":"12"}}}"#
        #expect(version(line) == nil)
        #expect(
            version(line, namespaced: false)
                == ObjectVersion(
                    name: NamespacedName(namespace: "", name: "web"), uid: "u-1", resourceVersion: "12"))
    }

    @Test(
        "leaves to the parser what it does not expect",
        arguments: [
            "", "{", "[]", "nonsense", #"{"type":"ADDED"}"#, #"{"type":"ADDED","object":5}"#,
            #"{"type":"DELETED","object":{"metadata":{"name":"web","namespace":"shop","uid":"u-1","resourceVersion":"12"}}}"#,
            #"{"object":{"metadata":{"name":"web","namespace":"shop","uid":"u-1","resourceVersion":"12"}},"type":"ADDED"}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":"w\u0065b","namespace":"shop","uid":"u-1","resourceVersion":"12"}}}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":"web","namespace":"shop","uid":"u-1","resourceVersion":12}}}"#,
            #"{"type":"ADDED","object":{"metadata":{"name":"web","a":"\"#,
            #"{"type":"ADDED","object":{"metadata":{"a":["#,
            #"{"type":"ADDED","object":{"spec":{"metadata":{"name":"web","namespace":"shop","uid":"u-1","resourceVersion":"12"}}}}"#,
        ])
    func leaves(_ line: String) {
        #expect(version(line) == nil)
    }

    @Test("every beginning of a line gives the same answer or none")
    func beginnings() {
        let line = Array(
            #"{"type":"MODIFIED","object":{"spec":{"a":["}",{"b":"\"]}\\"}]},"metadata":{"name":"web","namespace":"shop","resourceVersion":"12","uid":"u-1"}}}"#
                .utf8)
        for end in line.indices {
            let found = line[..<end].withUnsafeBufferPointer { WatchEventPeek.version(in: $0, namespaced: true) }
            #expect(found == nil || found == expected)
        }
    }

    @Test("what is known comes as a bookmark, and what is not as an event")
    func known() throws {
        let isKnown: Reflector.KnownVersions = { $0.name.name == "a" && $0.resourceVersion == "1" }
        var decoder = WatchDecoder(resource: .pods, subject: "watch pods", clock: ManualClock(), isKnown: isKnown)
        func pod(_ version: Int) -> String {
            #"{"metadata":{"name":"a","namespace":"shop","uid":"u","resourceVersion":"\#(version)"}}"#
        }
        let lines = [event("ADDED", pod(1)), event("MODIFIED", pod(2)), event("DELETED", pod(1))]
        decoder.append(Array((lines.joined(separator: "\n") + "\n").utf8))
        var events: [String] = []
        while let event = try decoder.next() {
            switch event {
            case .bookmark(let version): events.append("bookmark \(version)")
            case .modified(let pod): events.append("modified \(pod.resourceVersion)")
            case .deleted: events.append("deleted")
            default: events.append("other")
            }
        }
        #expect(events == ["bookmark 1", "modified 2", "deleted"])
    }
}
