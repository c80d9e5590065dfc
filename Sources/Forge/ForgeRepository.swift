/// Whose API a forge speaks.
package enum ForgeKind: String, Sendable, Hashable, CaseIterable {
    case gitHub = "GitHub"
    case gitLab = "GitLab"
    /// Forgejo too.
    case gitea = "Gitea"

    /// The kind that a host's name tells: the public servers, and those whose first label says it.
    init?(host: String) {
        switch host {
        case "github.com": self = .gitHub
        case "gitlab.com": self = .gitLab
        case "codeberg.org", "gitea.com": self = .gitea
        default:
            switch host.split(separator: ".").first {
            case "github": self = .gitHub
            case "gitlab": self = .gitLab
            case "gitea", "forgejo": self = .gitea
            default: return nil
            }
        }
    }
}

/// A repository as its forge's API knows it.
///
/// | kind   | repository                                | API                          | path             |
/// |--------|-------------------------------------------|------------------------------|------------------|
/// | GitHub | `git@github.com:company/gitops.git`       | `https://api.github.com`     | `company/gitops` |
/// | GitHub | `https://github.company.example/a/b.git`  | `https://HOST/api/v3`        | `a/b`            |
/// | GitLab | `https://gitlab.com/group/sub/gitops.git` | `https://HOST/api/v4`        | the whole path   |
/// | Gitea  | `https://git.example.com:3000/a/b.git`    | `https://HOST:3000/api/v1`   | `a/b`            |
package struct ForgeRepository: Sendable, Hashable {
    package let kind: ForgeKind
    /// Without a slash at the end.
    package let apiURL: String
    /// `company/gitops`: without `.git`.
    package let path: String

    /// - Parameters:
    ///   - kind: nil to go by the host.
    ///   - apiURL: empty for the kind's own at that host.
    ///   - authority: the host, with the port where the repository's URL is http(s) and has one.
    ///   - isSecure: false for a repository at an `http` URL.
    package init(
        kind: ForgeKind?, apiURL: String, host: String, authority: String, isSecure: Bool, path: String
    ) throws(ForgeError) {
        guard let kind = kind ?? ForgeKind(host: host) else {
            throw ForgeError(
                .unknown,
                "\(host) does not tell which forge it is: set spec.source.push.pullRequest.provider to one of "
                    + ForgeKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        var components = path.split(separator: "/").map(String.init)
        if let last = components.last, last.hasSuffix(".git") {
            components[components.count - 1] = String(last.dropLast(4))
        }
        // A server below a path of its host has that in front.
        if kind != .gitLab { components = components.suffix(2) }
        guard components.count >= 2, components.allSatisfy({ !$0.isEmpty }) else {
            throw ForgeError(.unknown, "\(host)/\(path) names no repository of an owner or group")
        }
        self.kind = kind
        self.path = components.joined(separator: "/")
        guard apiURL.isEmpty else {
            var text = apiURL[...]
            while text.hasSuffix("/") { text.removeLast() }
            self.apiURL = String(text)
            return
        }
        let server = "\(isSecure ? "https" : "http")://\(authority)"
        self.apiURL =
            switch kind {
            case .gitHub: host == "github.com" ? "https://api.github.com" : server + "/api/v3"
            case .gitLab: server + "/api/v4"
            case .gitea: server + "/api/v1"
            }
    }
}
