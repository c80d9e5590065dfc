/// Reads `Decodable` types from a ``JSONValue``.
///
/// As in Go, an absent field (or a null) of a type that is not optional reads as that type's zero value: the empty
/// string, false, 0, an empty list or map, a struct of zero values. A type without one (an enumeration, a time) is
/// reported as missing. Unknown fields are passed over; whoever wants them refused validates against the schema first.
package struct JSONValueDecoder: Sendable {
    package init() {}

    /// Decodes a value; `path` is where the value stands, for messages.
    package func decode<T: Decodable>(
        _ type: T.Type, from value: JSONValue, at path: FieldPath = .root
    ) throws(FieldError) -> T {
        try ValueDecoder(value: value.present, path: path).unbox(type)
    }
}

extension JSONValue {
    /// This value, or none if it is null. (A bare `nil` would be JSON's null here.)
    fileprivate var present: JSONValue? { isNull ? Optional.none : .some(self) }
}

/// A decoder standing at one value; nil is an absent one.
struct ValueDecoder: Decoder {
    let value: JSONValue?
    let path: FieldPath

    /// Paths are kept in ``path``; nothing here reads coding keys.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        switch value {
        case nil: KeyedDecodingContainer(KeyedReader(object: JSONObject(), path: path))
        case .object(let object): KeyedDecodingContainer(KeyedReader(object: object, path: path))
        case .some(let other): throw mismatch("an object", other)
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        switch value {
        case nil: UnkeyedReader(elements: [], path: path)
        case .array(let elements): UnkeyedReader(elements: elements, path: path)
        case .some(let other): throw mismatch("a list", other)
        }
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleReader(decoder: self) }

    func mismatch(_ wanted: String, _ value: JSONValue) -> FieldError {
        FieldError(path.description, "must be \(wanted), not \(value.typeName)")
    }

    /// Decodes a value of any type and turns every error into one that names the field.
    func unbox<T: Decodable>(_ type: T.Type) throws(FieldError) -> T {
        do {
            if let document = (value ?? .null) as? T { return document }
            return try T(from: self)
        } catch let error as FieldError {
            throw error
        } catch let error as DecodingError {
            throw FieldError(path.description, explain(error, type))
        } catch {
            throw FieldError(path.description, "\(error)")
        }
    }

    private func explain(_ error: DecodingError, _ type: any Decodable.Type) -> String {
        if value == nil { return "is required" }
        if let enumeration = type as? any CaseIterable.Type {
            return "must be one of \(ValueDecoder.names(of: enumeration))"
        }
        return switch error {
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
            .keyNotFound(_, let context):
            context.debugDescription
        @unknown default: "cannot be read"
        }
    }

    private static func names<E: CaseIterable>(of type: E.Type) -> String {
        E.allCases.map { ($0 as? any RawRepresentable)?.rawValue as? String ?? "\($0)" }.joined(separator: ", ")
    }

    func string() throws(FieldError) -> String {
        switch value {
        case nil: return ""
        case .string(let text): return text
        case .some(let other): throw mismatch("a string", other)
        }
    }

    func bool() throws(FieldError) -> Bool {
        switch value {
        case nil: return false
        case .bool(let flag): return flag
        case .some(let other): throw mismatch("true or false", other)
        }
    }

    func double() throws(FieldError) -> Double {
        guard let value else { return 0 }
        guard let number = value.doubleValue else { throw mismatch("a number", value) }
        return number
    }

    func integer<T: FixedWidthInteger>(_ type: T.Type) throws(FieldError) -> T {
        guard let value else { return 0 }
        guard let number = value.intValue else { throw mismatch("a whole number", value) }
        guard let exact = T(exactly: number) else {
            throw FieldError(path.description, "must be between \(T.min) and \(T.max)")
        }
        return exact
    }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let path: FieldPath

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { object.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { object[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { object[key.stringValue]?.isNull ?? true }

    private func child(_ key: Key) -> ValueDecoder {
        ValueDecoder(value: object[key.stringValue]?.present, path: path / key.stringValue)
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try child(key).bool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try child(key).string() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try child(key).double() }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { Float(try child(key).double()) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try child(key).integer(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try child(key).integer(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try child(key).integer(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try child(key).integer(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try child(key).integer(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try child(key).integer(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try child(key).integer(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try child(key).integer(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try child(key).integer(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try child(key).integer(type) }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try child(key).unbox(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try child(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try child(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { ValueDecoder(value: object["super"], path: path / "super") }
    func superDecoder(forKey key: Key) throws -> any Decoder { child(key) }
}

private struct UnkeyedReader: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let path: FieldPath
    var currentIndex = 0

    init(elements: [JSONValue], path: FieldPath) {
        self.elements = elements
        self.path = path
    }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private mutating func next() throws(FieldError) -> ValueDecoder {
        guard currentIndex < elements.count else { throw FieldError(path.description, "has too few elements") }
        defer { currentIndex += 1 }
        let value = elements[currentIndex]
        return ValueDecoder(value: value.present, path: path[currentIndex])
    }

    mutating func decodeNil() throws -> Bool {
        guard currentIndex < elements.count, elements[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try next().bool() }
    mutating func decode(_ type: String.Type) throws -> String { try next().string() }
    mutating func decode(_ type: Double.Type) throws -> Double { try next().double() }
    mutating func decode(_ type: Float.Type) throws -> Float { Float(try next().double()) }
    mutating func decode(_ type: Int.Type) throws -> Int { try next().integer(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next().integer(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next().integer(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next().integer(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next().integer(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next().integer(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next().integer(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next().integer(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next().integer(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next().integer(type) }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().unbox(type) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct SingleReader: SingleValueDecodingContainer {
    let decoder: ValueDecoder

    var codingPath: [any CodingKey] { [] }
    func decodeNil() -> Bool { decoder.value == nil }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.bool() }
    func decode(_ type: String.Type) throws -> String { try decoder.string() }
    func decode(_ type: Double.Type) throws -> Double { try decoder.double() }
    func decode(_ type: Float.Type) throws -> Float { Float(try decoder.double()) }
    func decode(_ type: Int.Type) throws -> Int { try decoder.integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try decoder.integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try decoder.integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try decoder.integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoder.integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try decoder.integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.unbox(type) }
}
