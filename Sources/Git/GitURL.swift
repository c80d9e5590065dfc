internal import Core

/// A repository's address, checked and taken apart.
///
/// Allowed are `https:`, `http:` (to this machine, or with ``GitLimits/allowInsecureHTTP``), `ssh:` and its short form
/// `user@host:path`, and with ``GitLimits/allowFile`` `file:` and absolute paths. Everything else (`ext::`, `git:`,
/// hosts and users that begin with `-`) is refused.
package struct GitURL: Sendable, Hashable {
    package enum Scheme: String, Sendable, Hashable {
        case https, http, ssh, file
    }

    package let scheme: Scheme
    /// Lower case; empty for files. An IPv6 address stands in brackets.
    package let host: String
    /// Nil for the scheme's own.
    package let port: UInt16?
    /// For ssh, the user; nil otherwise.
    package let user: String?
    /// As the server gets it: beginning with `/` but in the short form, where it is relative to the user's home.
    package let path: String

    /// Throws ``GitError`` for an address that is malformed or refused.
    ///
    /// A user and password within an http(s) URL are an error: credentials belong into a Secret.
    package init(_ text: String, limits: GitLimits = GitLimits()) throws(GitError) {
        guard text.utf8.count <= limits.urlBytes else {
            throw Self.refused("the URL is longer than \(limits.urlBytes) bytes", text)
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), !text.contains("\\") else {
            throw Self.refused("the URL is empty or holds characters that a URL cannot hold", text)
        }
        if text.hasPrefix("/") {
            try self.init(file: text, limits: limits, shown: text)
            return
        }
        guard let separator = text.firstRange(of: "://") else {
            try self.init(short: text)
            return
        }
        guard let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased()) else {
            throw Self.refused("only https, http, ssh and file URLs are supported", text)
        }
        let rest = text[separator.upperBound...]
        if scheme == .file {
            try self.init(file: String(rest), limits: limits, shown: text)
            return
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = String(rest[slash...])
        var authority = rest[..<slash]
        var user: String?
        if let at = authority.lastIndex(of: "@") {
            let info = authority[..<at]
            guard scheme == .ssh, !info.contains(":") else {
                throw Self.refused("credentials in a URL are refused, put them into the credentials Secret", text)
            }
            user = String(info)
            authority = authority[authority.index(after: at)...]
        }
        var port: UInt16?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else {
                throw Self.refused("the port is no number from 1 to 65535", text)
            }
            port = number
            authority = authority[..<colon]
        }
        try self.init(scheme: scheme, host: authority, port: port, user: user, path: path, shown: text)
        if scheme == .http, !limits.allowInsecureHTTP, !isLoopback {
            throw Self.refused("plain http is refused for other machines, use https", text)
        }
    }

    /// `user@host:path`
    private init(short text: String) throws(GitError) {
        guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else {
            throw Self.refused("the URL has no scheme", text)
        }
        let rest = text[text.index(after: colon)...]
        guard !rest.hasPrefix(":") else { throw Self.refused("remote helpers are refused", text) }
        let before = text[..<colon]
        guard let at = before.lastIndex(of: "@") else { throw Self.refused("the URL has no scheme", text) }
        try self.init(
            scheme: .ssh, host: before[before.index(after: at)...], port: nil, user: String(before[..<at]),
            path: String(rest), shown: text)
    }

    private init(file path: String, limits: GitLimits, shown text: String) throws(GitError) {
        guard limits.allowFile else {
            throw Self.refused("file URLs are refused; the operator's --allow-file-repositories allows them", text)
        }
        try self.init(scheme: .file, host: "", port: nil, user: nil, path: path, shown: text)
    }

    private init(
        scheme: Scheme, host: Substring, port: UInt16?, user: String?, path: String, shown text: String
    ) throws(GitError) {
        func isHostByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
            default: false
            }
        }
        if scheme != .file {
            let inner = host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : nil
            let valid =
                inner.map { $0.utf8.allSatisfy { isHostByte($0) || $0 == UInt8(ascii: ":") } }
                ?? host.utf8.allSatisfy(isHostByte)
            guard !host.isEmpty, valid, !host.hasPrefix("-"), host.utf8.count <= 255 else {
                throw Self.refused("the host name is malformed", text)
            }
        }
        if let user {
            let valid = user.utf8.allSatisfy { isHostByte($0) || $0 == UInt8(ascii: "+") }
            guard !user.isEmpty, !user.hasPrefix("-"), valid else {
                throw Self.refused("the user name is malformed", text)
            }
        }
        let pathIsPlain = !path.contains("?") && !path.contains("#")
        let isShort = scheme == .ssh && !text.contains("://")
        guard path.utf8.count > 1, path.hasPrefix("/") || isShort, !path.hasPrefix("-"), pathIsPlain,
            !path.contains("'"), !path.split(separator: "/").contains("..")
        else {
            throw Self.refused("the path is missing or malformed", text)
        }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        self.user = user
        self.path = path
    }

    /// Whether the host is this machine by name or address.
    package var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether scheme, host and port are the same, so that credentials for one may be sent to the other.
    package func isOnSameServer(as other: GitURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port && scheme != .file
    }

    /// The address in full; it holds no secret and may be shown.
    package var text: String {
        if scheme == .file { return "file://" + path }
        if !path.hasPrefix("/") { return "\(user.map { $0 + "@" } ?? "")\(host):\(path)" }
        return "\(scheme.rawValue)://\(user.map { $0 + "@" } ?? "")\(host)\(port.map { ":\($0)" } ?? "")\(path)"
    }

    private static func refused(_ why: String, _ text: String) -> GitError {
        GitError(.invalidURL, "repository \(redacted(text)): \(why)")
    }

    /// A text that may hold a URL with credentials, without what stands between `://` and `@`, and without a query.
    package static func redacted(_ text: String) -> String {
        var printable = ""
        for scalar in text.unicodeScalars {
            printable.unicodeScalars.append(scalar.properties.generalCategory == .control ? "?" : scalar)
        }
        let start = printable.firstRange(of: "://")?.upperBound ?? printable.startIndex
        var tail = printable[start...]
        if let query = tail.firstIndex(where: { $0 == "?" || $0 == "#" }) { tail = tail[..<query] }
        guard let at = tail.lastIndex(of: "@") else { return String(printable[..<start] + tail).bounded(to: 256) }
        return (printable[..<start] + "***@" + tail[tail.index(after: at)...]).bounded(to: 256)
    }
}

extension GitURL: CustomStringConvertible {
    package var description: String { text }
}
