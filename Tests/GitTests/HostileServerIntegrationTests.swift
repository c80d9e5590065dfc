import Core
import HTTP
import Testing

@testable import Git

/// A server may do anything: each operation ends in time, with a clear reason and without a leaked credential.
@Suite struct HostileServerIntegrationTests {
    private static let secret = "s3cr3t-pass"

    private func mirror(
        _ server: ScriptedServer, folder: TemporaryFolder, path: String = "/r.git",
        stall: Duration = .milliseconds(300), total: Duration = .seconds(60), followMoves: Bool = true
    ) throws -> GitRepository {
        var limits = GitLimits()
        limits.connectTimeout = .seconds(2)
        limits.stallTimeout = stall
        limits.totalTimeout = total
        limits.followMoves = followMoves
        return GitRepository(
            url: try GitURL(server.url + path),
            credentials: GitCredentials(.basic(username: "git", password: Self.secret)), directory: folder / "m",
            transport: try CurlTransport(), limits: limits, clock: FixedClock())
    }

    private static func packet(_ text: String) -> [UInt8] {
        let hex = String(text.utf8.count + 4, radix: 16)
        return Array((String(repeating: "0", count: 4 - hex.count) + hex + text).utf8)
    }

    private static let id = String(repeating: "1234567890", count: 4)

    /// A listing with one branch.
    private static func listing(service: String = "git-upload-pack") -> [UInt8] {
        packet("# service=\(service)\n") + Array("0000".utf8)
            + packet("\(id) refs/heads/main\0multi_ack_detailed side-band-64k ofs-delta report-status agent=x\n")
            + Array("0000".utf8)
    }

    private static let listingType = "Content-Type: application/x-git-upload-pack-advertisement"
    private static let resultType = "Content-Type: application/x-git-upload-pack-result"

    @Test(arguments: [
        ("401 Unauthorized", GitError.Code.authenticationFailed), ("403 Forbidden", .authenticationFailed),
        ("404 Not Found", .repositoryNotFound), ("429 Too Many Requests", .unreachable),
        ("500 Internal Server Error", .unreachable), ("503 Service Unavailable", .unreachable),
        ("204 No Content", .protocolViolation), ("301 Moved", .protocolViolation), ("418 Teapot", .protocolViolation),
        ("200 OK", .protocolViolation),
    ])
    func `each status has its reason`(status: String, code: GitError.Code) async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { _ in .response(status, ["Content-Type: text/html"], body: [60]) }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder)
        await expect(code) { _ = try await mirror.fetch(.branch("main")) }
        let basic = "Authorization: Basic " + Base64.encode(Array("git:\(Self.secret)".utf8))
        #expect(server.requests.first?.contains(basic) == true)
    }

    @Test func `a bearer token is sent as one`() async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { _ in .response("401 Unauthorized") }
        defer { server.stop() }
        let mirror = GitRepository(
            url: try GitURL(server.url + "/r.git"), credentials: GitCredentials(.bearer(token: Self.secret)),
            directory: folder / "m", transport: try CurlTransport(), clock: FixedClock())
        do {
            _ = try await mirror.fetch(.branch("main"))
            Issue.record("fetched")
        } catch {
            #expect(error.code == .authenticationFailed)
            #expect(!error.message.contains(Self.secret))
        }
        #expect(server.requests.first?.contains("Authorization: Bearer \(Self.secret)") == true)
    }

    @Test func `a server that says how long to wait is heard`() async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { _ in .response("429 Too Many Requests", ["Retry-After: 90"]) }
        defer { server.stop() }
        do {
            _ = try await mirror(server, folder: folder).fetch(.branch("main"))
            Issue.record("fetched")
        } catch {
            #expect((error as? GitError)?.disposition == .waitUntil(FixedClock().time + .seconds(90)))
        }
    }

    @Test(arguments: 0..<7)
    func `a stall anywhere ends at the stall deadline`(position: Int) async throws {
        let folder = try TemporaryFolder()
        let head = Array(
            "HTTP/1.1 200 OK\r\n\(Self.listingType)\r\nContent-Length: 5000\r\n\r\n".utf8)
        let all = head + Self.listing()
        let cut = [0, 5, 30, head.count, head.count + 2, head.count + 20, all.count - 3][position]
        let server = try ScriptedServer { _ in .stall(after: Array(all[..<cut])) }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder)
        let began = ContinuousClock.now
        await expect(.timeout) { _ = try await mirror.fetch(.branch("main")) }
        // Other tests keep the pool's threads busy: far above the stall deadline, far below the total.
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test func `a server that drips is ended by the total deadline`() async throws {
        let folder = try TemporaryFolder()
        let head = Array("HTTP/1.1 200 OK\r\n\(Self.listingType)\r\nContent-Length: 100000\r\n\r\n".utf8)
        let server = try ScriptedServer { _ in
            .drip(head + [UInt8](repeating: 48, count: 100_000), pauseMicroseconds: 20_000)
        }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder, stall: .seconds(30), total: .seconds(1))
        let began = ContinuousClock.now
        await expect(.timeout) { _ = try await mirror.fetch(.branch("main")) }
        #expect(ContinuousClock.now - began > .milliseconds(900))
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test func `cancelling the task ends a stalled fetch at once, and reads go on meanwhile`() async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { _ in .stall(after: []) }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder, stall: .seconds(60), total: .seconds(60))
        let began = ContinuousClock.now
        let task = Task { try await mirror.fetch(.branch("main")) }
        while server.requests.isEmpty { await Task.yield() }
        let unknown = try #require(CommitID(hex: Self.id))
        await expect(.commitNotFound) { _ = try await mirror.commitInfo(unknown) }
        task.cancel()
        await expect(.cancelled) { _ = try await task.value }
        #expect(ContinuousClock.now - began < .seconds(30))
    }

    @Test(arguments: [
        "zzzz", "0003", "fffg", "0001", "0005", "ffff", "001e# service=git-upload-pack\n0000ffff1234",
        "001e# service=git-upload-pack\n00000010notanoid\n0000", "<html>", "", "0000", "\u{0}\u{0}\u{0}\u{0}",
        "001e# service=git-upload-pack\n0000003f1234567890123456789012345678901234567890 refs/heads/main\n",
    ])
    func `a listing that is no listing never hangs and never traps`(body: String) async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { _ in
            .response("200 OK", [Self.listingType], body: Array(body.utf8))
        }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder)
        do {
            _ = try await mirror.fetch(.branch("main"))
            Issue.record("taken")
        } catch {
            let codes: [GitError.Code] = [.protocolViolation, .unreachable, .emptyRepository, .unsupported]
            #expect(codes.contains(error.code), "\(error)")
        }
    }

    @Test(arguments: [
        "", "0008NAK\n", "0008NAK\nPACK", "0008NAK\n0009\u{01}PACK0000", "0008NAK\n0014\u{03}access denied.0000",
        "0008NAK\n0011\u{01}PACK\u{0}\u{0}\u{0}\u{02}\u{0}\u{0}\u{0}\u{01}0000", "0012ERR no such ref", "garbage!",
        "0008NAK\n0011\u{01}PACK\u{0}\u{0}\u{0}\u{02}\u{7f}\u{7f}\u{7f}\u{7f}0000",
    ])
    func `a pack that is cut, empty or nonsense leaves the mirror usable`(body: String) async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { head in
            head.hasPrefix("GET")
                ? .response("200 OK", [Self.listingType], body: Self.listing())
                : .response("200 OK", [Self.resultType], body: Array(body.utf8))
        }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder)
        for _ in 0..<2 {
            do {
                _ = try await mirror.fetch(.branch("main"))
                Issue.record("taken")
            } catch {
                let codes: [GitError.Code] = [.protocolViolation, .unreachable, .tooLarge]
                #expect(codes.contains(error.code), "\(error)")
            }
        }
        #expect(try await mirror.listRemote()["refs/heads/main"]?.hex == Self.id)
    }

    @Test func `a redirect to another host gets no credentials`() async throws {
        let folder = try TemporaryFolder()
        let other = try ScriptedServer { _ in .response("401 Unauthorized") }
        defer { other.stop() }
        let target = other.url
        let server = try ScriptedServer { _ in
            .response("302 Found", ["Location: \(target)/x.git/info/refs?service=git-upload-pack"])
        }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder)
        await expect(.authenticationFailed) { _ = try await mirror.fetch(.branch("main")) }
        #expect(server.requests.first?.contains("Authorization") == true)
        #expect(other.requests.count == 1)
        #expect(other.requests.first?.contains("Authorization") == false)
        #expect(other.requests.first?.hasPrefix("GET /x.git/info/refs?service=git-upload-pack") == true)
    }

    @Test(arguments: [(true, "/other.git", false), (true, "", false), (false, "/r", true), (false, "/R.git", false)])
    func `a move is not followed where it must not be`(isElsewhere: Bool, path: String, isFollowed: Bool) async throws {
        let folder = try TemporaryFolder()
        let other = try ScriptedServer { _ in .response("404 Not Found") }
        defer { other.stop() }
        let target = (isElsewhere ? other.url : "") + (path.isEmpty ? "/r.git" : path)
        let server = try ScriptedServer { head in
            head.hasPrefix("GET /r.git")
                ? .response("301 Moved", ["Location: \(target)/info/refs?service=git-upload-pack"])
                : .response("200 OK", [Self.listingType], body: Self.listing())
        }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder, followMoves: false)
        if isFollowed {
            #expect(try await mirror.listRemote()["refs/heads/main"]?.hex == Self.id)
        } else {
            await expect(.protocolViolation) { _ = try await mirror.listRemote() }
        }
        #expect(other.requests.isEmpty)
    }

    @Test(arguments: [
        "/r.git/info/refs?service=git-upload-pack", "file:///etc/passwd", "http://127.0.0.1:1/login",
        "ssh://-oProxyCommand=id/r.git/info/refs?service=git-upload-pack", "", "//other/r.git",
        "http://user:pw@127.0.0.1/r.git/info/refs?service=git-upload-pack",
        "http://192.0.2.1/r.git/info/refs?service=git-upload-pack",
    ])
    func `redirects in circles and to odd places are refused`(location: String) async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { _ in .response("302 Found", ["Location: \(location)"]) }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder)
        do {
            _ = try await mirror.fetch(.branch("main"))
            Issue.record("followed")
        } catch {
            #expect(!"\(error)".contains(":pw"))
        }
        #expect(server.requests.count <= 6)
    }

    @Test func `a redirect within the server is followed for all requests`() async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { head in
            if head.hasPrefix("GET /r.git") {
                return .response("301 Moved", ["Location: /moved.git/info/refs?service=git-upload-pack"])
            }
            return head.hasPrefix("GET")
                ? .response("200 OK", [Self.listingType], body: Self.listing())
                : .response("500 Oops")
        }
        defer { server.stop() }
        let mirror = try mirror(server, folder: folder)
        await expect(.unreachable) { _ = try await mirror.fetch(.branch("main")) }
        #expect(server.requests.last?.hasPrefix("POST /moved.git/git-upload-pack") == true)
        #expect(server.requests.last?.contains("Authorization") == true)
    }

    @Test func `a server that nobody listens on is unreachable`() async throws {
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { _ in .close }
        let mirror = try mirror(server, folder: folder)
        await expect(.unreachable) { _ = try await mirror.fetch(.branch("main")) }
        server.stop()
        await expect(.unreachable) { _ = try await mirror.fetch(.branch("main")) }
    }
}
