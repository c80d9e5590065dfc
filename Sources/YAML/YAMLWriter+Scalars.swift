extension YAMLWriter {
    private typealias Text = UnsafeBufferPointer<UInt8>

    /// Copies the character at an index and moves on.
    private mutating func copy(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        let end = min(text.count, index + YAMLText.width(text[index]))
        while index < end {
            out.append(text[index])
            index += 1
        }
        column += 1
    }

    /// Copies the line end at an index and moves on.
    private mutating func copyBreak(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        if text[index] == 0x0A {
            putBreak()
            index += 1
        } else {
            copy(text, &index)
            column = 0
        }
    }

    private func isSpace(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        index < text.count && text[index] == 0x20
    }

    /// - Parameter isSimple: the text is ASCII without breaks.
    mutating func writePlain(_ text: UnsafeBufferPointer<UInt8>, isSimple: Bool, folding: Bool) {
        if !whitespace { put(0x20) }
        whitespace = false
        indention = false
        if isSimple, !folding || column + text.count <= width {
            out.append(contentsOf: text)
            column += text.count
            return
        }
        var spaces = false
        var index = 0
        while index < text.count {
            if text[index] == 0x20 {
                if folding, !spaces, column > width, !isSpace(text, index + 1) {
                    writeIndent()
                    index += 1
                } else {
                    copy(text, &index)
                }
                spaces = true
            } else {
                copy(text, &index)
                spaces = false
                indention = false
            }
        }
        whitespace = false
        indention = false
    }

    mutating func writeSingleQuoted(_ text: UnsafeBufferPointer<UInt8>, folding: Bool) {
        indicator(UInt8(ascii: "'"), spaced: true)
        var (spaces, breaks) = (false, false)
        var index = 0
        while index < text.count {
            if text[index] == 0x20 {
                if folding, !spaces, column > width, index > 0, index < text.count - 1, !isSpace(text, index + 1) {
                    writeIndent()
                    index += 1
                } else {
                    copy(text, &index)
                }
                spaces = true
            } else if YAMLText.isBreak(text, index) {
                if !breaks, text[index] == 0x0A { putBreak() }
                copyBreak(text, &index)
                indention = true
                breaks = true
            } else {
                if breaks { writeIndent() }
                if text[index] == UInt8(ascii: "'") { put(UInt8(ascii: "'")) }
                copy(text, &index)
                indention = false
                (spaces, breaks) = (false, false)
            }
        }
        indicator(UInt8(ascii: "'"), spaced: false)
        whitespace = false
        indention = false
    }

    mutating func writeDoubleQuoted(_ text: UnsafeBufferPointer<UInt8>, folding: Bool) {
        indicator(UInt8(ascii: "\""), spaced: true)
        // go-yaml v2 takes each character for a byte order mark if the text begins with one.
        let escapesAll = text.starts(with: [0xEF, 0xBB, 0xBF])
        var spaces = false
        var index = 0
        while index < text.count {
            let byte = text[index]
            if escapesAll || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || YAMLText.isBreak(text, index)
                || !YAMLText.isPrintable(text, index)
            {
                escape(text, &index)
                spaces = false
            } else if byte == 0x20 {
                if folding, !spaces, column > width, index > 0, index < text.count - 1 {
                    writeIndent()
                    if isSpace(text, index + 1) { put(UInt8(ascii: "\\")) }
                    index += 1
                } else {
                    copy(text, &index)
                }
                spaces = true
            } else {
                copy(text, &index)
                spaces = false
            }
        }
        indicator(UInt8(ascii: "\""), spaced: false)
        whitespace = false
        indention = false
    }

    /// Writes the escape of the character at an index and moves on.
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        let width = min(YAMLText.width(text[index]), text.count - index)
        var value: UInt32
        switch width {
        case 1: value = UInt32(text[index] & 0x7F)
        case 2: value = UInt32(text[index] & 0x1F)
        case 3: value = UInt32(text[index] & 0x0F)
        default: value = UInt32(text[index] & 0x07)
        }
        for offset in 1..<max(1, width) { value = value << 6 | UInt32(text[index + offset] & 0x3F) }
        index += width
        put(UInt8(ascii: "\\"))
        if let short = Self.shortEscape(value) { return put(short) }
        let (letter, digits): (UInt8, Int) =
            value <= 0xFF
            ? (UInt8(ascii: "x"), 2) : value <= 0xFFFF ? (UInt8(ascii: "u"), 4) : (UInt8(ascii: "U"), 8)
        put(letter)
        for position in (0..<digits).reversed() {
            let digit = UInt8(truncatingIfNeeded: value >> UInt32(position * 4)) & 15
            put(digit < 10 ? 48 + digit : 55 + digit)
        }
    }

    private static func shortEscape(_ value: UInt32) -> UInt8? {
        switch value {
        case 0x00: UInt8(ascii: "0")
        case 0x07: UInt8(ascii: "a")
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0B: UInt8(ascii: "v")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        case 0x1B: UInt8(ascii: "e")
        case 0x22: UInt8(ascii: "\"")
        case 0x5C: UInt8(ascii: "\\")
        case 0x85: UInt8(ascii: "N")
        case 0xA0: UInt8(ascii: "_")
        case 0x2028: UInt8(ascii: "L")
        case 0x2029: UInt8(ascii: "P")
        default: nil
        }
    }

    mutating func writeLiteral(_ text: UnsafeBufferPointer<UInt8>) {
        indicator(UInt8(ascii: "|"), spaced: true)
        blockHints(text)
        putBreak()
        (whitespace, indention) = (true, true)
        var breaks = true
        var index = 0
        while index < text.count {
            if YAMLText.isBreak(text, index) {
                copyBreak(text, &index)
                indention = true
                breaks = true
            } else {
                if breaks { writeIndent() }
                copy(text, &index)
                indention = false
                breaks = false
            }
        }
    }

    /// Says how far a block is indented, where that cannot be seen, and what becomes of the line ends behind it.
    mutating func blockHints(_ text: UnsafeBufferPointer<UInt8>) {
        if isSpace(text, 0) || (!text.isEmpty && YAMLText.isBreak(text, 0)) { put(UInt8(ascii: "2")) }
        if let hint = chompingHint(text) { put(hint) }
    }

    /// `-` for a text that does not end in a line end, `+` for one that ends in several.
    private func chompingHint(_ text: UnsafeBufferPointer<UInt8>) -> UInt8? {
        func lastCharacter(before end: Int) -> Int? {
            guard end > 0 else { return nil }
            var index = end - 1
            while index > 0, text[index] & 0xC0 == 0x80 { index -= 1 }
            return index
        }
        guard let last = lastCharacter(before: text.count), YAMLText.isBreak(text, last) else {
            return UInt8(ascii: "-")
        }
        guard let previous = lastCharacter(before: last) else { return UInt8(ascii: "+") }
        return YAMLText.isBreak(text, previous) ? UInt8(ascii: "+") : nil
    }
}
