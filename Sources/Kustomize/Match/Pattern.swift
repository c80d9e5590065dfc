/// Why a text is no regular expression.
struct PatternError: Error {
    var problem: String
}

/// A regular expression in the syntax of Go's RE2 (https://github.com/google/re2/wiki/Syntax), matched in linear time.
///
/// Matching only tells whether a text holds a match; anchors tie it to the ends. Unicode classes (`\p`) are refused.
struct Pattern: Sendable {
    private let program: PatternProgram
    /// The whole text that matches, where the pattern is plain text between anchors: most are.
    private let literal: String?

    init(_ text: String) throws(PatternError) {
        if text.hasPrefix("^"), text.hasSuffix("$"), text.utf8.count >= 2 {
            let inner = text.dropFirst().dropLast()
            literal = inner.utf8.allSatisfy(Pattern.isPlain) ? String(inner) : nil
        } else {
            literal = nil
        }
        program = literal == nil ? try PatternProgram(text) : PatternProgram()
    }

    /// A pattern that must match the whole text. An empty one matches any.
    init(whole text: String) throws(PatternError) {
        if text.isEmpty {
            literal = nil
            program = try PatternProgram("")
        } else if text.utf8.allSatisfy(Pattern.isPlain) {
            literal = text
            program = PatternProgram()
        } else {
            literal = nil
            program = try PatternProgram("^(?:" + text + ")$")
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"),
            UInt8(ascii: ":"), UInt8(ascii: "@"):
            true
        default: false
        }
    }

    func matches(_ text: String) -> Bool {
        if let literal { return text == literal }
        return program.matches(text)
    }
}
