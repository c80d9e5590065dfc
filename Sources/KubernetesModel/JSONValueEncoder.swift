/// Writes `Encodable` types as a ``JSONValue``.
package struct JSONValueEncoder: Sendable {
    /// Whether members that are an empty string, list or map are left out, as Go's `omitempty` does. A
    /// ``JSONValueDecoder`` reads both forms alike.
    package let omitsEmpty: Bool

    package init(omitsEmpty: Bool = false) {
        self.omitsEmpty = omitsEmpty
    }

    /// Encodes a value; it throws only what the type's own `encode(to:)` throws.
    package func encode(_ value: some Encodable) throws -> JSONValue {
        let node = Node()
        try node.box(value)
        return node.finish(omitsEmpty: omitsEmpty)
    }
}

/// A value under construction; containers share it by reference.
private final class Node: Encoder {
    private enum Content {
        case empty
        case value(JSONValue)
        case object([(String, Node)])
        case array([Node])
    }

    private var content = Content.empty

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init() {}

    init(_ value: JSONValue) {
        content = .value(value)
    }

    func set(_ value: JSONValue) { content = .value(value) }

    func box(_ value: some Encodable) throws {
        if let document = value as? JSONValue {
            set(document)
        } else {
            try value.encode(to: self)
        }
    }

    func beginObject() {
        if case .object = content { return }
        content = .object([])
    }

    func beginArray() {
        if case .array = content { return }
        content = .array([])
    }

    func add(_ key: String, _ node: Node) {
        guard case .object(var members) = content else { return }
        content = .empty
        members.append((key, node))
        content = .object(members)
    }

    func append(_ node: Node) {
        guard case .array(var elements) = content else { return }
        content = .empty
        elements.append(node)
        content = .array(elements)
    }

    var count: Int {
        if case .array(let elements) = content { elements.count } else { 0 }
    }

    func finish(omitsEmpty: Bool) -> JSONValue {
        switch content {
        case .empty: return .object(JSONObject())
        case .value(let value): return value
        case .array(let elements): return .array(elements.map { $0.finish(omitsEmpty: omitsEmpty) })
        case .object(let members):
            let finished = members.map { ($0.0, $0.1.finish(omitsEmpty: omitsEmpty)) }
            return .object(JSONObject(omitsEmpty ? finished.filter { !Node.isEmpty($0.1) } : finished))
        }
    }

    private static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        beginObject()
        return KeyedEncodingContainer(KeyedWriter(node: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        beginArray()
        return UnkeyedWriter(node: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleWriter(node: self) }
}

/// A whole number as JSON: exact where 64 signed bits hold it, else a double.
private func number(_ value: some BinaryInteger) -> JSONValue {
    Int64(exactly: value).map(JSONValue.int) ?? .double(Double(value))
}

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: Node

    var codingPath: [any CodingKey] { [] }

    private func put(_ value: JSONValue, _ key: Key) { node.add(key.stringValue, Node(value)) }

    mutating func encodeNil(forKey key: Key) throws { put(.null, key) }
    mutating func encode(_ value: Bool, forKey key: Key) throws { put(.bool(value), key) }
    mutating func encode(_ value: String, forKey key: Key) throws { put(.string(value), key) }
    mutating func encode(_ value: Double, forKey key: Key) throws { put(.double(value), key) }
    mutating func encode(_ value: Float, forKey key: Key) throws { put(.double(Double(value)), key) }
    mutating func encode(_ value: Int, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: Int8, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: Int16, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: Int32, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: Int64, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: UInt, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: UInt8, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: UInt16, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: UInt32, forKey key: Key) throws { put(number(value), key) }
    mutating func encode(_ value: UInt64, forKey key: Key) throws { put(number(value), key) }

    private func child(_ key: String) -> Node {
        let child = Node()
        node.add(key, child)
        return child
    }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try child(key.stringValue).box(value) }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        child(key.stringValue).container(keyedBy: keyType)
    }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        child(key.stringValue).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { child("super") }
    mutating func superEncoder(forKey key: Key) -> any Encoder { child(key.stringValue) }
}

private struct UnkeyedWriter: UnkeyedEncodingContainer {
    let node: Node

    var codingPath: [any CodingKey] { [] }
    var count: Int { node.count }

    private func put(_ value: JSONValue) { node.append(Node(value)) }

    mutating func encodeNil() throws { put(.null) }
    mutating func encode(_ value: Bool) throws { put(.bool(value)) }
    mutating func encode(_ value: String) throws { put(.string(value)) }
    mutating func encode(_ value: Double) throws { put(.double(value)) }
    mutating func encode(_ value: Float) throws { put(.double(Double(value))) }
    mutating func encode(_ value: Int) throws { put(number(value)) }
    mutating func encode(_ value: Int8) throws { put(number(value)) }
    mutating func encode(_ value: Int16) throws { put(number(value)) }
    mutating func encode(_ value: Int32) throws { put(number(value)) }
    mutating func encode(_ value: Int64) throws { put(number(value)) }
    mutating func encode(_ value: UInt) throws { put(number(value)) }
    mutating func encode(_ value: UInt8) throws { put(number(value)) }
    mutating func encode(_ value: UInt16) throws { put(number(value)) }
    mutating func encode(_ value: UInt32) throws { put(number(value)) }
    mutating func encode(_ value: UInt64) throws { put(number(value)) }

    private func child() -> Node {
        let child = Node()
        node.append(child)
        return child
    }

    mutating func encode<T: Encodable>(_ value: T) throws { try child().box(value) }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        child().container(keyedBy: keyType)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { child().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { child() }
}

private struct SingleWriter: SingleValueEncodingContainer {
    let node: Node

    var codingPath: [any CodingKey] { [] }
    mutating func encodeNil() throws { node.set(.null) }
    mutating func encode(_ value: Bool) throws { node.set(.bool(value)) }
    mutating func encode(_ value: String) throws { node.set(.string(value)) }
    mutating func encode(_ value: Double) throws { node.set(.double(value)) }
    mutating func encode(_ value: Float) throws { node.set(.double(Double(value))) }
    mutating func encode(_ value: Int) throws { node.set(number(value)) }
    mutating func encode(_ value: Int8) throws { node.set(number(value)) }
    mutating func encode(_ value: Int16) throws { node.set(number(value)) }
    mutating func encode(_ value: Int32) throws { node.set(number(value)) }
    mutating func encode(_ value: Int64) throws { node.set(number(value)) }
    mutating func encode(_ value: UInt) throws { node.set(number(value)) }
    mutating func encode(_ value: UInt8) throws { node.set(number(value)) }
    mutating func encode(_ value: UInt16) throws { node.set(number(value)) }
    mutating func encode(_ value: UInt32) throws { node.set(number(value)) }
    mutating func encode(_ value: UInt64) throws { node.set(number(value)) }
    mutating func encode<T: Encodable>(_ value: T) throws { try node.box(value) }
}
