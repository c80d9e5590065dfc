package import Core

/// The id of a commit: the SHA-1 of its object, 20 bytes.
package struct CommitID: Hashable, Sendable, CustomStringConvertible {
    /// Exactly 20 bytes.
    package let bytes: [UInt8]

    /// Nil unless there are exactly 20 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 20 else { return nil }
        self.bytes = bytes
    }

    /// Reads 40 hexadecimal digits; nil for anything else, abbreviations included.
    package init?(hex: String) {
        guard hex.utf8.count == 40, let bytes = Hex.decode(hex) else { return nil }
        self.bytes = bytes
    }

    /// 40 lower-case hexadecimal digits.
    package var hex: String { Hex.encode(bytes) }

    /// The first 12 digits, for people.
    package var short: String { Hex.encode(bytes.prefix(6)) }

    package var description: String { hex }
}

extension ContentID {
    /// A commit's id as a content id, for caches keyed by either.
    package init(_ commit: CommitID) {
        self.init(bytes: commit.bytes)
    }
}
