/// A label selector as Kubernetes writes it: `app=web,tier!=db,env in (a,b),!legacy`
/// (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api).
struct LabelSelector: Sendable {
    private enum Requirement: Sendable {
        case exists(String)
        case missing(String)
        case among(String, Set<String>)
        case notAmong(String, Set<String>)
        case greater(String, Int64)
        case less(String, Int64)
    }

    private var requirements: [Requirement] = []

    init(_ text: String) throws(PatternError) {
        var reader = Reader(text)
        repeat {
            reader.skipSpace()
            if reader.isAtEnd, requirements.isEmpty { return }
            requirements.append(try Self.requirement(&reader))
            reader.skipSpace()
        } while reader.take(",")
        guard reader.isAtEnd else { throw Self.problem }
    }

    private static var problem: PatternError {
        PatternError(problem: "this is no label selector: write app=web,tier!=db,env in (a,b),!legacy or the like")
    }

    private static func requirement(_ reader: inout Reader) throws(PatternError) -> Requirement {
        if reader.take("!") {
            reader.skipSpace()
            return .missing(try word(&reader))
        }
        let key = try word(&reader)
        reader.skipSpace()
        if reader.take("!=") { return .notAmong(key, [value(&reader)]) }
        if reader.take("==") || reader.take("=") { return .among(key, [value(&reader)]) }
        if reader.take(">") { return .greater(key, try number(&reader)) }
        if reader.take("<") { return .less(key, try number(&reader)) }
        switch reader.peekWord() {
        case "in":
            _ = reader.word()
            return .among(key, try set(&reader))
        case "notin":
            _ = reader.word()
            return .notAmong(key, try set(&reader))
        default: return .exists(key)
        }
    }

    private static func word(_ reader: inout Reader) throws(PatternError) -> String {
        let word = reader.word()
        guard !word.isEmpty else { throw problem }
        return word
    }

    private static func value(_ reader: inout Reader) -> String {
        reader.skipSpace()
        return reader.word()
    }

    private static func number(_ reader: inout Reader) throws(PatternError) -> Int64 {
        guard let number = Int64(value(&reader)) else { throw problem }
        return number
    }

    private static func set(_ reader: inout Reader) throws(PatternError) -> Set<String> {
        reader.skipSpace()
        guard reader.take("(") else { throw problem }
        var values: Set<String> = []
        repeat {
            values.insert(value(&reader))
            reader.skipSpace()
        } while reader.take(",")
        guard reader.take(")") else { throw problem }
        return values
    }

    func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .exists(let key): labels[key] != nil
            case .missing(let key): labels[key] == nil
            case .among(let key, let values): labels[key].map(values.contains) ?? false
            case .notAmong(let key, let values): !(labels[key].map(values.contains) ?? false)
            case .greater(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 > bound } ?? false
            case .less(let key, let bound): labels[key].flatMap { Int64($0) }.map { $0 < bound } ?? false
            }
        }
    }

    private struct Reader {
        private var rest: Substring

        init(_ text: String) {
            rest = text[...]
        }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skipSpace() {
            rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
        }

        mutating func take(_ text: String) -> Bool {
            guard rest.hasPrefix(text) else { return false }
            rest = rest.dropFirst(text.count)
            return true
        }

        mutating func word() -> String {
            let word = rest.prefix { !" \t\r\n,()=!<>".contains($0) }
            rest = rest.dropFirst(word.count)
            return String(word)
        }

        func peekWord() -> String {
            var copy = self
            return copy.word()
        }
    }
}
