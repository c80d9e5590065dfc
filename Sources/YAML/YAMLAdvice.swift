/// What to do about the parser's complaints.
enum YAMLAdvice {
    /// libyaml's complaint about a backslash in double quotes that it does not understand.
    static let unknownEscape = "found unknown escape character"

    /// A complaint of scanner or parser, with what it was doing and what usually mends it.
    static func text(_ problem: String, context: String?) -> String {
        var out = problem
        if let context, !context.isEmpty { out += " \(context)" }
        if let hint = hint(problem) { out += "; \(hint)" }
        return out
    }

    /// A complaint about bytes that are no characters.
    static func reader(_ problem: String) -> String {
        "\(problem); save the file as UTF-8 without control characters"
    }

    private static func hint(_ problem: String) -> String? {
        switch problem {
        case "found character that cannot start any token":
            "indent with spaces instead of tabs, and quote values that begin with @, ` or %"
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            "indent with spaces instead of tabs"
        case "mapping values are not allowed in this context":
            "check the indentation, and quote values that contain \": \""
        case "could not find expected ':'":
            "check for a key without a colon or a text that needs quotes"
        case "did not find expected key", "did not find expected '-' indicator":
            "check the indentation of this line and the one before"
        case "found unexpected end of stream":
            "check for a missing closing quote"
        case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
            "check for a missing comma or bracket"
        case "did not find expected <document start>":
            "separate documents by a line with ---"
        default:
            nil
        }
    }
}
