internal import Core

/// A directory of another Git repository, as kustomizations name it.
///
/// | written                                    | repository                     | directory |
/// |--------------------------------------------|--------------------------------|-----------|
/// | `https://git.example.com/a/b//c?ref=v1`    | `https://git.example.com/a/b`  | `c`       |
/// | `https://git.example.com/a/b.git/c?ref=v1` | `https://git.example.com/a/b.git` | `c`    |
/// | `https://dev.example.com/a/_git/b/c`       | `https://dev.example.com/a/_git/b` | `c`   |
/// | `https://git.example.com/a/b/c?ref=v1`     | `https://git.example.com/a/b`  | `c`       |
/// | `github.com/a/b/c?version=v1`              | `https://github.com/a/b`       | `c`       |
/// | `git@git.example.com:a/b//c?ref=v1`        | `git@git.example.com:a/b`      | `c`       |
///
/// What it is taken apart into is what is compared with the operator's list *and* what is connected to: the text is not
/// read a second time. So everything is refused that two readers might understand differently.
package struct RemoteReference: Sendable, Hashable {
    package enum Scheme: String, Sendable, Hashable {
        case https, http, ssh

        fileprivate var port: UInt16 {
            switch self {
            case .https: 443
            case .http: 80
            case .ssh: 22
            }
        }
    }

    package let scheme: Scheme
    /// Before the host's `@`; empty for none. Only ssh has one.
    package let user: String
    /// Lower case.
    package let host: String
    /// Nil for the scheme's own.
    package let port: UInt16?
    /// The repository's path on its server, by segments; the last one may end in `.git`.
    package let path: [String]
    /// Whether an ssh path is relative to the user's home: `git@host:a/b`.
    private let isShort: Bool
    /// The directory within the repository, normalised; empty for its root.
    package let directory: String
    /// A commit, tag or branch; empty for the branch that the server has as its default.
    package let ref: String

    /// Why a text that names something remote is refused, for people.
    package struct Refusal: Error, Hashable {
        package let problem: String

        static let webFile = Refusal(
            problem: "it is a file of a web server, and no commit fixes what that says: name its directory in its Git"
                + " repository with ?ref=commit, or copy the file into this one")
    }

    /// What to clone.
    package var repository: String {
        let user = user.isEmpty ? "" : user + "@"
        let path = path.joined(separator: "/")
        if isShort { return "\(user)\(host):\(path)" }
        return "\(scheme.rawValue)://\(user)\(host)\(port.map { ":\($0)" } ?? "")/\(path)"
    }

    /// `host/path`, as the operator's list has it.
    package var address: String {
        ([host + (port.map { ":\($0)" } ?? "")] + plainPath).joined(separator: "/")
    }

    /// The commit that ``ref`` fixes, in lower case; nil where it names something that can be moved.
    package var commit: String? {
        guard ref.utf8.count == 40, ref.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            return nil
        }
        return ref.lowercased()
    }

    /// The path without the suffix that a repository may be called with and without.
    var plainPath: [String] {
        guard let last = path.last, last.hasSuffix(".git"), last != ".git" else { return path }
        return path.dropLast() + [String(last.dropLast(".git".count))]
    }

    /// The port that is connected to.
    var effectivePort: UInt16 { port ?? scheme.port }
}

extension RemoteReference {
    /// Reads what a kustomization lists, as kustomize 5.8.1 does.
    ///
    /// - Returns: nil for a path of the tree itself.
    /// - Throws: ``Refusal`` for an address that is malformed, ambiguous, or of a kind that is not fetched.
    package static func parse(_ text: String) throws(Refusal) -> RemoteReference? {
        var rest = text[...]
        let isForced = rest.dropPrefix("git::")
        let isURL = rest.contains("://") && !rest.hasPrefix("/") && !rest.hasPrefix(".")
        if isURL || isForced || isShortForm(rest) {
            guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") })
            else { throw Refusal(problem: "the address is too long, or holds characters that a URL cannot hold") }
        }
        if isURL, [".yaml", ".yml", ".json"].contains(where: rest.hasSuffix) { throw .webFile }
        var ref = ""
        if let query = rest.firstIndex(of: "?") {
            ref = Self.ref(in: rest[rest.index(after: query)...])
            rest = rest[..<query]
        }
        var scheme: Scheme?
        for candidate in [Scheme.https, .http, .ssh] where rest.dropPrefix(candidate.rawValue + "://") {
            scheme = candidate
            break
        }
        guard scheme != nil || !isURL else {
            throw Refusal(problem: "only https, http and ssh addresses are fetched, and no files of a machine")
        }
        var user = ""
        if let at = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") {
            user = String(rest[..<at])
            // Without a scheme, other texts before an @ are the beginning of a path.
            if scheme == nil, !isUser(user[...]) { return nil }
            guard scheme == nil || scheme == .ssh, isUser(user[...]) else {
                throw Refusal(problem: "an address may hold no user and password")
            }
            rest = rest[rest.index(after: at)...]
        }
        if scheme == nil, user.isEmpty {
            guard rest.lowercased().hasPrefix("github.com/") || rest.lowercased().hasPrefix("github.com:") else {
                guard !isForced else { throw Refusal(problem: "a scheme is missing: write https:// before the host") }
                return nil
            }
        }
        return try located(rest, scheme, user, ref)
    }

    /// - Parameter rest: host and path.
    private static func located(
        _ rest: Substring, _ given: Scheme?, _ user: String, _ ref: String
    ) throws(Refusal) -> RemoteReference? {
        let end = rest.firstIndex { $0 == "/" || $0 == ":" } ?? rest.endIndex
        let host = rest[..<end].lowercased()
        guard !host.isEmpty, !host.hasPrefix("-"), host.utf8.allSatisfy(isHostByte) else {
            throw Refusal(problem: "the name of the host is missing or malformed")
        }
        let isHub = host == "github.com"
        var path = rest[end...]
        var port: UInt16?
        var isShort = given == nil && !user.isEmpty
        if given != nil, path.hasPrefix(":") {
            let digits = path.dropFirst().prefix { $0 != "/" }
            guard let number = UInt16(digits), number > 0, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
                throw Refusal(problem: "the port is no number from 1 to 65535")
            }
            port = number
            path = path.dropFirst(digits.utf8.count + 1)
        } else if isShort, !path.hasPrefix(":"), !isHub {
            // A file or folder with an @ in its name.
            return nil
        }
        path = path.dropFirst()
        // git@host:/a/b is a path from the root, and so no different from ssh://git@host/a/b.
        if isShort, path.hasPrefix("/") {
            isShort = false
            path = path.dropFirst()
        }
        // What kustomize makes of GitHub's addresses: the scheme in the clear and ports are not taken up.
        let scheme = isHub && given == .http ? .https : given ?? (user.isEmpty ? .https : .ssh)
        if port == scheme.port { port = nil }
        guard !isHub || port == nil else { throw Refusal(problem: "GitHub has no repositories at this port") }
        guard let (repository, directory) = try split(path) else {
            guard given != nil || isShort && path.contains("/") else { return nil }
            throw Refusal(problem: "no repository is named: write host/owner/repository//directory?ref=commit")
        }
        return RemoteReference(
            scheme: scheme, user: user, host: host, port: port, path: repository, isShort: isShort,
            directory: directory, ref: ref)
    }

    /// Where the repository ends and the directory begins: after the name behind `_git/`, else at `//`, else after
    /// `.git`, else after two segments.
    private static func split(_ path: Substring) throws(Refusal) -> (repository: [String], directory: String)? {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let end: Int
        if let mark = segments.firstIndex(where: { $0.hasSuffix("_git") }), mark + 1 < segments.count {
            end = mark + 2
        } else if let gap = segments.firstIndex(where: \.isEmpty), gap > 0, gap < segments.count - 1 {
            end = gap
        } else if let suffixed = segments.firstIndex(where: { $0.hasSuffix(".git") }) {
            end = suffixed + 1
        } else {
            guard segments.prefix(2).count(where: { !$0.isEmpty }) == 2 else { return nil }
            end = 2
        }
        let repository = segments[..<end].map(String.init)
        guard !repository.isEmpty else { return nil }
        for segment in repository {
            guard isPathSegment(segment) else {
                throw Refusal(
                    problem: "the repository's path holds a segment that is empty, . or .., or characters other than"
                        + " letters, digits and - . _ ~ +")
            }
        }
        var directory: [Substring] = []
        for segment in segments[end...] where !segment.isEmpty && segment != "." {
            if segment != ".." {
                directory.append(segment)
            } else if directory.popLast() == nil {
                throw Refusal(problem: "the directory leads out of its repository")
            }
        }
        return (repository, directory.joined(separator: "/"))
    }

    /// The first `ref`, or else the first `version`, of a query. Other parameters say how to fetch, which is not theirs
    /// to say here.
    private static func ref(in query: Substring) -> String {
        let pairs = query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        func first(_ name: String) -> String {
            String(pairs.first { $0[0] == name }.map { $0.count > 1 ? $0[1] : "" } ?? "")
        }
        let ref = first("ref")
        return ref.isEmpty ? first("version") : ref
    }

    /// `user@host:path`
    private static func isShortForm(_ text: Substring) -> Bool {
        guard let at = text.firstIndex(of: "@") else { return false }
        return isUser(text[..<at])
    }

    /// What kustomize takes for a user before an `@`.
    private static func isUser(_ text: Substring) -> Bool {
        !text.isEmpty && !text.hasPrefix("-")
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    static func isHostByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// Whether a segment means the same to every server. Of what can be encoded, only a space is let through.
    static func isPathSegment(_ text: String) -> Bool {
        guard !text.isEmpty, text != ".", text != "..", !text.hasPrefix("-") else { return false }
        return text.replacing("%20", with: "").utf8.allSatisfy { isAlphanumeric($0) || "-._~+".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: false
        }
    }
}

extension Substring {
    /// Takes a prefix off, in whatever case; says whether it was there.
    fileprivate mutating func dropPrefix(_ prefix: String) -> Bool {
        guard self.prefix(prefix.count).lowercased() == prefix else { return false }
        self = dropFirst(prefix.count)
        return true
    }
}
