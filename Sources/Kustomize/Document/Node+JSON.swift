internal import KubernetesModel

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
    func json() throws(DocumentError) -> JSONValue {
        switch self {
        case .scalar(let scalar):
            return try scalar.json()
        case .sequence(let elements):
            var out: [JSONValue] = []
            out.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                do { out.append(try element.json()) } catch { throw error.inside("[\(index)]") }
            }
            return .array(out)
        case .mapping(let mapping):
            var pairs: [(String, JSONValue)] = []
            pairs.reserveCapacity(mapping.entries.count)
            for entry in mapping.entries {
                guard entry.keyTag == .string else {
                    throw DocumentError(problem: "the key '\(entry.key)' is not a string: put it in quotes")
                }
                do { pairs.append((entry.key, try entry.value.json())) } catch { throw error.inside(entry.key) }
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
    func json() throws(DocumentError) -> JSONValue {
        switch tag {
        case .string, .binary:
            return try string()
        case .none:
            return quoted ? try string() : try typed(GoScalar.resolve(text))
        default:
            let value = GoScalar.resolve(text)
            if value.tag == tag {
                // The type of a text in quotes is dropped on the way out.
                return quoted ? try string() : try typed(value)
            }
            if tag == .float, case .integer(let number) = value { return .int(number) }
            throw DocumentError(
                problem: "a \(value.tag.name) stands where the file has a \(tag.name): put that value in quotes"
                    + " to make it a string, or set a \(tag.name)")
        }
    }

    private func string() throws(DocumentError) -> JSONValue {
        for scalar in text.unicodeScalars where scalar.value == 0x7F || (0x80..<0xA0).contains(scalar.value) {
            guard scalar.value == 0x85 else { throw DocumentError(problem: "the text holds a control character") }
        }
        return .string(text)
    }

    private func typed(_ value: GoScalar.Value) throws(DocumentError) -> JSONValue {
        switch value {
        case .string, .merge: return try string()
        case .integer(let number): return .int(number)
        case .unsigned(let number): return .double(Double(number))
        case .float(let number):
            guard number.isFinite else { throw DocumentError(problem: "a number is infinite or not a number") }
            // JSON has one kind of number: 1.0 is written as 1.
            if let whole = Int64(exactly: number), abs(number) < 1e21 { return .int(whole) }
            return .double(number)
        case .boolean(let flag): return .bool(flag)
        case .null: return .null
        case .timestamp:
            var text = text
            return .string(text.withUTF8 { GoTimestamp.parse($0) } ?? text)
        }
    }
}

extension Scalar.Tag {
    /// For messages.
    var name: String {
        switch self {
        case .none, .string: "string"
        case .integer: "whole number"
        case .float: "number"
        case .boolean: "boolean"
        case .null: "null"
        case .timestamp: "date"
        case .binary: "binary text"
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
            if abs(number) < 1_000_000 {
                self = .scalar(Scalar(String(number), tag: .integer))
            } else {
                self = .scalar(Scalar(GoNumber.formatG(Double(number)), tag: .float))
            }
        case .double(let number):
            let text = GoNumber.formatG(number)
            self = .scalar(Scalar(text, tag: GoScalar.resolve(text).tag))
        case .string(let text): self = .string(text)
        case .array(let elements): self = .sequence(elements.map { Node($0) })
        case .object(let object):
            self = .mapping(Mapping(object.map { Mapping.Entry(key: $0.key, value: Node($0.value)) }))
        }
    }
}
