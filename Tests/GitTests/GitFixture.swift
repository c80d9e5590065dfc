import Core
import FoundationEssentials
import Glibc
import HTTP
import Testing

@testable import Git

/// A folder that is deleted with this object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-git-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func / (folder: TemporaryFolder, name: String) -> String { folder.path + "/" + name }
}

struct CommandFailed: Error, CustomStringConvertible {
    let description: String
}

/// Runs a program to its end with a clean environment and returns what it printed. Blocks; tests only.
@discardableResult
func run(_ arguments: [String], in folder: String, environment: [String: String] = [:]) throws -> String {
    var variables = [
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin", "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Tester", "GIT_AUTHOR_EMAIL": "tester@example.com", "GIT_COMMITTER_NAME": "Tester",
        "GIT_COMMITTER_EMAIL": "tester@example.com", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
    ]
    variables.merge(environment) { $1 }
    let output = FileManager.default.temporaryDirectory.path + "/sluice-output-\(UUID().uuidString)"
    defer { unlink(output) }
    // A shell changes the folder and joins both streams; its arguments are passed, not interpolated.
    let command =
        ["/bin/sh", "-c", "cd \"$0\" && out=\"$1\" && shift && exec \"$@\" >\"$out\" 2>&1 </dev/null", folder, output]
        + arguments
    var argv = command.map { strdup($0) } + [nil]
    var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer {
        for pointer in argv + envp { free(pointer) }
    }
    var pid = pid_t()
    guard posix_spawn(&pid, "/bin/sh", nil, nil, &argv, &envp) == 0 else {
        throw CommandFailed(description: "cannot start a shell")
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let text = (try? Data(contentsOf: URL(fileURLWithPath: output))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard status == 0 else {
        throw CommandFailed(description: "\(arguments.joined(separator: " ")): status \(status >> 8)\n\(text)")
    }
    return text.last == "\n" ? String(text.dropLast()) : text
}

/// Starts a program in the background and returns its process id. Its output goes to a file.
func start(_ arguments: [String], output: String) throws -> pid_t {
    let command = ["/bin/sh", "-c", "out=\"$0\" && exec \"$@\" >\"$out\" 2>&1 </dev/null", output] + arguments
    var argv = command.map { strdup($0) } + [nil]
    var envp = [strdup("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin"), nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid = pid_t()
    guard posix_spawn(&pid, "/bin/sh", nil, nil, &argv, &envp) == 0 else {
        throw CommandFailed(description: "cannot start a shell")
    }
    return pid
}

/// A real repository on disk with a bare "server" beside it.
struct GitFixture {
    let folder: TemporaryFolder
    var server: String { folder / "server.git" }
    var work: String { folder / "work" }

    init() throws {
        folder = try TemporaryFolder()
        try run(["git", "init", "-q", "--bare", "-b", "main", server], in: folder.path)
        try run(["git", "init", "-q", "-b", "main", work], in: folder.path)
        try run(["git", "remote", "add", "origin", server], in: work)
    }

    @discardableResult
    func git(_ arguments: String..., environment: [String: String] = [:]) throws -> String {
        try run(["git"] + arguments, in: work, environment: environment)
    }

    func write(_ path: String, _ text: String) throws {
        let full = work + "/" + path
        let parent = String(full[..<(full.lastIndex(of: "/") ?? full.endIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: full))
    }

    /// Writes files, commits everything and returns the commit's id.
    @discardableResult
    func commit(_ files: [String: String], _ message: String = "change", environment: [String: String] = [:]) throws
        -> String
    {
        for (path, text) in files { try write(path, text) }
        try git("add", "-A")
        try git("commit", "-q", "--allow-empty", "-m", message, environment: environment)
        return try git("rev-parse", "HEAD")
    }

    func push(_ branch: String = "main") throws { try git("push", "-q", "-f", "origin", "HEAD:refs/heads/\(branch)") }
}

/// A transport for tests that never touch the network: every call fails.
struct NoTransport: HTTPTransport {
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse { throw refused }
    func stream(_ request: HTTPRequest) async throws(HTTPError) -> HTTPStream { throw refused }
    func open(_ request: HTTPRequest, upload: HTTPUpload) throws(HTTPError) -> any HTTPBlockingExchange {
        throw refused
    }
    private var refused: HTTPError { HTTPError(.connectFailed, "this test has no network") }
}

/// A clock that stands still.
struct FixedClock: WallClock {
    var time = Timestamp(seconds: 1_700_000_000)
    func now() -> Timestamp { time }
}

extension GitFixture {
    /// A mirror of this fixture's server, by path.
    func mirror(_ name: String = "mirror.git") throws -> GitRepository {
        var limits = GitLimits()
        limits.allowFile = true
        return GitRepository(
            url: try GitURL("file://" + server, limits: limits), credentials: .anonymous, directory: folder / name,
            transport: NoTransport(), limits: limits, clock: FixedClock())
    }

    /// The head of a branch on the server.
    func head(_ branch: String = "main") throws -> CommitID {
        try #require(CommitID(hex: try run(["git", "rev-parse", "refs/heads/" + branch], in: server)))
    }
}

let author = CommitAuthor(name: "Sluice", email: "sluice@example.com")
