import Core
import FoundationEssentials
import Glibc
import HTTP
import Testing

@testable import Git

/// OpenSSH's own server on loopback, with keys of its own.
private final class SSHServer: Sendable {
    let folder: TemporaryFolder
    let port: UInt16
    private let pid: pid_t

    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd") && getuid() == 0

    /// - Parameter settings: more lines of the server's configuration.
    init(hostKey: String = "ed25519", userKey: [String] = ["ed25519"], settings: String = "") throws {
        folder = try TemporaryFolder()
        // A port that was free a moment ago.
        let probe = try ScriptedServer { _ in .close }
        port = probe.port
        probe.stop()
        try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        try run(["ssh-keygen", "-q", "-t", hostKey, "-N", "", "-f", folder / "host"], in: folder.path)
        try run(["ssh-keygen", "-q", "-N", "", "-f", folder / "user", "-t"] + userKey, in: folder.path)
        let configuration = """
            ListenAddress 127.0.0.1:\(port)
            HostKey \(folder / "host")
            PidFile none
            AuthorizedKeysFile \(folder / "user.pub")
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            \(settings)
            """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder / "config"))
        pid = try start(["/usr/sbin/sshd", "-D", "-e", "-f", folder / "config"], output: folder / "log")
        try waitForPort()
    }

    deinit {
        kill(pid, SIGTERM)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    private func waitForPort() throws {
        for _ in 0..<500 {
            let log = (try? Data(contentsOf: URL(fileURLWithPath: folder / "log"))) ?? Data()
            if String(decoding: log, as: UTF8.self).contains("Server listening") { return }
            usleep(10_000)
        }
        throw CommandFailed(description: "sshd does not start")
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: folder / name))) }

    var hostKeyLine: String {
        get throws {
            "[127.0.0.1]:\(port) " + String(decoding: try read("host.pub"), as: UTF8.self)
        }
    }

    func credentials(knownHosts: String? = nil, key: String = "user") throws -> GitCredentials {
        GitCredentials(.ssh(privateKey: try read(key), knownHosts: try knownHosts ?? hostKeyLine))
    }

    func mirror(_ fixture: GitFixture, _ name: String, credentials: GitCredentials, path: String? = nil) throws
        -> GitRepository
    {
        var limits = GitLimits()
        limits.stallTimeout = .seconds(10)
        return GitRepository(
            url: try GitURL("ssh://root@127.0.0.1:\(port)\(path ?? fixture.server)"), credentials: credentials,
            directory: fixture.folder / name, transport: NoTransport(), limits: limits, clock: FixedClock())
    }
}

@Suite(.enabled(if: SSHServer.isInstalled, "sshd is needed, and root: run hack/bootstrap"))
struct SSHTests {
    @Test(arguments: ["ed25519", "ecdsa"])
    func `fetch, commit and push over ssh`(hostKey: String) async throws {
        let server = try SSHServer(hostKey: hostKey)
        let fixture = try GitFixture()
        for index in 0..<20 { try fixture.commit(["f\(index)": String(repeating: "\(index)\n", count: 500)]) }
        try fixture.push()
        let mirror = try server.mirror(fixture, "m", credentials: try server.credentials())
        let base = try await mirror.fetch(.branch("main")).commit
        #expect(base == (try fixture.head()))
        let commit = try await mirror.commit(onto: base, edits: ["new": .write([1])], message: "m", author: author)
        await expect(.cancelled) {
            try await Fence.$current.withValue(Fence { false }) {
                try await mirror.push(commit, to: "main", expecting: base)
            }
        }
        #expect(try fixture.head() == base)
        try await mirror.push(commit, to: "main", expecting: base)
        #expect(try fixture.head() == commit)
        try fixture.git("pull", "-q", "origin", "main")
        try fixture.commit(["b": "2"])
        try fixture.push()
        let next = try fixture.head()
        await expect(.pushRejected) { try await mirror.push(commit, to: "main", expecting: base) }
        #expect(try await mirror.fetch(.branch("main")).commit == next)
        #expect(try await mirror.listRemote()["refs/heads/main"] == next)
        await expect(.branchNotFound) { _ = try await mirror.fetch(.branch("x")) }
    }

    @Test(arguments: [
        ["ed25519"], ["ecdsa", "-b", "256"], ["ecdsa", "-b", "384"], ["ecdsa", "-b", "521"], ["rsa", "-b", "2048"],
        ["rsa", "-b", "3072", "-m", "PEM"], ["ecdsa", "-m", "PEM"],
    ])
    func `keys of all kinds are taken by the server`(userKey: [String]) async throws {
        let server = try SSHServer(userKey: userKey)
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        let mirror = try server.mirror(fixture, "m", credentials: try server.credentials())
        #expect(try await mirror.fetch(.branch("main")).commit == (try fixture.head()))
    }

    @Test func `a server with no key but rsa by SHA-2 is told in words`() async throws {
        let server = try SSHServer(hostKey: "rsa")
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        do {
            _ = try await server.mirror(fixture, "m", credentials: try server.credentials()).listRemote()
            Issue.record("let in")
        } catch {
            let error = error as? GitError
            #expect(error?.code == .untrustedServer)
            #expect(error?.message.contains("ed25519") == true)
        }
    }

    @Test func `a server's rsa key is checked where the server offers it`() async throws {
        let server = try SSHServer(hostKey: "rsa", settings: "HostKeyAlgorithms ssh-rsa")
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        let mirror = try server.mirror(fixture, "m", credentials: try server.credentials())
        #expect(try await mirror.fetch(.branch("main")).commit == (try fixture.head()))
        try run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", server.folder / "other"], in: fixture.folder.path)
        let other = "[127.0.0.1]:\(server.port) " + String(decoding: try server.read("other.pub"), as: UTF8.self)
        await expect(.untrustedServer) {
            _ = try await server.mirror(fixture, "o", credentials: try server.credentials(knownHosts: other))
                .listRemote()
        }
    }

    @Test func `of several keys that known_hosts lists the server's own is asked for`() async throws {
        let server = try SSHServer(hostKey: "ecdsa")
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        try run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", server.folder / "old"], in: fixture.folder.path)
        let old = "[127.0.0.1]:\(server.port) " + String(decoding: try server.read("old.pub"), as: UTF8.self)
        let mirror = try server.mirror(
            fixture, "m", credentials: try server.credentials(knownHosts: old + (try server.hostKeyLine)))
        #expect(try await mirror.fetch(.branch("main")).commit == (try fixture.head()))
    }

    @Test func `a server with another key than known_hosts says gets nothing`() async throws {
        let server = try SSHServer()
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        try run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server.folder / "other"], in: fixture.folder.path)
        let other = "[127.0.0.1]:\(server.port) " + String(decoding: try server.read("other.pub"), as: UTF8.self)
        let real = try server.hostKeyLine
        for (index, hosts) in ["", other, "@revoked \(real)", "[127.0.0.1]:1 " + real, real + "@revoked * " + real]
            .enumerated()
        {
            let hosts = index == 4 ? "\(real)\n@revoked \(real)" : hosts
            let mirror = try server.mirror(fixture, "m\(index)", credentials: try server.credentials(knownHosts: hosts))
            let wanted: GitError.Code = index == 3 ? .invalidInput : .untrustedServer
            await expect(wanted) { _ = try await mirror.fetch(.branch("main")) }
        }
        let hashed = server.folder / "hashed"
        try Data(real.utf8).write(to: URL(fileURLWithPath: hashed))
        try run(["ssh-keygen", "-q", "-H", "-f", hashed], in: fixture.folder.path)
        let text = String(decoding: try server.read("hashed"), as: UTF8.self)
        #expect(text.hasPrefix("|1|"))
        let mirror = try server.mirror(fixture, "hashed", credentials: try server.credentials(knownHosts: text))
        #expect(try await mirror.fetch(.branch("main")).commit == (try fixture.head()))
    }

    @Test func `a foreign key, a missing repository and a broken key are told apart`() async throws {
        let server = try SSHServer()
        let fixture = try GitFixture()
        try run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server.folder / "foreign"], in: fixture.folder.path)
        await expect(.authenticationFailed) {
            _ = try await server.mirror(fixture, "a", credentials: try server.credentials(key: "foreign")).listRemote()
        }
        await expect(.repositoryNotFound) {
            _ = try await server.mirror(fixture, "b", credentials: try server.credentials(), path: "/nonexistent/x.git")
                .listRemote()
        }
        try run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "pass", "-f", server.folder / "locked"], in: fixture.folder.path
        )
        await expect(.authenticationFailed) {
            _ = try await server.mirror(fixture, "l", credentials: try server.credentials(key: "locked")).listRemote()
        }
        await expect(.authenticationFailed) {
            let broken = GitCredentials(.ssh(privateKey: Array("junk".utf8), knownHosts: try server.hostKeyLine))
            _ = try await server.mirror(fixture, "c", credentials: broken).listRemote()
        }
        await expect(.authenticationFailed) {
            _ = try await server.mirror(fixture, "d", credentials: .anonymous).listRemote()
        }
        await expect(.emptyRepository) {
            _ = try await server.mirror(fixture, "e", credentials: try server.credentials()).fetch(.branch("main"))
        }
    }

    @Test(arguments: ["", "SSH-2.0-Fake\r\n"])
    func `a server that goes silent is given up, and one can be cancelled`(greeting: String) async throws {
        let silent = try ScriptedServer(greeting: Array(greeting.utf8))
        defer { silent.stop() }
        let folder = try TemporaryFolder()
        var limits = GitLimits()
        limits.stallTimeout = .milliseconds(400)
        let key = Array("x".utf8)
        let credentials = GitCredentials(
            .ssh(privateKey: key, knownHosts: "[127.0.0.1]:\(silent.port) ssh-ed25519 AAAA"))
        func mirror(_ limits: GitLimits) throws -> GitRepository {
            GitRepository(
                url: try GitURL("ssh://git@127.0.0.1:\(silent.port)/x.git"), credentials: credentials,
                directory: folder / "m", transport: NoTransport(), limits: limits, clock: FixedClock())
        }
        let impatient = try mirror(limits)
        await expect(.timeout) { _ = try await impatient.listRemote() }
        limits.stallTimeout = .seconds(600)
        let patient = try mirror(limits)
        let began = ContinuousClock.now
        let task = Task { try await patient.listRemote() }
        while silent.connections < 2 { await Task.yield() }
        task.cancel()
        await expect(.cancelled) { _ = try await task.value }
        #expect(ContinuousClock.now - began < .seconds(60))
    }
}
