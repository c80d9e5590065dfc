package import KubernetesModel

/// Writes YAML exactly as kustomize and `kubectl -o yaml` do: block style, sequences not indented under their key,
/// lines folded at 80 columns, quotes only where YAML 1.1 needs them.
///
/// The layout is that of libyaml's emitter with the styles that go-yaml v2 asks for. It is written anew, since
/// libyaml's own ends some documents by `...`.
package struct YAMLEmitter: ~Copyable {
    /// The order of a mapping's keys.
    package enum KeyOrder: Sendable, Hashable {
        /// kustomize's, see ``YAML/goYAML2KeyOrder(_:_:)``.
        case natural
        /// That of the mapping; an object's is by code point.
        case given
    }

    private var writer = YAMLWriter()
    private let keyOrder: KeyOrder
    private let schema: YAMLSchema

    /// - Parameter schema: how plain scalars of nodes are understood.
    package init(keyOrder: KeyOrder = .natural, schema: YAMLSchema = .goYAML3) {
        self.keyOrder = keyOrder
        self.schema = schema
    }

    /// The text of one JSON value, ending in a line feed.
    package static func bytes(of json: JSONValue, keyOrder: KeyOrder = .natural) -> [UInt8] {
        var emitter = YAMLEmitter(keyOrder: keyOrder)
        emitter.add(json)
        return emitter.finish()
    }

    /// The text of one node, ending in a line feed; see ``add(_:file:)``.
    package static func bytes(
        of node: YAMLNode, keyOrder: KeyOrder = .natural, schema: YAMLSchema = .goYAML3, file: String = ""
    ) throws(YAMLError) -> [UInt8] {
        var emitter = YAMLEmitter(keyOrder: keyOrder, schema: schema)
        try emitter.add(node, file: file)
        return emitter.finish()
    }

    /// Everything written so far.
    package consuming func finish() -> [UInt8] { writer.out }

    /// Writes a line `---` if something was written before.
    private mutating func separate() {
        guard !writer.out.isEmpty else { return }
        writer.line("---")
    }

    // MARK: JSON

    /// Appends a document, after a separator if it is not the first.
    package mutating func add(_ json: JSONValue) {
        separate()
        write(json, inMapping: false)
        writer.endDocument()
    }

    private mutating func write(_ json: JSONValue, inMapping: Bool) {
        switch json {
        case .null: writer.plain("null")
        case .bool(let value): writer.plain(value ? "true" : "false")
        case .int(let value): writer.plain(String(value))
        case .double(let value): writer.plain(GoFloat.throughJSON(value))
        case .string(let text): writer.string(text)
        case .array(let elements):
            guard !elements.isEmpty else { return writer.empty("[", "]") }
            let outer = writer.openSequence(inMapping: inMapping)
            for element in elements {
                writer.item()
                write(element, inMapping: false)
            }
            writer.close(outer)
        case .object(let object):
            guard !object.isEmpty else { return writer.empty("{", "}") }
            let outer = writer.openMapping()
            if keyOrder == .given {
                for member in object {
                    writer.key(member.key)
                    write(member.value, inMapping: true)
                }
            } else {
                for index in order(object.count, key: { object[$0].key }) {
                    writer.key(object[index].key)
                    write(object[index].value, inMapping: true)
                }
            }
            writer.close(outer)
        }
    }

    // MARK: Nodes

    /// Appends a node's meaning as a document: styles are lost, dates become times, floats go through JSON.
    ///
    /// Throws ``YAMLError`` where JSON has no counterpart, for repeated keys, and for the control characters with
    /// which kustomize fails (DEL, C1, U+FFFE). What was written of the document before the error stays.
    package mutating func add(_ node: YAMLNode, file: String = "") throws(YAMLError) {
        separate()
        do throws(YAMLError) {
            try write(node, inMapping: false)
        } catch {
            throw error.inFile(file)
        }
        writer.endDocument()
    }

    private mutating func write(_ node: YAMLNode, inMapping: Bool, inFlow: Bool = false) throws(YAMLError) {
        let inFlow = inFlow || node.isFlow
        switch node.content {
        case .scalar(let scalar):
            try write(scalar, mark: node.mark, inFlow: inFlow)
        case .sequence(let elements):
            guard !elements.isEmpty else { return writer.empty("[", "]") }
            let outer = writer.openSequence(inMapping: inMapping)
            for element in elements {
                writer.item()
                try write(element, inMapping: false, inFlow: inFlow)
            }
            writer.close(outer)
        case .mapping(let mapping):
            let entries = mapping.entries
            guard !entries.isEmpty else { return writer.empty("{", "}") }
            let outer = writer.openMapping()
            var previous: String?
            for index in keyOrder == .given
                ? Array(entries.indices) : order(entries.count, key: { entries[$0].key.text })
            {
                let entry = entries[index]
                let key = try key(entry)
                guard key != previous else {
                    throw YAMLError(
                        .duplicateKey, mark: entry.keyMark,
                        "the key \(YAMLError.quoted(key)) is there twice; remove one")
                }
                // kustomize takes it for a merge key even in quotes, and drops it.
                guard key != "<<" else {
                    throw YAMLError(.value, mark: entry.keyMark, "kustomize cannot write a key named <<; rename it")
                }
                // Its reader of JSON looks for the colon within 1024 characters of the key's opening quote.
                guard key.utf8.count <= 1022 || key.unicodeScalars.count <= 1022 else {
                    throw YAMLError(
                        .value, mark: entry.keyMark, "a key is longer than the 1022 characters that kustomize can write"
                    )
                }
                previous = key
                guard !writer.key(key) else {
                    throw YAMLError(
                        .value, mark: entry.keyMark,
                        "a key holds a control character (DEL, C1, U+FFFE) that kustomize cannot write")
                }
                try write(entry.value, inMapping: true, inFlow: inFlow)
            }
            writer.close(outer)
        }
    }

    private mutating func write(_ scalar: YAMLScalar, mark: YAMLMark?, inFlow: Bool) throws(YAMLError) {
        // kustomize writes these with quotes within brackets and braces, and reads them once more.
        if inFlow, scalar.style == .plain, scalar.tag == nil,
            scalar.text.isEmpty || scalar.text.utf8.contains(UInt8(ascii: ":"))
        {
            writer.string(scalar.text)
            return
        }
        let value: YAMLValue
        do throws(YAMLError) {
            value = try scalar.value(schema)
        } catch {
            throw YAMLError(error.code, mark: mark, error.problem)
        }
        switch value {
        case .null: writer.plain("null")
        case .bool(let value): writer.plain(value ? "true" : "false")
        case .int(let value): writer.plain(String(value))
        case .uint(let value): writer.plain(String(value))
        case .float(let value):
            guard value.isFinite else {
                throw YAMLError(
                    .value, mark: mark,
                    "infinities and NaN have no place in Kubernetes objects; quote them to make a string")
            }
            writer.plain(GoFloat.throughJSON(value))
        case .string(let text), .timestamp(let text):
            guard !writer.string(text) else {
                throw YAMLError(
                    .value, mark: mark, "a text holds a control character (DEL, C1, U+FFFE) that kustomize cannot write"
                )
            }
        }
    }

    private func key(_ entry: YAMLMapping.Entry) throws(YAMLError) -> String {
        if entry.key.style != .plain, entry.key.tag == nil { return entry.key.text }
        do throws(YAMLError) {
            return try entry.key.jsonKey(schema)
        } catch {
            throw YAMLError(
                .value, mark: entry.keyMark,
                "the key \(YAMLError.quoted(entry.key.text)) is not a string; quote it")
        }
    }

    /// The indexes of keys in natural order.
    private func order(_ count: Int, key: (Int) -> String) -> [Int] {
        var indexes = Array(0..<count)
        var sorted = true
        for index in 1..<max(1, count) where YAML.goYAML2KeyOrder(key(index), key(index - 1)) {
            sorted = false
            break
        }
        if !sorted { indexes.sort { YAML.goYAML2KeyOrder(key($0), key($1)) } }
        return indexes
    }
}
