/// A path to fields of an object as replacements write it: `spec.containers.[name=web].image`.
///
/// Steps are separated by dots; `\.` is a dot within one, and brackets without `=` only protect dots.
struct FieldPath: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        case field(String)
        case index(Int)
        /// `-`: the last element.
        case last
        /// `*`: every element.
        case every
        /// `[key=value]`, with an empty key for elements that are scalars.
        case matching(key: String, value: String)
    }

    let text: String
    let steps: [Step]

    init(_ text: String) throws(PatternError) {
        self.text = text
        var steps: [Step] = []
        for part in FieldPath.parts(text) where !part.allSatisfy(\.isWhitespace) {
            steps.append(try FieldPath.step(part))
        }
        self.steps = steps
    }

    /// Steps that are separated already.
    init(parts: [String]) throws(PatternError) {
        text = parts.joined(separator: "/")
        steps = try parts.map { (part) throws(PatternError) in try FieldPath.step(part) }
    }

    /// Whether elements are chosen by what they hold, so that an edit may change the choice.
    var choosesByValue: Bool {
        steps.contains { if case .matching = $0 { true } else { false } }
    }

    private static func step(_ part: String) throws(PatternError) -> Step {
        if let index = Int(part) {
            guard index >= 0 else { throw PatternError(problem: "the index \(part) is negative") }
            return .index(index)
        }
        switch part {
        case "-": return .last
        case "*": return .every
        default: break
        }
        guard part.hasPrefix("["), part.hasSuffix("]") else { return .field(part) }
        let inner = part.dropFirst().dropLast()
        guard let equals = inner.firstIndex(of: "=") else {
            throw PatternError(problem: "'\(part)' selects no element: write [key=value]")
        }
        return .matching(key: String(inner[..<equals]), value: String(inner[inner.index(after: equals)...]))
    }

    private static func parts(_ text: String) -> [String] {
        var split = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if split.count > 1, split[0].isEmpty { split.removeFirst() }
        var joined: [String] = []
        for part in split {
            if let last = joined.last, last.hasSuffix("\\") {
                joined[joined.count - 1] = String(last.dropLast()) + "." + part
            } else {
                joined.append(part)
            }
        }
        var out: [String] = []
        var index = 0
        while index < joined.count {
            var part = joined[index]
            if part.hasPrefix("["), !part.hasSuffix("]") {
                while index + 1 < joined.count {
                    index += 1
                    part += "." + joined[index]
                    if joined[index].hasSuffix("]") { break }
                }
                if !part.contains("=") {
                    part = String(part.drop { $0 == "[" || $0 == "]" })
                    while let last = part.last, last == "]" || last == "[" { part.removeLast() }
                }
            }
            out.append(part)
            index += 1
        }
        return out
    }

    // MARK: Reading

    /// The one value that the path leads to; nil if there is none. `[key=value]` matches exactly.
    func value(in node: Node) throws(PatternError) -> Node? {
        var current = node
        for step in steps {
            guard !current.isNull, let next = try FieldPath.next(step, in: current) else { return nil }
            current = next
        }
        return current
    }

    private static func next(_ step: Step, in node: Node) throws(PatternError) -> Node? {
        switch (step, node) {
        case (.field(let name), .mapping(let mapping)): return mapping[name]
        case (.index(let index), .sequence(let elements)): return index < elements.count ? elements[index] : nil
        case (.last, .sequence(let elements)): return elements.last
        case (.matching(let key, let value), .sequence(let elements)):
            return elements.first { key.isEmpty ? $0.text == value : $0[key]?.text == value }
        case (.every, .mapping(let mapping)): return mapping["*"]
        case (.field(let name), _):
            throw PatternError(problem: "\(name) is looked for in \(node.kindName), where a map is expected")
        default: throw PatternError(problem: "an element is looked for in \(node.kindName), where a list is expected")
        }
    }
}
