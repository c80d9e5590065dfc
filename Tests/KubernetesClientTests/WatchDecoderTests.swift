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
