internal import KubernetesModel
internal import YAML

/// Why a document cannot be written: where, and what is wrong. Never holds a value.
struct DocumentError: Error {
    /// Keys and indexes from the document's root, innermost first while the error travels up.
    var path: [String] = []
    var problem: String

    var field: String { path.reversed().joined(separator: ".") }

    func inside(_ key: String) -> DocumentError {
        DocumentError(path: path + [key], problem: problem)
    }
}

extension Node {
    /// The typed value that the document has when it is written.
    ///
    /// Here the types of scalars are settled, and what cannot be written is noticed: repeated keys, keys that are no
    /// strings, infinite numbers, and texts that do not fit the type that their field had.
    ///
    /// - Parameters:
    ///   - isRoot: it is a whole object, whose own keys are texts whatever they would mean.
    ///   - inFlow: it stands within braces.
    func json(isRoot: Bool = false, inFlow: Bool = false) throws(DocumentError) -> JSONValue {
        switch self {
        case .scalar(let scalar):
            return try scalar.json(inFlow: inFlow)
        case .sequence(let elements):
            var out: [JSONValue] = []
            out.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                do { out.append(try element.json(inFlow: inFlow)) } catch { throw error.inside("[\(index)]") }
            }
            return .array(out)
        case .mapping(let mapping):
            let inFlow = inFlow || mapping.isFlow
            var pairs: [(String, JSONValue)] = []
            pairs.reserveCapacity(mapping.entries.count)
            for entry in mapping.entries {
                guard entry.keyTag == .string || isRoot else {
                    throw DocumentError(problem: "the key '\(entry.key)' is not a string: put it in quotes")
                }
                do {
                    pairs.append((entry.key, try entry.value.json(inFlow: inFlow)))
                } catch {
                    throw error.inside(entry.key)
                }
            }
            let object = JSONObject(pairs)
            guard object.count == pairs.count else {
                throw DocumentError(problem: "a key is given twice: remove one of them (\(mapping.repeatedKey ?? ""))")
            }
            return .object(object)
        }
    }
}

extension Mapping {
    /// A key that occurs more than once.
    var repeatedKey: String? {
        var seen: Set<String> = []
        return entries.first { !seen.insert($0.key).inserted }?.key
    }
}

extension Scalar {
    func json(inFlow: Bool) throws(DocumentError) -> JSONValue {
        if tag == .string || (tag == .none && quoted) { return try string(inFlow: inFlow) }
        guard tag != .binary else {
            throw DocumentError(problem: "a text tagged !!binary is not base64: correct it, or drop the tag")
        }
        let value = YAMLScalar.value(ofPlain: text, .goYAML3)
        // The type of a text in quotes is dropped on the way out.
        let isText = quoted || (inFlow && getsQuotesInFlow(value))
        if tag == .none || Tag(value) == tag {
            return isText ? try string(inFlow: inFlow) : try typed(value, inFlow: inFlow)
        }
        if tag == .float, case .int(let number) = value { return .int(number) }
        throw DocumentError(
            problem: "a \(Tag(value).name) stands where the file has a \(tag.name): put that value in quotes"
                + " to make it a string, or set a \(tag.name)")
    }

    /// Whether a text without quotes gets some within brackets and braces, where it would not be read as itself.
    func getsQuotesInFlow(_ value: YAMLValue) -> Bool {
        switch value {
        case .null: text.isEmpty
        case .timestamp: text.utf8.contains(UInt8(ascii: ":"))
        default: false
        }
    }

    private func string(inFlow: Bool) throws(DocumentError) -> JSONValue {
        var text = text
        if !inFlow {
            if text.utf8.first == 0x09, isBlock {
                throw DocumentError(
                    problem: "a text of several lines begins with a tab, which kustomize cannot read back: put it in"
                        + " double quotes with \\t, or begin it with another character")
            }
            if style == .folded { text = YAMLFolding.reread(text) }
        }
        guard !text.utf8.allSatisfy({ $0 < 0x7F }) else { return .string(text) }
        for scalar in text.unicodeScalars where (0x7F..<0xA0).contains(scalar.value) && scalar.value != 0x85 {
            throw DocumentError(problem: "the text holds a control character: remove it")
        }
        return .string(text)
    }

    /// Whether kustomize writes it as a block: one with a tab in front cannot be read back.
    private var isBlock: Bool {
        switch style {
        case .quoted: false
        case .plain: text.utf8.contains(0x0A) && YAMLFolding.canFold(text)
        case .literal, .folded: YAMLFolding.canFold(text)
        }
    }

    private func typed(_ value: YAMLValue, inFlow: Bool) throws(DocumentError) -> JSONValue {
        switch value {
        case .string(let text): return text == self.text ? try string(inFlow: inFlow) : .string(text)
        case .timestamp(let text): return .string(text)
        case .int(let number): return .int(number)
        case .uint(let number): return .double(Double(number))
        case .float(let number):
            guard number.isFinite else {
                throw DocumentError(problem: "a number is infinite or not a number: put it in quotes")
            }
            // JSON has one kind of number: 1.0 is written as 1.
            if case .int(let whole)? = GoFloat.whole(number) { return .int(whole) }
            return .double(number)
        case .bool(let flag): return .bool(flag)
        case .null: return .null
        }
    }
}

extension Node {
    /// A node from typed values. Numbers go through Go's float64, as everything does that kustomize reads as JSON.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let flag): self = .scalar(Scalar(flag ? "true" : "false", tag: .boolean))
        case .int(let number):
            // Below 2^53 a float64 holds it exactly, and up to six digits it is written plainly.
            if number.magnitude < 1_000_000 {
                self = .scalar(Scalar(String(number), tag: .integer))
            } else {
                self = .scalar(Scalar(GoFloat.general(Double(number)), tag: .float))
            }
        case .double(let number):
            let text = GoFloat.general(number)
            self = .scalar(Scalar(text, tag: Scalar.Tag(YAMLScalar.value(ofPlain: text, .goYAML3))))
        case .string(let text):
            // What would be read as something else stands in quotes, and those stay when the text is replaced.
            self = .scalar(Scalar(text, tag: .string, style: Scalar.Style(YAMLScalar.style(ofString: text))))
        case .array(let elements): self = .sequence(elements.map { Node($0) })
        case .object(let object):
            self = .mapping(Mapping(object.map { Mapping.Entry(key: $0.key, value: Node($0.value)) }))
        }
    }
}
