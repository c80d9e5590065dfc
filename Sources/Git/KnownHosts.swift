internal import COpenSSL
internal import Core

/// The keys of ssh servers, as OpenSSH's known_hosts says them (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
///
/// Patterns, `[host]:port`, hashed names and `@revoked` are read; `@cert-authority` lines are passed over, as host
/// certificates are not supported.
struct KnownHosts {
    private struct Line {
        let revoked: Bool
        let hosts: [String]
        let kind: String
        let key: [UInt8]
    }

    private let lines: [Line]

    /// Lines that cannot be read are errors that name them.
    init(_ text: String) throws(GitError) {
        guard text.utf8.count <= 1 << 20 else { throw GitError(.tooLarge, "known_hosts: larger than 1 MiB") }
        var lines: [Line] = []
        var number = 0
        for bytes in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\t" || $0 == "\r" }
                .map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            var revoked = false
            if first.hasPrefix("@") {
                words.removeFirst()
                if first == "@cert-authority" { continue }
                guard first == "@revoked" else {
                    throw GitError(.invalidInput, "known_hosts, line \(number): unknown marker")
                }
                revoked = true
            }
            guard words.count >= 3, let key = Base64.decode(words[2]), !key.isEmpty else {
                throw GitError(.invalidInput, "known_hosts, line \(number): host, key type and key are expected")
            }
            lines.append(
                Line(revoked: revoked, hosts: words[0].split(separator: ",").map(String.init), kind: words[1], key: key)
            )
        }
        self.lines = lines
    }

    /// The key types listed for a host, in the order of the file.
    func kinds(host: String, port: UInt16) -> [String] {
        var seen: Set<String> = []
        return lines.filter { !$0.revoked && Self.covers($0, host, port) }.map(\.kind)
            .filter { seen.insert($0).inserted }
    }

    /// Whether a server may show this key.
    func trusts(host: String, port: UInt16, key: [UInt8]) -> Bool {
        let matching = lines.filter { $0.key == key && Self.covers($0, host, port) }
        return !matching.isEmpty && matching.allSatisfy { !$0.revoked }
    }

    private static func covers(_ line: Line, _ host: String, _ port: UInt16) -> Bool {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let name = (port == 22 ? bare : "[\(bare)]:\(port)").lowercased()
        var found = false
        for pattern in line.hosts {
            if pattern.hasPrefix("|1|") {
                if isHash(pattern, of: name) { found = true }
            } else if pattern.hasPrefix("!") {
                if Glob(pattern.dropFirst().lowercased()).matches(name) { return false }
            } else if Glob(pattern.lowercased()).matches(name) {
                found = true
            }
        }
        return found
    }

    /// `|1|base64 salt|base64 HMAC-SHA1(salt, name)`
    private static func isHash(_ pattern: String, of name: String) -> Bool {
        let parts = pattern.split(separator: "|").map(String.init)
        guard parts.count == 3, let salt = Base64.decode(parts[1]), let expected = Base64.decode(parts[2]),
            expected.count == 20
        else { return false }
        let text = Array(name.utf8)
        var out = [UInt8](repeating: 0, count: 64)
        var count = 0
        let made = EVP_Q_mac(
            nil, "HMAC", nil, "SHA1", nil, salt, salt.count, text, text.count, &out, out.count, &count)
        guard made != nil else { return false }
        return Array(out.prefix(count)) == expected
    }
}
