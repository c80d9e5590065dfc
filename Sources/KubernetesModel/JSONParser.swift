package import Core

/// A text that is not JSON, or exceeds a limit.
package struct JSONError: SluiceError, Hashable {
    package let message: String
    /// The byte where it was noticed, counted from zero.
    package let offset: Int

    package var reason: String { "InvalidJSON" }
    package var disposition: Disposition { .terminal }
}

extension JSONValue {
    /// Parses one JSON document (RFC 8259). Of repeated keys the last wins; invalid UTF-8 is repaired.
    ///
    /// - Parameter depthLimit: how deep arrays and objects may nest.
    package init(parsing bytes: [UInt8], depthLimit: Int = 256) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
            var parser = JSONParser(buffer, depthLimit: depthLimit)
            return try parser.document()
        }
    }

    /// Parses one JSON document from text.
    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}

/// A recursive-descent parser over bytes that stay in place while it runs.
private struct JSONParser {
    private let input: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var depth = 0
    private let depthLimit: Int

    init(_ input: UnsafeBufferPointer<UInt8>, depthLimit: Int) {
        self.input = input
        self.depthLimit = depthLimit
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value()
        skipSpace()
        guard index == input.count else { throw fail("text follows the document") }
        return value
    }

    private func fail(_ what: String) -> JSONError {
        JSONError(message: "JSON: \(what) at byte \(index)", offset: index)
    }

    private mutating func skipSpace() {
        while index < input.count {
            switch input[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        guard index < input.count else { throw fail("the document ends early") }
        switch input[index] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fail("a value is expected")
        }
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= depthLimit else { throw fail("nesting is deeper than \(depthLimit)") }
        index += 1
        skipSpace()
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var pairs: [(String, JSONValue)] = []
        if index < input.count, input[index] == UInt8(ascii: "}") {
            index += 1
            depth -= 1
            return .object(JSONObject())
        }
        while true {
            skipSpace()
            guard index < input.count, input[index] == UInt8(ascii: "\"") else { throw fail("a key is expected") }
            let key = try string()
            skipSpace()
            guard index < input.count, input[index] == UInt8(ascii: ":") else { throw fail("':' is expected") }
            index += 1
            pairs.append((key, try value()))
            skipSpace()
            guard index < input.count else { throw fail("the document ends early") }
            index += 1
            switch input[index - 1] {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}"):
                depth -= 1
                return .object(JSONObject(pairs))
            default:
                index -= 1
                throw fail("',' or '}' is expected")
            }
        }
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        if index < input.count, input[index] == UInt8(ascii: "]") {
            index += 1
            depth -= 1
            return .array([])
        }
        while true {
            elements.append(try value())
            skipSpace()
            guard index < input.count else { throw fail("the document ends early") }
            index += 1
            switch input[index - 1] {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "]"):
                depth -= 1
                return .array(elements)
            default:
                index -= 1
                throw fail("',' or ']' is expected")
            }
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let count = text.utf8CodeUnitCount
        guard index + count <= input.count else { throw fail("the document ends early") }
        for offset in 0..<count where input[index + offset] != text.utf8Start[offset] {
            throw fail("a value is expected")
        }
        index += count
        return value
    }

    private mutating func digits() -> Int {
        let start = index
        while index < input.count, (48...57).contains(input[index]) { index += 1 }
        return index - start
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = index
        var whole = true
        if input[index] == UInt8(ascii: "-") { index += 1 }
        let leadingZero = index < input.count && input[index] == 48
        let count = digits()
        guard count > 0, !leadingZero || count == 1 else { throw fail("a number is malformed") }
        if index < input.count, input[index] == UInt8(ascii: ".") {
            whole = false
            index += 1
            guard digits() > 0 else { throw fail("a number is malformed") }
        }
        if index < input.count, input[index] | 0x20 == UInt8(ascii: "e") {
            whole = false
            index += 1
            if index < input.count, input[index] == UInt8(ascii: "+") || input[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard digits() > 0 else { throw fail("a number is malformed") }
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: input[start..<index]), as: UTF8.self)
        if whole, let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw fail("a number is out of range") }
        return .double(value)
    }

    private mutating func string() throws(JSONError) -> String {
        index += 1
        let start = index
        while index < input.count {
            switch input[index] {
            case UInt8(ascii: "\""):
                let text = String(decoding: UnsafeBufferPointer(rebasing: input[start..<index]), as: UTF8.self)
                index += 1
                return text
            case UInt8(ascii: "\\"):
                return try escapedString(from: start)
            case 0..<0x20:
                throw fail("a control character is not escaped")
            default:
                index += 1
            }
        }
        throw fail("a string does not end")
    }

    /// Goes on with a string that has escapes; `start` is its first byte, `index` stands at the first backslash.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var out = Array(input[start..<index])
        while index < input.count {
            let byte = input[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: out, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard index < input.count else { throw fail("a string does not end") }
                let escape = input[index]
                index += 1
                switch escape {
                case UInt8(ascii: "n"): out.append(0x0A)
                case UInt8(ascii: "t"): out.append(0x09)
                case UInt8(ascii: "r"): out.append(0x0D)
                case UInt8(ascii: "b"): out.append(0x08)
                case UInt8(ascii: "f"): out.append(0x0C)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(escape)
                case UInt8(ascii: "u"): out.append(contentsOf: String(try unicodeEscape()).utf8)
                default: throw fail("an escape is unknown")
                }
            case 0..<0x20:
                throw fail("a control character is not escaped")
            default:
                out.append(byte)
            }
        }
        throw fail("a string does not end")
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        guard index + 4 <= input.count else { throw fail("an escape is malformed") }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(input[index])).hexDigitValue else {
                throw fail("an escape is malformed")
            }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }

    /// One scalar; a lone surrogate becomes U+FFFD, as Go's decoder has it.
    private mutating func unicodeEscape() throws(JSONError) -> Character {
        let unit = try hexUnit()
        if (0xD800..<0xDC00).contains(unit), index + 1 < input.count, input[index] == UInt8(ascii: "\\"),
            input[index + 1] == UInt8(ascii: "u")
        {
            let mark = index
            index += 2
            let low = try hexUnit()
            if (0xDC00..<0xE000).contains(low),
                let scalar = UnicodeScalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
            {
                return Character(scalar)
            }
            index = mark
        }
        return Character(UnicodeScalar(unit) ?? "\u{FFFD}")
    }
}
