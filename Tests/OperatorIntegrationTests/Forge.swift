import FoundationEssentials
import Glibc

/// A forge for the repository of a stage, in a process of its own; what a person does there is done below `control`.
final class Forge {
    private let pid: pid_t
    let kind: String
    let url: String

    struct Pull: Decodable {
        let number: Int
        let branch: String
        let title: String
        let body: String
        let state: String
        let head: String
        let merge: String
        let comments: [String]
    }

    /// What was said of a commit.
    struct Status: Decodable {
        let commit: String
        let state: String
        let context: String
        let description: String
    }

    private struct State: Decodable {
        let statuses: [Status]
        let pulls: [Pull]
        let held: Bool
        let requests: [String]
    }

    /// - Parameter hook: where it tells of merges and closings, signed; nil for nowhere.
    init(_ kind: String, _ stage: Stage, hook: String? = nil) async throws {
        self.kind = kind
        let portFile = "\(stage.folder)/forge-port-\(UInt32.random(in: .min ... .max))"
        let script =
            "\(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))/forge.py"
        var arguments = [
            script, "--kind", kind, "--bare", stage.bare, "--path", String(stage.repository.dropLast(".git".count)),
            "--token", World.gitPassword, "--port-file", portFile,
        ]
        if let hook { arguments += ["--hook-url", hook, "--hook-secret", Stage.webhookSecret] }
        pid = try Command.start("python3", arguments, output: "\(stage.folder)/forge.log")
        var port = ""
        try await stage.eventually("the forge says its port", every: .milliseconds(20)) {
            port = Files.read(portFile)
            return !port.isEmpty
        }
        url = "http://127.0.0.1:\(port)"
    }

    deinit {
        Glibc.kill(pid, SIGKILL)
        Command.wait(for: pid)
    }

    /// The fields of an Environment's `spec.source.push`.
    var push: String { "{mode: PullRequest, pullRequest: {provider: \(kind), apiURL: \"\(url)\"}}" }

    @discardableResult
    private func control(_ verb: String, _ body: String = "{}") throws -> String {
        try Command.run(
            "curl", ["-fsS", "--noproxy", "*", "--max-time", "20", "-d", body, "\(url)/control/\(verb)"])
    }

    private var state: State {
        get throws { try JSONDecoder().decode(State.self, from: Data(try control("pulls").utf8)) }
    }

    var pulls: [Pull] { get throws { try state.pulls } }
    /// Whether a request is being kept waiting.
    var isHolding: Bool { get throws { try state.held } }
    var statuses: [Status] { get throws { try state.statuses } }
    var requests: [String] { get throws { try state.requests } }

    func merge(_ number: Int, _ style: String) throws {
        try control("merge", "{\"number\": \(number), \"style\": \"\(style)\"}")
    }

    func close(_ number: Int) throws { try control("close", "{\"number\": \(number)}") }

    /// Has the next requests answered with a status.
    func fail(_ status: Int, times: Int = 1, method: String = "", retryAfter: Int? = nil) throws {
        let headers = retryAfter.map { ", \"headers\": {\"Retry-After\": \"\($0)\"}" } ?? ""
        try control("fail", "{\"status\": \(status), \"times\": \(times), \"method\": \"\(method)\"\(headers)}")
    }

    /// Keeps the next request to open a pull request waiting: `before` it is opened, or `after`.
    func hold(_ when: String) throws { try control("hold", "{\"when\": \"\(when)\"}") }
}
