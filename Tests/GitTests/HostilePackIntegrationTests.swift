import Core
import FoundationEssentials
import HTTP
import Testing

@testable import Git

/// A pack may stop, end or lie anywhere: the fetch ends in time with a reason, and the next one finds the mirror whole.
@Suite struct HostilePackIntegrationTests {
    private static let source = Result { try ScriptedRepository() }

    private func mirror(
        _ server: ScriptedServer, _ folder: TemporaryFolder, _ change: (inout GitLimits) -> Void = { _ in }
    ) throws -> GitRepository {
        var limits = GitLimits()
        limits.stallTimeout = .milliseconds(300)
        change(&limits)
        return GitRepository(
            url: try GitURL(server.url + "/r.git"), credentials: .anonymous, directory: folder / "m",
            transport: try CurlTransport(), limits: limits, clock: FixedClock())
    }

    /// Fetches twice: the first fails in one of these ways, the second must bring everything.
    private func spoiled(
        _ expected: Set<GitError.Code>, _ repository: ScriptedRepository,
        _ reply: @escaping @Sendable () -> ScriptedServer.Reply,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let folder = try TemporaryFolder()
        let server = try repository.server(reply)
        defer { server.stop() }
        let mirror = try mirror(server, folder)
        let began = ContinuousClock.now
        do {
            _ = try await mirror.fetch(.branch("main"))
            Issue.record("taken", sourceLocation: sourceLocation)
        } catch {
            #expect(expected.contains(error.code), "\(error)", sourceLocation: sourceLocation)
            #expect(error.message.contains(server.url), "\(error)", sourceLocation: sourceLocation)
        }
        // Other tests keep the machine busy: far above the stall deadline, far below the total.
        #expect(ContinuousClock.now - began < .seconds(30), sourceLocation: sourceLocation)
        let commit = try await mirror.fetch(.branch("main")).commit
        #expect(commit.hex == repository.head, sourceLocation: sourceLocation)
        #expect(try await mirror.withTree(of: commit) { try $0.read("b/c") } == Array("2".utf8))
    }

    @Test(arguments: ScriptedRepository.Mark.allCases)
    func `a stall anywhere in a fetch ends at the stall deadline`(mark: ScriptedRepository.Mark) async throws {
        let repository = try Self.source.get()
        let (bytes, marks) = ScriptedRepository.answer(repository.pack)
        let cut = Array(bytes[..<(try #require(marks[mark]))])
        try await spoiled([.timeout], repository) { .stall(after: cut) }
    }

    @Test(arguments: ScriptedRepository.Mark.allCases)
    func `a connection that ends anywhere in a fetch is told`(mark: ScriptedRepository.Mark) async throws {
        let repository = try Self.source.get()
        let (bytes, marks) = ScriptedRepository.answer(repository.pack)
        let cut = Array(bytes[..<(try #require(marks[mark]))])
        try await spoiled([.unreachable, .protocolViolation], repository) { .bytes(cut) }
    }

    /// A change of a pack that keeps its framing right.
    struct Lie: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable ([UInt8]) -> [UInt8]
    }

    static let lies: [Lie] = [
        Lie(testDescription: "a wrong checksum") { $0.dropLast() + [$0[$0.count - 1] ^ 1] },
        Lie(testDescription: "no checksum") { $0.dropLast(20) },
        Lie(testDescription: "half a pack") { Array($0.prefix($0.count / 2)) },
        Lie(testDescription: "a header alone") { Array($0.prefix(12)) },
        Lie(testDescription: "no pack at all") { _ in [] },
        Lie(testDescription: "another signature") { [0x4B] + $0.dropFirst() },
        Lie(testDescription: "version 9") { $0.prefix(7) + [9] + $0.dropFirst(8) },
        Lie(testDescription: "more objects than there are") { $0.prefix(11) + [$0[11] + 1] + $0.dropFirst(12) },
        Lie(testDescription: "fewer objects than there are") { $0.prefix(11) + [$0[11] - 1] + $0.dropFirst(12) },
        Lie(testDescription: "four billion objects") { $0.prefix(8) + [255, 255, 255, 255] + $0.dropFirst(12) },
        Lie(testDescription: "an object of another type") { $0.prefix(12) + [$0[12] ^ 0x70] + $0.dropFirst(13) },
        Lie(testDescription: "an object of another size") { $0.prefix(12) + [$0[12] ^ 0x01] + $0.dropFirst(13) },
        Lie(testDescription: "damaged compression") {
            $0.prefix($0.count / 2) + [$0[$0.count / 2] ^ 0xFF] + $0.dropFirst($0.count / 2 + 1)
        },
        Lie(testDescription: "more after the end") { $0 + [UInt8](repeating: 0, count: 1000) },
    ]

    @Test(arguments: lies)
    func `a pack that lies is refused, and the mirror stays whole`(lie: Lie) async throws {
        let repository = try Self.source.get()
        let bytes = ScriptedRepository.answer(lie.change(repository.pack)).bytes
        try await spoiled([.protocolViolation, .unreachable, .tooLarge], repository) { .bytes(bytes) }
    }

    @Test(arguments: [
        "ffff\u{1}", "0004", "0001", "0003", "fffe", "000g", "0005\u{9}", "0006\u{2}x0005\u{2}", "0007\u{3}no",
    ])
    func `a frame with a wrong length never hangs`(frame: String) async throws {
        let repository = try Self.source.get()
        let body = Array(("0008NAK\n" + frame).utf8)
        try await spoiled([.protocolViolation, .unreachable, .timeout], repository) {
            .response("200 OK", ["Content-Type: application/x-git-upload-pack-result"], body: body)
        }
    }

    @Test func `damaged packs leave what is here alone, until the mirror itself is suspected`() async throws {
        let repository = try Self.source.get()
        let folder = try TemporaryFolder()
        let damaged = Array(repository.pack.prefix(40) + repository.pack.dropFirst(40).map { ~$0 })
        let bytes = ScriptedRepository.answer(damaged).bytes
        let asked = Counter()
        let listing = repository.listing
        let server = try ScriptedServer { head in
            if head.hasPrefix("GET") {
                return .response("200 OK", ["Content-Type: application/x-git-upload-pack-advertisement"], body: listing)
            }
            return asked.next() < RemoteSession.damagedDownloadLimit
                ? .bytes(bytes) : .bytes(ScriptedRepository.answer(repository.pack).bytes)
        }
        defer { server.stop() }
        let mirror = try mirror(server, folder)
        for _ in 1..<RemoteSession.damagedDownloadLimit {
            await expect(.protocolViolation) { _ = try await mirror.fetch(.branch("main")) }
            #expect(FileManager.default.fileExists(atPath: folder / "m/1/HEAD"))
        }
        #expect(try await mirror.fetch(.branch("main")).commit.hex == repository.head)
        #expect(FileManager.default.fileExists(atPath: folder / "m/2/HEAD"))
    }

    @Test(arguments: ["401 Unauthorized", "403 Forbidden", "404 Not Found", "429 Too Many Requests", "502 Bad Gateway"])
    func `a status in the middle of a fetch has its reason`(status: String) async throws {
        let repository = try Self.source.get()
        let codes: Set<GitError.Code> =
            status.hasPrefix("404")
            ? [.repositoryNotFound] : status.hasPrefix("40") ? [.authenticationFailed] : [.unreachable]
        try await spoiled(codes, repository) { .response(status, body: Array("<html>".utf8)) }
    }

    // MARK: Too much

    private static let listingHead = Array(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n".utf8)

    @Test func `a listing without end is cut off at its limit`() async throws {
        let folder = try TemporaryFolder()
        var piece: [UInt8] = []
        for index in 0..<1000 {
            piece += ScriptedRepository.packet(
                Array("\(String(repeating: "ab", count: 20)) refs/heads/branch-\(index)\n".utf8))
        }
        let start =
            Self.listingHead + ScriptedRepository.packet(Array("# service=git-upload-pack\n".utf8)) + Array("0000".utf8)
        let server = try ScriptedServer { [piece] _ in .flood(start, piece: piece) }
        defer { server.stop() }
        let mirror = try mirror(server, folder) { $0.stallTimeout = .seconds(30) }
        await expect(.tooLarge) { _ = try await mirror.fetch(.branch("main")) }
    }

    @Test func `more references than allowed are refused`() async throws {
        let folder = try TemporaryFolder()
        let repository = try Self.source.get()
        let server = try repository.server { .close }
        defer { server.stop() }
        let mirror = try mirror(server, folder) { $0.references = 1 }
        await expect(.tooLarge) { _ = try await mirror.listRemote() }
    }

    @Test func `a head without end is cut off`() async throws {
        let folder = try TemporaryFolder()
        let line = Array("X-Filler: \(String(repeating: "x", count: 8000))\r\n".utf8)
        let server = try ScriptedServer { _ in .flood(Array("HTTP/1.1 200 OK\r\n".utf8), piece: line) }
        defer { server.stop() }
        let mirror = try mirror(server, folder) { $0.stallTimeout = .seconds(30) }
        await expect(.protocolViolation) { _ = try await mirror.listRemote() }
    }

    /// Writes packs that are small and become large (https://git-scm.com/docs/pack-format).
    private static let bombs = """
        import hashlib, struct, sys, zlib
        def header(kind, size):
            byte, size = kind << 4 | size & 15, size >> 4
            out = b''
            while size:
                out += bytes([byte | 128])
                byte, size = size & 127, size >> 7
            return out + bytes([byte])
        def number(n):
            out = b''
            while n > 127:
                out += bytes([n & 127 | 128])
                n >>= 7
            return out + bytes([n])
        def zeros(megabytes):
            z = zlib.compressobj(9, zlib.DEFLATED, -15)
            block = z.compress(bytes(1 << 20)) + z.flush(zlib.Z_FULL_FLUSH)
            sums = (megabytes << 20) % 65521 << 16 | 1
            return b'\\x78\\xda' + block * megabytes + b'\\x03\\x00' + struct.pack('>I', sums)
        kind = sys.argv[1]
        if kind == 'blob':
            objects = [header(3, 4096 << 20) + zeros(4096)]
        elif kind == 'many':
            objects = [header(3, 200 - n << 20) + zeros(200 - n) for n in range(100)]
        else:
            base = bytes(1 << 20)
            blob = hashlib.sha1(b'blob %d\\0' % len(base) + base).digest()
            copies = 8192
            delta = number(1 << 20) + number(copies << 20) + b'\\xc0\\x10' * copies
            objects = [
                header(3, 1 << 20) + zlib.compress(base),
                header(7, len(delta)) + blob + zlib.compress(delta),
            ]
        pack = b'PACK' + struct.pack('>II', 2, len(objects)) + b''.join(objects)
        sys.stdout.buffer.write(pack + hashlib.sha1(pack).digest())
        """

    /// Kibibytes of resident memory at its highest so far.
    private func peak() throws -> Int {
        let status = String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/proc/self/status")), as: UTF8.self)
        return status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }.flatMap { Int($0.filter(\.isNumber)) }
            ?? 0
    }

    @Test(arguments: ["blob", "delta", "many"])
    func `a pack that inflates to gigabytes takes neither memory nor more than the deadline`(bomb: String) async throws
    {
        let folder = try TemporaryFolder()
        let repository = try Self.source.get()
        let file = folder / "pack"
        try run(["sh", "-c", "python3 -c \"$0\" \(bomb) >\(file)", Self.bombs], in: folder.path)
        let pack = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(pack.count < 30 << 20)
        let bytes = ScriptedRepository.answer(pack).bytes
        let server = try repository.server { .bytes(bytes) }
        defer { server.stop() }
        let mirror = try mirror(server, folder) {
            $0.stallTimeout = .seconds(20)
            $0.totalTimeout = .seconds(3)
        }
        let before = try peak()
        let began = ContinuousClock.now
        do {
            _ = try await mirror.fetch(.branch("main"))
            Issue.record("taken")
        } catch {
            // A large file is inflated without being kept, so only time limits it; a delta would need the memory.
            #expect(error.code == (bomb == "delta" ? .protocolViolation : .timeout), "\(error)")
        }
        #expect(ContinuousClock.now - began < .seconds(30))
        #expect(try peak() - before < 400 << 10, "KiB more at the peak")
    }
}
