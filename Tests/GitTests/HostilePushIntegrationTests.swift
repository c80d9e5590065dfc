import Core
import FoundationEssentials
import HTTP
import Testing

@testable import Git

/// A server may answer a push with anything: success is never claimed without its word, and nothing hangs.
@Suite struct HostilePushIntegrationTests {
    private static let source = Result { try ScriptedRepository() }

    /// Pushes a commit to a server that answers so, and returns how that ended; nil for success.
    private func push(_ reply: @escaping @Sendable () -> ScriptedServer.Reply) async throws -> GitError? {
        let repository = try Self.source.get()
        let folder = try TemporaryFolder()
        let server = try ScriptedServer { head in
            func listing(_ service: String, _ body: [UInt8]) -> ScriptedServer.Reply {
                .response("200 OK", ["Content-Type: application/x-\(service)-advertisement"], body: body)
            }
            if head.hasPrefix("GET") {
                return head.contains("service=git-receive-pack")
                    ? listing("git-receive-pack", repository.pushListing)
                    : listing("git-upload-pack", repository.listing)
            }
            return head.contains("/git-receive-pack")
                ? reply() : .bytes(ScriptedRepository.answer(repository.pack).bytes)
        }
        defer { server.stop() }
        var limits = GitLimits()
        limits.stallTimeout = .milliseconds(400)
        let mirror = GitRepository(
            url: try GitURL(server.url + "/r.git"), credentials: .anonymous, directory: folder / "m",
            transport: try CurlTransport(), limits: limits, clock: FixedClock())
        let base = try await mirror.fetch(.branch("main")).commit
        let commit = try await mirror.commit(onto: base, edits: ["b/c": .write([51])], message: "m", author: author)
        do throws(GitError) {
            try await mirror.push(commit, to: "main", expecting: base)
            return nil
        } catch {
            return error
        }
    }

    private static func report(_ lines: [String], sideband: Bool = true) -> ScriptedServer.Reply {
        let report = lines.flatMap { ScriptedRepository.packet(Array($0.utf8)) } + Array("0000".utf8)
        let body = sideband ? ScriptedRepository.packet([1] + report) + Array("0000".utf8) : report
        return .response("200 OK", ["Content-Type: application/x-git-receive-pack-result"], body: body)
    }

    @Test func `a report that takes the update is success`() async throws {
        #expect(try await push { Self.report(["unpack ok\n", "ok refs/heads/main\n"]) } == nil)
    }

    @Test func `a refusal is quoted`() async throws {
        let error = try await push { Self.report(["unpack ok\n", "ng refs/heads/main protected branch\n"]) }
        #expect(error?.code == .pushRejected)
        #expect(error?.message.contains("protected branch") == true)
    }

    @Test(arguments: [
        ["unpack ok\n"], ["unpack index-pack abnormal exit\n", "ng refs/heads/main unpacker error\n"],
        ["unpack error\n"], [], ["garbage\n"], ["unpack ok\n", "nonsense refs/heads/main\n"],
    ])
    func `a report that does not say so is no success`(lines: [String]) async throws {
        let error = try await push { Self.report(lines) }
        #expect(error != nil)
    }

    @Test(arguments: [
        ("401 Unauthorized", GitError.Code.authenticationFailed), ("403 Forbidden", .authenticationFailed),
        ("404 Not Found", .repositoryNotFound), ("413 Payload Too Large", .tooLarge),
        ("429 Too Many Requests", .unreachable), ("500 Oops", .unreachable), ("503 Later", .unreachable),
    ])
    func `each status has its reason`(status: String, code: GitError.Code) async throws {
        let error = try await push { .response(status, ["Retry-After: 30"], body: Array("<html>".utf8)) }
        #expect(error?.code == code, "\(String(describing: error))")
        if status.hasPrefix("429") {
            #expect(error?.disposition == .waitUntil(FixedClock().time + .seconds(30)))
        }
    }

    @Test(arguments: [0, 1, 2, 3])
    func `an answer that stalls or breaks off is no success`(position: Int) async throws {
        guard case .bytes(let whole) = Self.report(["unpack ok\n", "ok refs/heads/main\n"]) else { return }
        let cut = Array(whole[..<[0, 10, whole.count - 60, whole.count - 12][position]])
        let stalled = try await push { .stall(after: cut) }
        #expect(stalled?.code == .timeout, "\(String(describing: stalled))")
        let broken = try await push { .bytes(cut) }
        #expect(
            broken.map { [.unreachable, .protocolViolation].contains($0.code) } == true, "\(String(describing: broken))"
        )
    }
}
