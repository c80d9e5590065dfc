import FoundationEssentials

/// A forge for the repository of a stage, in a process of its own; what a person does there is done below `control`.
final class Forge {
    private let server: LoopbackServer
    let kind: String

    var url: String { server.url }

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
        var arguments = [
            "--kind", kind, "--bare", stage.bare, "--path", String(stage.repository.dropLast(".git".count)), "--token",
            World.gitPassword,
        ]
        if let hook { arguments += ["--hook-url", hook, "--hook-secret", Stage.webhookSecret] }
        server = try await LoopbackServer("forge", arguments, stage)
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
