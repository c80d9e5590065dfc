import KubernetesModel

/// Reads the fields of one object and keeps account of them: what is read is taken, what is left at the end is told.
///
/// Null reads as absent. A value of the wrong type reads as absent too, and is told.
struct FieldReader {
    struct Finding {
        let severity: ImportNote.Severity
        let path: FieldPath
        let text: String
    }

    let path: FieldPath
    private var rest: JSONObject
    private var findings: [Finding] = []
    /// Whether something is left out that decides what is deployed.
    private(set) var isIncomplete = false

    init(_ fields: JSONObject, at path: FieldPath) {
        self.path = path
        rest = fields
    }

    // MARK: Taking

    mutating func take(_ key: String) -> JSONValue? {
        defer { rest[key] = nil }
        guard let value = rest[key], !value.isNull else { return nil }
        return value
    }

    func has(_ key: String) -> Bool { rest[key].map { !$0.isNull } ?? false }

    mutating func string(_ key: String) -> String {
        read(key, "a text") { $0.stringValue } ?? ""
    }

    mutating func bool(_ key: String) -> Bool? {
        read(key, "true or false") { $0.boolValue }
    }

    mutating func int(_ key: String) -> Int64? {
        read(key, "a whole number") { $0.intValue }
    }

    /// A duration, also as a number of seconds, bare or in a text.
    mutating func duration(_ key: String) -> GoDuration? {
        read(key, "a duration such as 90s") { value in
            if let seconds = value.intValue, seconds >= 0 { return .seconds(seconds) }
            guard let text = value.stringValue else { return nil }
            return Int64(text).map { .seconds(max(0, $0)) } ?? GoDuration(text)
        }
    }

    mutating func strings(_ key: String) -> [String] {
        read(key, "a list of texts") { value in
            let texts = value.arrayValue?.map(\.stringValue)
            return texts?.contains(nil) == false ? texts?.compactMap { $0 } : nil
        } ?? []
    }

    mutating func map(_ key: String) -> [String: String] {
        read(key, "a map of texts") { $0.objectValue.flatMap { $0.strings.count == $0.count ? $0.strings : nil } }
            ?? [:]
    }

    mutating func object<T>(_ key: String, _ body: (inout FieldReader) -> T) -> T? {
        guard let fields = read(key, "an object", { $0.objectValue }) else { return nil }
        var inner = FieldReader(fields, at: path / key)
        let result = body(&inner)
        absorb(&inner)
        return result
    }

    /// The elements of a list of objects; `body` gives nil for one that is left out.
    mutating func objects<T>(_ key: String, _ body: (inout FieldReader) -> T?) -> [T] {
        let elements = read(key, "a list") { $0.arrayValue } ?? []
        return elements.enumerated().compactMap { index, element in
            var inner = FieldReader(element.objectValue ?? JSONObject(), at: (path / key)[index])
            if element.objectValue == nil { inner.tell(.leftOut, inner.path, "must be an object") }
            let result = body(&inner)
            absorb(&inner)
            return result
        }
    }

    private mutating func read<T>(_ key: String, _ wanted: String, _ convert: (JSONValue) -> T?) -> T? {
        guard let value = take(key) else { return nil }
        if let result = convert(value) { return result }
        tell(.leftOut, path / key, "is \(value.typeName) and not \(wanted)")
        return nil
    }

    // MARK: Telling

    /// Takes fields that say nothing an Environment would have to repeat.
    mutating func pass(_ keys: String...) {
        for key in keys { rest[key] = nil }
    }

    /// Takes everything that is left: another note says that none of it counts.
    mutating func passAll() { rest = JSONObject() }

    /// Takes a field and tells that it is left out, if it is there and says something.
    mutating func leaveOut(_ key: String, _ why: String) {
        guard let value = take(key), !value.saysNothing else { return }
        tell(.leftOut, path / key, why)
    }

    /// As ``leaveOut(_:_:)`` for what decides what is deployed: the Environment will be suspended.
    mutating func miss(_ key: String, _ why: String) {
        guard let value = take(key), !value.saysNothing else { return }
        isIncomplete = true
        tell(.leftOut, path / key, why + "; the Environment is suspended until you have seen to it")
    }

    mutating func leftOut(_ key: String, _ text: String) { tell(.leftOut, path / key, text) }
    mutating func note(_ key: String, _ text: String) { tell(.note, path / key, text) }

    private mutating func tell(_ severity: ImportNote.Severity, _ path: FieldPath, _ text: String) {
        findings.append(Finding(severity: severity, path: path, text: text))
    }

    /// Takes over what another reader has found.
    mutating func absorb(_ inner: inout FieldReader) {
        findings += inner.finished()
        isIncomplete = isIncomplete || inner.isIncomplete
    }

    /// All findings, with one for each field that nobody took.
    mutating func finished() -> [Finding] {
        for (key, value) in rest where !value.saysNothing {
            tell(.leftOut, path / key, "has no counterpart in an Environment")
        }
        rest = JSONObject()
        return findings
    }
}

extension JSONValue {
    /// Whether a field with this value is as good as absent.
    fileprivate var saysNothing: Bool {
        switch self {
        case .null, .bool(false), .string(""): true
        case .array(let elements): elements.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }
}
