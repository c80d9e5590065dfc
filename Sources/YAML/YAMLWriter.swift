/// The layout of YAML text in block style: indentation, columns, keys and items.
///
/// The states are those of libyaml's emitter, so that the text comes out the same to the byte.
struct YAMLWriter {
    /// The column beyond which a single space becomes a line end.
    var width = 80
    private static let step = 2

    var out: [UInt8] = []
    var column = 0
    /// Whether a blank or line start stands before the next character.
    var whitespace = true
    /// Whether the line so far is only indentation and indicators.
    var indention = true
    /// The column at which the open collection's lines begin; below zero outside of any.
    var indent = -1

    mutating func put(_ byte: UInt8) {
        out.append(byte)
        column += 1
    }

    mutating func putBreak() {
        out.append(0x0A)
        column = 0
    }

    mutating func writeIndent() {
        let indent = max(0, indent)
        if !indention || column > indent || (column == indent && !whitespace) { putBreak() }
        while column < indent { put(0x20) }
        whitespace = true
        indention = true
    }

    mutating func indicator(_ byte: UInt8, spaced: Bool, isWhitespace: Bool = false, isIndention: Bool = false) {
        if spaced, !whitespace { put(0x20) }
        put(byte)
        whitespace = isWhitespace
        indention = indention && isIndention
    }

    /// A line of its own between documents.
    mutating func line(_ text: StaticString) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        putBreak()
        (whitespace, indention, indent) = (true, true, -1)
    }

    mutating func endDocument() {
        indent = -1
        writeIndent()
    }

    // MARK: Collections

    /// Begins a mapping; returns what ``close(_:)`` needs.
    mutating func openMapping() -> Int {
        let outer = indent
        indent = indent < 0 ? 0 : indent + Self.step
        return outer
    }

    /// Begins a sequence, which as the value of a key is not indented.
    mutating func openSequence(inMapping: Bool) -> Int {
        let outer = indent
        if indent < 0 {
            indent = 0
        } else if !(inMapping && !indention) {
            indent += Self.step
        }
        return outer
    }

    mutating func close(_ outer: Int) { indent = outer }

    mutating func item() {
        writeIndent()
        indicator(UInt8(ascii: "-"), spaced: true, isIndention: true)
    }

    /// A collection without elements.
    mutating func empty(_ open: Unicode.Scalar, _ close: Unicode.Scalar) {
        indicator(UInt8(ascii: open), spaced: true, isWhitespace: true)
        indicator(UInt8(ascii: close), spaced: false)
    }

    /// A key with its colon; one that is long or has several lines stands after a `?`. Returns what ``string(_:)`` does.
    @discardableResult
    mutating func key(_ text: String) -> Bool {
        writeIndent()
        let isMerge = text == "<<"
        var text = text
        return text.withUTF8 { bytes in
            let analysis = YAMLScalarAnalysis(bytes)
            if isMerge {
                // Without quotes it would read back as a merge key.
                writeDoubleQuoted(bytes, folding: false)
                indicator(UInt8(ascii: ":"), spaced: false)
            } else if !analysis.multiline, bytes.count <= 128 {
                scalar(bytes, analysis, isKey: true)
                indicator(UInt8(ascii: ":"), spaced: false)
            } else {
                indicator(UInt8(ascii: "?"), spaced: true, isIndention: true)
                scalar(bytes, analysis, isKey: false)
                writeIndent()
                indicator(UInt8(ascii: ":"), spaced: true, isIndention: true)
            }
            return analysis.hasForbidden
        }
    }

    // MARK: Scalars

    /// A word that needs no quotes: a number, a boolean, null.
    mutating func plain(_ text: String) {
        if !whitespace { put(0x20) }
        out.append(contentsOf: text.utf8)
        column += text.utf8.count
        whitespace = false
        indention = false
    }

    /// A string; returns whether it holds control characters that only an escape can carry (DEL, C1).
    @discardableResult
    mutating func string(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            let analysis = YAMLScalarAnalysis(bytes)
            scalar(bytes, analysis, isKey: false)
            return analysis.hasForbidden
        }
    }

    private mutating func scalar(_ text: UnsafeBufferPointer<UInt8>, _ analysis: YAMLScalarAnalysis, isKey: Bool) {
        let outer = indent
        indent = indent < 0 ? Self.step : indent + Self.step
        defer { indent = outer }
        if analysis.hasNewline, !isKey {
            if analysis.literalAllowed { writeLiteral(text) } else { writeDoubleQuoted(text, folding: true) }
        } else if analysis.hasNewline || !YAMLResolver.isPlainForGoYAML2(text) {
            writeDoubleQuoted(text, folding: !isKey)
        } else if analysis.plainAllowed {
            writePlain(text, isSimple: analysis.isSimple, folding: !isKey)
        } else if analysis.singleQuotedAllowed, !(isKey && analysis.multiline) {
            writeSingleQuoted(text, folding: !isKey)
        } else {
            writeDoubleQuoted(text, folding: !isKey)
        }
    }
}
