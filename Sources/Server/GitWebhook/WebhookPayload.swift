internal import KubernetesModel

/// What is read of a webhook's payload: URLs of the repository that it is about, and nothing else.
///
/// The URLs decide only which repositories are looked at; what is in them is learnt from their Git server.
package enum WebhookPayload {
    /// How many URLs of one payload count.
    private static let limit = 16
    /// How deep a payload may nest; those of forges stay below 10.
    private static let depth = 64

    private static let members = [
        // GitHub, Gitea, Forgejo; GitLab; a plain sender.
        "clone_url", "ssh_url", "html_url", "git_url", "git_http_url", "git_ssh_url", "web_url", "homepage", "url",
    ]

    /// The repository's URLs in a payload, JSON or a form whose field `payload` is JSON; nil where it is neither.
    package static func repositories(in body: [UInt8], contentType: String) -> [String]? {
        let isForm = contentType.lowercased().hasPrefix("application/x-www-form-urlencoded")
        guard let text = isForm ? formField("payload", of: body) : body,
            let json = try? JSONValue(parsing: text, depthLimit: depth), json.objectValue != nil
        else { return nil }
        var found: [String] = []
        for key in ["repository", "project"] {
            guard let repository = json[key] else { continue }
            if let url = repository.stringValue { found.append(url) }
            found += members.compactMap { repository[$0]?.stringValue }
            // Bitbucket.
            if let url = repository["links"]?["html"]?["href"]?.stringValue { found.append(url) }
            for link in repository["links"]?["clone"]?.arrayValue ?? [] {
                if let url = link["href"]?.stringValue { found.append(url) }
            }
        }
        return Array(found.prefix(limit))
    }

    private static func formField(_ name: String, of body: [UInt8]) -> [UInt8]? {
        for pair in body.split(separator: UInt8(ascii: "&")) {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")),
                pair[..<equals].elementsEqual(name.utf8)
            else { continue }
            return percentDecoded(pair[pair.index(after: equals)...])
        }
        return nil
    }

    /// Nil for a `%` that no two hexadecimal digits follow.
    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let digits = String(bytes: rest.prefix(2)), let value = UInt8(digits, radix: 16),
                    digits.utf8.count == 2, !digits.hasPrefix("+")
                else { return nil }
                out.append(value)
                rest = rest.dropFirst(2)
            default: out.append(byte)
            }
        }
        return out
    }
}

extension String {
    /// A text from bytes that are ASCII.
    fileprivate init?(bytes: ArraySlice<UInt8>) {
        guard bytes.allSatisfy({ $0 < 128 }) else { return nil }
        self.init(decoding: bytes, as: UTF8.self)
    }
}
