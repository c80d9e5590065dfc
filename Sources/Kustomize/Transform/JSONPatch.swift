internal import KubernetesModel
internal import YAML

/// Why an operation of a JSON patch does not apply.
struct JSONPatchError: Error {
    /// The operation, counted from zero.
    var index: Int
    var problem: String
}

/// Operations of RFC 6902 as kustomize applies them: from JSON or YAML, with negative indexes into arrays.
struct JSONPatch: Sendable {
    private struct Operation: Sendable {
        var name: String
        var path: String
        var from: String?
        var value: JSONValue?
    }

    private var operations: [Operation] = []
    /// Where the patch begins, for messages.
    let line: Int?

    /// Whether a text begins as a list of operations does, and not as an object.
    static func looksLikeOperations(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        while true {
            rest = rest.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
            if rest.first == UInt8(ascii: "#") {
                rest = rest.drop { $0 != 0x0A }
            } else if rest.starts(with: "---".utf8) {
                rest = rest.dropFirst(3).drop { $0 != 0x0A }
            } else {
                break
            }
        }
        guard let first = rest.first else { return false }
        if first == UInt8(ascii: "[") { return true }
        return first == UInt8(ascii: "-") && rest.count > 1
    }

    init(parsing bytes: [UInt8], file: String, line: Int?) throws(KustomizeError) {
        self.line = line
        if bytes.first == UInt8(ascii: "[") {
            // Only what does not begin with a bracket may be YAML.
            do { _ = try JSONValue(parsing: bytes) } catch {
                throw KustomizeError(
                    .patchFailed, file: file, line: line,
                    "operations that begin with [ must be JSON, with keys in quotes, or else a YAML list: \(error.message)"
                )
            }
        }
        let node: YAMLNode?
        do {
            node = try YAML.firstDocument(
                of: YAMLChunk(bytes: bytes[...], firstLine: line ?? 1), duplicateKeys: .lastWins, file: file)
        } catch {
            throw KustomizeError(.patchFailed, yaml: error, file: file)
        }
        guard let elements = node?.sequence else {
            throw KustomizeError(.patchFailed, file: file, line: line, "a list of operations is expected")
        }
        for (index, element) in elements.enumerated() {
            func fail(_ problem: String) -> KustomizeError {
                KustomizeError(
                    .patchFailed, file: file, line: element.mark?.line, field: "[\(index)]", problem)
            }
            let json: JSONValue
            do { json = try element.json(.yaml11, file: file) } catch {
                throw KustomizeError(.patchFailed, yaml: error, file: file)
            }
            guard let name = json["op"]?.stringValue,
                ["add", "remove", "replace", "move", "copy", "test"].contains(name)
            else { throw fail("op is add, remove, replace, move, copy or test") }
            guard let path = json["path"]?.stringValue else { throw fail("an operation needs a path") }
            let from = json["from"]?.stringValue
            if name == "add" || name == "replace", json["value"] == nil { throw fail("\(name) needs a value") }
            if name == "move" || name == "copy", from == nil { throw fail("\(name) needs from") }
            operations.append(Operation(name: name, path: path, from: from, value: json["value"]))
        }
    }

    /// The document after all operations.
    func apply(to document: JSONValue, _ budget: Budget) throws(JSONPatchError) -> JSONValue {
        var document = document
        for (index, operation) in operations.enumerated() {
            do {
                try apply(operation, to: &document, budget)
            } catch {
                throw JSONPatchError(index: index, problem: "\(operation.name) \(operation.path): \(error.problem)")
            }
        }
        return document
    }

    private func apply(
        _ operation: Operation, to document: inout JSONValue, _ budget: Budget
    ) throws(PatternError) {
        let path = Self.tokens(operation.path)
        guard !path.isEmpty || operation.path.isEmpty else {
            throw PatternError(problem: "the path must begin with a slash")
        }
        switch operation.name {
        case "add": try document.add(operation.value ?? .null, at: path[...])
        case "remove": _ = try document.remove(at: path[...])
        case "replace": try document.replace(operation.value ?? .null, at: path[...])
        case "test":
            let found = try document.find(path[...])
            guard found ?? .null == operation.value ?? .null else {
                throw PatternError(problem: "the value is another")
            }
        case "move":
            let value = try document.remove(at: Self.tokens(operation.from ?? "")[...])
            try document.add(value, at: path[...])
        default:
            guard let value = try document.find(Self.tokens(operation.from ?? "")[...]) else {
                throw PatternError(problem: "there is nothing to copy")
            }
            guard budget.covers(Node(value)) else { throw PatternError(problem: "too much is copied") }
            try document.add(value, at: path[...])
        }
    }

    /// The steps of a path. What stands before the first slash is ignored.
    private static func tokens(_ path: String) -> [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            var token = String($0)
            guard token.contains("~") else { return token }
            token = token.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
            return token.split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
        }
    }
}

extension JSONValue {
    fileprivate func find(_ path: ArraySlice<String>) throws(PatternError) -> JSONValue? {
        guard let token = path.first else { return self }
        switch self {
        case .object(let object):
            guard let next = object[token] else { return nil }
            return try next.find(path.dropFirst())
        case .array(let array):
            guard let index = JSONValue.index(token, in: array.count) else {
                throw PatternError(problem: "there is no element \(token)")
            }
            return try array[index].find(path.dropFirst())
        default: return nil
        }
    }

    /// An index into an array; a negative one counts from the end.
    private static func index(_ token: String, in count: Int) -> Int? {
        guard let number = Int(token) else { return nil }
        let index = number < 0 ? number + count : number
        return (0..<count).contains(index) ? index : nil
    }

    /// Edits the container that a path leads to.
    private mutating func edit<Result>(
        _ path: ArraySlice<String>, _ body: (inout JSONValue, String) throws(PatternError) -> Result
    ) throws(PatternError) -> Result {
        guard let token = path.first else { throw PatternError(problem: "the path leads nowhere") }
        if path.count == 1 { return try body(&self, token) }
        switch self {
        case .object(var object):
            guard var next = object[token] else { throw PatternError(problem: "there is no \(token) on the way") }
            self = .null
            object[token] = .null
            defer { self = .object(object) }
            let result: Result
            do { result = try next.edit(path.dropFirst(), body) } catch {
                object[token] = next
                throw error
            }
            object[token] = next
            return result
        case .array(var array):
            guard let index = JSONValue.index(token, in: array.count) else {
                throw PatternError(problem: "there is no element \(token) on the way")
            }
            self = .null
            defer { self = .array(array) }
            return try array[index].edit(path.dropFirst(), body)
        default: throw PatternError(problem: "\(token) is in neither a map nor a list")
        }
    }

    fileprivate mutating func add(_ value: JSONValue, at path: ArraySlice<String>) throws(PatternError) {
        guard !path.isEmpty else {
            self = value
            return
        }
        try edit(path) { (container, token) throws(PatternError) in
            switch container {
            case .object(var object):
                container = .null
                object[token] = value
                container = .object(object)
            case .array(var array):
                container = .null
                defer { container = .array(array) }
                if token == "-" {
                    array.append(value)
                    return
                }
                guard let number = Int(token) else { throw PatternError(problem: "\(token) is no index") }
                let index = number < 0 ? number + array.count + 1 : number
                guard (0...array.count).contains(index) else {
                    throw PatternError(problem: "the list has no place \(token)")
                }
                array.insert(value, at: index)
            default: throw PatternError(problem: "\(token) is in neither a map nor a list")
            }
        }
    }

    fileprivate mutating func remove(at path: ArraySlice<String>) throws(PatternError) -> JSONValue {
        try edit(path) { (container, token) throws(PatternError) in
            switch container {
            case .object(var object):
                guard let old = object[token] else { throw PatternError(problem: "there is nothing to remove") }
                container = .null
                object[token] = nil
                container = .object(object)
                return old
            case .array(var array):
                guard let index = JSONValue.index(token, in: array.count) else {
                    throw PatternError(problem: "there is no element \(token)")
                }
                container = .null
                let old = array.remove(at: index)
                container = .array(array)
                return old
            default: throw PatternError(problem: "there is nothing to remove")
            }
        }
    }

    fileprivate mutating func replace(_ value: JSONValue, at path: ArraySlice<String>) throws(PatternError) {
        guard !path.isEmpty else {
            self = value
            return
        }
        try edit(path) { (container, token) throws(PatternError) in
            switch container {
            case .object(var object):
                guard object[token] != nil else { throw PatternError(problem: "there is nothing to replace") }
                container = .null
                object[token] = value
                container = .object(object)
            case .array(var array):
                guard let index = JSONValue.index(token, in: array.count) else {
                    throw PatternError(problem: "there is no element \(token)")
                }
                container = .null
                array[index] = value
                container = .array(array)
            default: throw PatternError(problem: "there is nothing to replace")
            }
        }
    }
}
