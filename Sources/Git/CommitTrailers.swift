/// The `Key: value` lines that end a commit message.
///
/// Only the last paragraph counts, and only if every line of it is a trailer or the continuation of one, so text in the
/// body of a message cannot pose as a trailer.
package struct CommitTrailers: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let key: String
        package let value: String
    }

    /// In the order of the message.
    package private(set) var entries: [Entry] = []

    package init() {}

    /// The trailers of a commit message.
    package init(message: String) {
        // Bytes, not characters: to Swift, CR LF is one character and equals no line feed.
        var lines = message.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { bytes in
            String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
        }[...]
        while let last = lines.last, Self.isBlank(last) { lines.removeLast() }
        guard let blank = lines.lastIndex(where: Self.isBlank) else { return }
        var found: [(key: String, value: String)] = []
        for line in lines[(blank + 1)...] {
            if line.utf8.first == UInt8(ascii: " ") || line.utf8.first == UInt8(ascii: "\t") {
                guard !found.isEmpty else { return }
                found[found.count - 1].value += " " + Self.trimmed(line[...])
            } else {
                guard let colon = line.firstIndex(of: ":"), Self.isKey(line[..<colon]) else { return }
                found.append((String(line[..<colon]), Self.trimmed(line[line.index(after: colon)...])))
            }
        }
        entries = found.map { Entry(key: $0.key, value: $0.value) }
    }

    /// The first value of a key, compared without regard to case, as Git does.
    package subscript(key: String) -> String? { all(key).first }

    /// Every value of a key, in order.
    package func all(_ key: String) -> [String] {
        entries.filter { $0.key.lowercased() == key.lowercased() }.map(\.value)
    }

    /// Adds a line. Line breaks and control characters in the value become spaces, so no value can forge another line;
    /// characters that may not stand in a key become `-`.
    package mutating func append(_ key: String, _ value: String) {
        entries.append(Entry(key: Self.sanitised(key: key), value: Self.sanitised(value: value)))
    }

    /// One `Key: value` line each, with a line break at the end; empty without entries.
    package var formatted: String {
        entries.map { "\($0.key): \($0.value)\n" }.joined()
    }

    /// A whole commit message: subject, body and these trailers, a blank line between them.
    ///
    /// The subject is kept to one line. Lines of the body stay in the body, as the trailers are a paragraph of their own.
    package func message(subject: String, body: String = "") -> String {
        var kept = String.UnicodeScalarView()
        for scalar in body.unicodeScalars where scalar == "\n" || scalar == "\t" || !Self.breaksLine(scalar) {
            kept.append(scalar)
        }
        let parts = [Self.sanitised(value: subject), Self.trimmed(String(kept)[...]), formatted]
        let text = parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
        return text.utf8.last == UInt8(ascii: "\n") ? text : text + "\n"
    }

    private static func isBlank(_ line: String) -> Bool { line.allSatisfy(\.isWhitespace) }

    /// Control characters, and the line separators beyond ASCII at which some readers break lines.
    private static func breaksLine(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    private static func isKey(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isKeyByte($0) }
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func sanitised(key: String) -> String {
        let bytes = key.utf8.map { isKeyByte($0) ? $0 : UInt8(ascii: "-") }
        return bytes.isEmpty ? "-" : String(decoding: bytes, as: UTF8.self)
    }

    private static func sanitised(value: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in value.unicodeScalars { scalars.append(breaksLine(scalar) ? " " : scalar) }
        return trimmed(String(scalars)[...])
    }

    private static func trimmed(_ text: Substring) -> String {
        guard let start = text.firstIndex(where: { !$0.isWhitespace }),
            let end = text.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(text[start...end])
    }
}
