import FoundationEssentials

/// Receivers of notifications, good and bad, in a process of its own.
final class Receiver {
    private let server: LoopbackServer
    private let out: String

    var url: String { server.url }

    /// What requests are signed with.
    static let key = "s3cr3t signing key of the tests"

    struct Request: Decodable {
        struct Body: Decodable {
            struct App: Decodable { let name: String }
            struct Attachment: Decodable { let text: String }

            let event: String?
            let title: String?
            let apps: [App]?
            let commit: String?
            /// A chat's.
            let text: String?
            let attachments: [Attachment]?
        }

        let path: String
        let signature: String
        let id: String
        let traceparent: String
        let body: Body
    }

    init(_ stage: Stage) async throws {
        out = "\(stage.folder)/received"
        server = try await LoopbackServer("receiver", ["--out", out, "--key", Self.key], stage)
    }

    /// What one of them has got so far.
    func requests(to kind: String) throws -> [Request] {
        try Files.read(out).split(separator: "\n").map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
            .filter { $0.path.split(separator: "/").first.map(String.init) == kind }
    }

    /// The events that one of them has got so far, in order.
    func events(at kind: String) throws -> [String] { try requests(to: kind).compactMap(\.body.event) }

    /// Secrets with an address each that is a secret in itself, called like the receiver.
    func secrets(_ kinds: [String]) -> String {
        kinds.map {
            """
            apiVersion: v1
            kind: Secret
            metadata: {name: \($0)}
            stringData: {url: "\(url)/\($0)/s3cr3t-address", signing-key: "\(Self.key)"}
            """
        }.joined(separator: "\n---\n")
    }
}
