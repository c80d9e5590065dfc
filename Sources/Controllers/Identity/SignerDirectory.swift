package import Git

/// Who may sign, and which groups they are in: the content of the ConfigMap or Secret that a `signersRef` names.
///
/// Keys: `allowed_signers` in OpenSSH's format, and optionally `groups` with one line a group: `sre: alice, bob`.
package struct SignerDirectory: Sendable {
    package let allowed: AllowedSigners
    /// Group names to the principals in them.
    package let groups: [String: Set<String>]

    package init(allowed: AllowedSigners, groups: [String: Set<String>]) {
        self.allowed = allowed
        self.groups = groups
    }

    /// Reads the data of a ConfigMap or Secret. Errors name the key and the line.
    package init(data: [String: [UInt8]]) throws(GitError) {
        guard let signers = data["allowed_signers"] else {
            throw GitError(
                .invalidInput, "the key allowed_signers is missing; it holds lines of OpenSSH's allowed_signers")
        }
        allowed = try AllowedSigners(String(decoding: signers, as: UTF8.self))
        groups = try SignerDirectory.groups(parsing: data["groups"] ?? [])
    }

    /// The groups that a principal is in, sorted.
    package func groups(of principal: String) -> [String] {
        groups.filter { $0.value.contains(principal) }.map(\.key).sorted()
    }

    private static func groups(parsing bytes: [UInt8]) throws(GitError) -> [String: Set<String>] {
        var groups: [String: Set<String>] = [:]
        let lines = String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let content = line.prefix { $0 != "#" }
            guard content.contains(where: { !$0.isWhitespace }) else { continue }
            guard let colon = content.firstIndex(of: ":") else {
                throw GitError(.invalidInput, "groups line \(index + 1): write `group: principal, principal`")
            }
            let name = trimmed(content[..<colon])
            let members = content[content.index(after: colon)...].split { $0 == "," || $0.isWhitespace }
            guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
                throw GitError(.invalidInput, "groups line \(index + 1): a group has one word for its name")
            }
            groups[name, default: []].formUnion(members.map(String.init))
        }
        return groups
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
