import FoundationEssentials
import Synchronization

@testable import Git

/// What a real server would send for a real repository, as bytes for a test to spoil.
struct ScriptedRepository: Sendable {
    let listing: [UInt8]
    /// What is listed to one who pushes.
    let pushListing: [UInt8]
    let pack: [UInt8]
    let head: String

    private static let listingType = "Content-Type: application/x-git-upload-pack-advertisement"
    private static let resultType = "Content-Type: application/x-git-upload-pack-result"

    init() throws {
        let fixture = try GitFixture()
        var noise = SystemRandomNumberGenerator()
        // Noise, so that the pack is long enough to be cut in the middle.
        let text = (0..<4000).map { _ in String(noise.next(), radix: 36) }.joined()
        try fixture.commit(["a": text, "b/c": "1"])
        head = try fixture.commit(["b/c": "2"])
        try fixture.push()
        func output(_ command: String) throws -> [UInt8] {
            let file = fixture.folder / "output"
            try run(["sh", "-c", "\(command) >\(file)"], in: fixture.server)
            return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        }
        listing =
            Self.packet(Array("# service=git-upload-pack\n".utf8)) + Array("0000".utf8)
            + (try output("git upload-pack --stateless-rpc --http-backend-info-refs ."))
        pushListing =
            Self.packet(Array("# service=git-receive-pack\n".utf8)) + Array("0000".utf8)
            + (try output("git receive-pack --stateless-rpc --http-backend-info-refs ."))
        pack = try output("git rev-list --all --objects | git pack-objects -q --stdout")
    }

    static func packet(_ content: [UInt8]) -> [UInt8] {
        let hex = String(content.count + 4, radix: 16)
        return Array((String(repeating: "0", count: 4 - hex.count) + hex).utf8) + content
    }

    /// A response to a fetch that holds this pack, with where its parts begin.
    static func answer(_ pack: [UInt8]) -> (bytes: [UInt8], marks: [Mark: Int]) {
        var body = packet(Array("NAK\n".utf8))
        let frames = body.count
        for start in stride(from: 0, to: pack.count, by: 60_000) {
            body += packet([1] + pack[start..<min(start + 60_000, pack.count)])
        }
        let end = body.count
        body += Array("0000".utf8)
        let head = Array("HTTP/1.1 200 OK\r\n\(resultType)\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
        let marks: [Mark: Int] = [
            .nothing: 0, .statusLine: 5, .headers: 30, .body: head.count, .packetLength: head.count + 2,
            .answerLine: head.count + 6, .frameLength: head.count + frames + 2, .channel: head.count + frames + 4,
            .packHeader: head.count + frames + 5 + 6, .objectHeader: head.count + frames + 5 + 12,
            .pack: head.count + (frames + end) / 2, .trailer: head.count + end - 10, .flush: head.count + end,
        ]
        return (head + body, marks)
    }

    /// A place in the response to a fetch.
    enum Mark: CaseIterable, Sendable {
        case nothing, statusLine, headers, body, packetLength, answerLine, frameLength, channel, packHeader
        case objectHeader, pack, trailer, flush
    }

    /// A server of this repository that spoils its first answer to a fetch, and then behaves.
    func server(_ spoiled: @escaping @Sendable () -> ScriptedServer.Reply) throws -> ScriptedServer {
        let asked = Counter()
        let good = Self.answer(pack).bytes
        let listing = ScriptedServer.Reply.response("200 OK", [Self.listingType], body: listing)
        return try ScriptedServer { head in
            if head.hasPrefix("GET") { return listing }
            return asked.next() == 0 ? spoiled() : .bytes(good)
        }
    }
}

/// Counts up from zero.
final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
