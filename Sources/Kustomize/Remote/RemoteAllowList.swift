internal import Core

/// The repositories that remote bases may come from: `host`, `host/path` or `host:port/path`, each of which stands for
/// everything below it. Nothing is allowed unless it is named.
///
/// | entry              | allows                                            | and not                          |
/// |--------------------|---------------------------------------------------|----------------------------------|
/// | `github.com/acme`  | `https://github.com/acme/bases`, `git@github.com:acme/x.git` | `https://github.com/acme-evil/x` |
/// | `git.example.com`  | every repository of that host at its usual ports  | `https://git.example.com:8443/x` |
/// | `127.0.0.1:3000/a` | `http://127.0.0.1:3000/a/b`                       | `http://127.0.0.1/a/b`           |
package struct RemoteAllowList: Sendable, Hashable {
    fileprivate struct Entry: Hashable {
        let host: String
        /// Nil for the usual port of whatever scheme.
        let port: UInt16?
        let path: [String]
    }

    private let entries: [Entry]

    package static let nothing = RemoteAllowList()

    private init() { entries = [] }

    /// - Throws: ``KustomizeError`` for an entry that could not mean what somebody wrote it for.
    package init(_ texts: [String]) throws(KustomizeError) {
        entries = try texts.map { (text) throws(KustomizeError) in
            guard let entry = Entry(text) else {
                throw KustomizeError(
                    .refused,
                    "\(text.bounded(to: 200)): write host/path without a scheme, a user or patterns, for"
                        + " example github.com/acme")
            }
            return entry
        }
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Whether a repository is one of those, or below one: names are compared as a whole, and in their own case.
    package func allows(_ reference: RemoteReference) -> Bool {
        entries.contains { entry in
            entry.host == reference.host
                && (entry.port.map { $0 == reference.effectivePort } ?? (reference.port == nil))
                && reference.plainPath.starts(with: entry.path)
        }
    }
}

extension RemoteAllowList.Entry {
    fileprivate init?(_ text: String) {
        var segments = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if segments.count > 1, segments.last == "" { segments.removeLast() }
        let place = segments.removeFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard let name = place.first, place.count <= 2, !name.isEmpty, !name.hasPrefix("-"),
            name.utf8.allSatisfy(RemoteReference.isHostByte), segments.allSatisfy(RemoteReference.isPathSegment)
        else { return nil }
        if place.count == 2 {
            guard let number = UInt16(place[1]), number > 0, !place[1].hasPrefix("+") else { return nil }
            port = number
        } else {
            port = nil
        }
        if let last = segments.last, last.hasSuffix(".git"), last != ".git" {
            segments[segments.count - 1] = String(last.dropLast(".git".count))
        }
        host = name.lowercased()
        path = segments
    }
}
