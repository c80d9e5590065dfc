internal import Core
package import KubernetesModel

/// A message for incoming webhooks as Slack has them (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>),
/// in the form that Mattermost, Rocket.Chat and others read too: a text with one attachment.
extension Notice {
    package var slack: JSONValue {
        let lines = [Self.plain(message)] + apps.prefix(10).filter { !$0.message.isEmpty }.map { line($0) }
        var attachment: JSONObject = [
            "color": .string(colour), "fallback": .string(Self.plain(title)),
            "text": .string(lines.filter { !$0.isEmpty }.joined(separator: "\n").bounded(to: 2900)),
            "footer": .string(Self.plain("Sluice \(namespace)/\(environment)")),
            "ts": .int(at.seconds),
        ]
        let fields = fields
        if !fields.isEmpty {
            attachment["fields"] = .array(
                fields.map {
                    ["title": .string($0.0), "value": .string(Self.plain($0.1).bounded(to: 500)), "short": true]
                })
        }
        return ["text": .string(Self.plain(title)), "attachments": .array([.object(attachment)])]
    }

    private func line(_ app: App) -> String { Self.plain("\(app.name): \(app.message)") }

    private var colour: String {
        switch severity {
        case .info: "#2eb67d"
        case .warning: "#ecb22e"
        case .error: "#e01e5a"
        }
    }

    private var fields: [(String, String)] {
        var fields: [(String, String)] = []
        let shown = changes.prefix(10).map { "\($0.app): \($0.from.isEmpty ? "none" : $0.from) -> \($0.to)" }
        let more = changes.count > 10 ? ["and \(changes.count - 10) more"] : []
        fields.append(("Changes", (shown + more).joined(separator: "\n")))
        fields.append(("Reason", reason))
        fields.append(("Commit", String(commit.prefix(12))))
        fields.append(("Requested by", requester))
        return fields.filter { !$0.1.isEmpty }
    }

    /// Text that is nothing but text there: no markup of Slack's, and no word that calls a whole channel.
    static func plain(_ text: String) -> String {
        var out = ""
        var rest = text[...]
        while let character = rest.first {
            rest = rest.dropFirst()
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "@":
                // A zero-width space: what calls everybody is read by people and by nobody else.
                let calls = callers.contains { rest.prefix($0.count).lowercased() == $0 }
                out += calls ? "@\u{200B}" : "@"
            default: out.append(character)
            }
        }
        return out
    }

    private static let callers = ["all", "channel", "everyone", "here"]
}
