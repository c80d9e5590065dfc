package import Core

/// Who may sign, as OpenSSH's allowed_signers file says it (ssh-keygen(1), ALLOWED SIGNERS).
///
/// A line is `principals [options] keytype base64 [comment]`. Principals are patterns with `*` and `?`, separated by
/// commas, `!` negates. Options are `namespaces="git,file"`, `valid-after=` and `valid-before=` (`YYYYMMDD[HHMM[SS]]`,
/// read as UTC, with or without `Z`), and `cert-authority`: the key signs certificates, and whoever holds one of those
/// stands for the principals in it that the line's patterns cover.
package struct AllowedSigners: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        /// The patterns as written, in order.
        package let principals: [String]
        package let key: SSHPublicKey
        /// Patterns of namespaces; empty for any.
        package let namespaces: [String]
        package let validAfter: Timestamp?
        package let validBefore: Timestamp?
        /// Whether the key signs certificates, and not commits.
        package let isAuthority: Bool
        /// The line of the file, from 1.
        package let line: Int
    }

    package let entries: [Entry]

    /// Reads the file. Any line that cannot be read is an error that names it: a list of people is no place to guess.
    package init(_ text: String) throws(GitError) {
        guard text.utf8.count <= 1 << 20 else { throw GitError(.tooLarge, "allowed signers: larger than 1 MiB") }
        var entries: [Entry] = []
        var number = 0
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            var words = AllowedSignersLine(bytes: Array(line))
            do throws(GitError) {
                if let entry = try words.entry(line: number) { entries.append(entry) }
            } catch {
                throw GitError(error.code, "allowed signers, line \(number): \(error.message)")
            }
        }
        self.entries = entries
    }

    /// The entries that list this key itself.
    package func entries(for key: SSHPublicKey) -> [Entry] {
        entries.filter { $0.key == key && !$0.isAuthority }
    }

    /// The entries that list this key as one that signs certificates.
    func authorities(_ key: SSHPublicKey) -> [Entry] {
        entries.filter { $0.key == key && $0.isAuthority }
    }
}

extension AllowedSigners.Entry {
    /// The principals that are names, not patterns: the identities that this key can stand for.
    package var names: [String] {
        principals.filter { !$0.hasPrefix("!") && !$0.contains("*") && !$0.contains("?") }
    }

    /// Whether the entry covers this principal.
    package func covers(principal: String) -> Bool { Self.matches(principals, principal) }

    /// Why the entry is not good for a namespace at a time; nil if it is.
    func objection(namespace: String, at time: Timestamp) -> String? {
        if !namespaces.isEmpty, !Self.matches(namespaces, namespace) {
            return "the key is not allowed for namespace \(namespace)"
        }
        if let validAfter, time < validAfter { return "the key is valid only from \(validAfter)" }
        if let validBefore, time > validBefore { return "the key was valid only until \(validBefore)" }
        return nil
    }

    /// OpenSSH's pattern lists: something must match, and nothing that is negated may.
    private static func matches(_ patterns: [String], _ text: String) -> Bool {
        var found = false
        for pattern in patterns {
            if pattern.hasPrefix("!") {
                if Glob(String(pattern.dropFirst())).matches(text) { return false }
            } else if Glob(pattern).matches(text) {
                found = true
            }
        }
        return found
    }
}

/// One line of an allowed_signers file, taken apart.
private struct AllowedSignersLine {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }

    private mutating func skipSpace() {
        while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
    }

    /// The next word; double quotes keep spaces in it, and stay for the options to be split.
    private mutating func word() throws(GitError) -> String? {
        skipSpace()
        let start = index
        var quoted = false
        while index < bytes.count, quoted || !Self.isSpace(bytes[index]) {
            if bytes[index] == UInt8(ascii: "\"") { quoted.toggle() }
            index += 1
        }
        guard !quoted else { throw GitError(.invalidInput, "a quotation mark is not closed") }
        guard start < index else { return nil }
        guard let text = String(validating: bytes[start..<index], as: UTF8.self) else {
            throw GitError(.invalidInput, "the line is not UTF-8")
        }
        return text
    }

    mutating func entry(line: Int) throws(GitError) -> AllowedSigners.Entry? {
        guard let first = try word(), !first.hasPrefix("#") else { return nil }
        let principals = first.filter { $0 != "\"" }.split(separator: ",").map(String.init)
        guard !principals.isEmpty else { throw GitError(.invalidInput, "no principal is named") }
        guard var kind = try word() else { throw GitError(.invalidInput, "the key is missing") }
        var options = Options()
        if SSHPublicKey.Kind(rawValue: kind) == nil, kind.contains("=") || Options.flags.contains(kind.lowercased()) {
            options = try Options(kind)
            guard let next = try word() else { throw GitError(.invalidInput, "the key is missing") }
            kind = next
        }
        guard let encoded = try word(), let blob = Base64.decode(encoded) else {
            throw GitError(.invalidInput, "the key is missing or not base64")
        }
        let key = try SSHPublicKey(blob: blob)
        guard key.kind.rawValue == kind else {
            throw GitError(.invalidInput, "the key is of type \(key.kind.rawValue), not \(kind.bounded(to: 64))")
        }
        return AllowedSigners.Entry(
            principals: principals, key: key, namespaces: options.namespaces, validAfter: options.validAfter,
            validBefore: options.validBefore, isAuthority: options.isAuthority, line: line)
    }

    struct Options {
        static let flags: Set<String> = ["cert-authority"]

        var namespaces: [String] = []
        var validAfter: Timestamp?
        var validBefore: Timestamp?
        var isAuthority = false

        init() {}

        init(_ text: String) throws(GitError) {
            for option in Self.split(text) {
                let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = parts[0].lowercased()
                let value = parts.count > 1 ? parts[1].filter { $0 != "\"" } : ""
                switch name {
                case "namespaces":
                    namespaces = value.split(separator: ",").map(String.init)
                    guard !namespaces.isEmpty else { throw GitError(.invalidInput, "option namespaces is empty") }
                case "valid-after": validAfter = try Self.time(value, name)
                case "valid-before": validBefore = try Self.time(value, name)
                case "cert-authority" where parts.count == 1: isAuthority = true
                default:
                    throw GitError(.invalidInput, "unknown option \(name.bounded(to: 64))")
                }
            }
        }

        /// At commas outside quotation marks.
        private static func split(_ text: String) -> [String] {
            var parts: [String] = [""]
            var quoted = false
            for character in text {
                if character == "\"" { quoted.toggle() }
                if character == ",", !quoted {
                    parts.append("")
                } else {
                    parts[parts.count - 1].append(character)
                }
            }
            return parts.filter { !$0.isEmpty }
        }

        /// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with or without `Z`.
        private static func time(_ text: String, _ option: String) throws(GitError) -> Timestamp {
            let digits = (text.hasSuffix("Z") ? text.dropLast() : text[...]).utf8.map { Int($0) - 48 }
            let wellFormed = digits.allSatisfy { (0...9).contains($0) } && [8, 12, 14].contains(digits.count)
            func number(_ range: Range<Int>) -> Int {
                range.upperBound <= digits.count ? digits[range].reduce(0) { $0 * 10 + $1 } : 0
            }
            guard wellFormed else { throw GitError(.invalidInput, "\(option) is no time as YYYYMMDDHHMMSS") }
            let civil = CivilTime(
                year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(8..<10),
                minute: number(10..<12), second: number(12..<14))
            guard civil.day >= 1, civil.day <= CivilTime.days(inMonth: civil.month, of: civil.year), civil.hour < 24,
                civil.minute < 60, civil.second < 60
            else { throw GitError(.invalidInput, "\(option) is no time of the calendar") }
            return civil.timestampAsUTC
        }
    }
}
