extension YAML {
    /// Whether one key goes before another in go-yaml v2's "natural" order, in which kustomize writes its output.
    ///
    /// At the first difference two letters compare by code point, a non-letter goes before a letter, and otherwise
    /// digit runs compare by number, then by length, then by character. It is no total order: for odd sets of keys
    /// (such as `1a`, `10`, `a`) the result depends on the order before.
    package static func goYAML2KeyOrder(_ a: String, _ b: String) -> Bool {
        let fast = a.utf8.withContiguousStorageIfAvailable { left in
            b.utf8.withContiguousStorageIfAvailable { right in asciiPrecedes(left, right) } ?? nil
        }
        if let decided = fast ?? nil { return decided }
        return precedes(Array(a.unicodeScalars), Array(b.unicodeScalars))
    }

    /// The order of two texts whose first difference lies between ASCII characters that are not both digits; nil if
    /// the full comparison is needed.
    private static func asciiPrecedes(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool? {
        let shorter = min(a.count, b.count)
        var index = 0
        while index < shorter, a[index] == b[index] { index += 1 }
        guard index < shorter else { return a.count < b.count }
        let (left, right) = (a[index], b[index])
        guard left < 0x80, right < 0x80 else { return nil }
        let (leftLetter, rightLetter) = (isLetter(left), isLetter(right))
        if leftLetter, rightLetter { return left < right }
        if leftLetter || rightLetter { return rightLetter }
        return isDigit(left) || isDigit(right) ? nil : left < right
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? isDigit(UInt8(truncatingIfNeeded: scalar.value)) : scalar.properties.generalCategory == .decimalNumber
    }

    private static func precedes(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Bool {
        guard let index = zip(a, b).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset else {
            return a.count < b.count
        }
        let (leftLetter, rightLetter) = (isLetter(a[index]), isLetter(b[index]))
        if leftLetter, rightLetter { return a[index] < b[index] }
        if leftLetter || rightLetter { return rightLetter }
        // A zero inside a longer number counts as a digit of it, so that 101 and 11 compare by length.
        var start: Int64 = 0
        if a[index] == "0" || b[index] == "0" {
            var before = index - 1
            while before >= 0, isDigit(a[before]) {
                if a[before] != "0" {
                    start = 1
                    break
                }
                before -= 1
            }
        }
        let (leftNumber, leftEnd) = number(a, from: index, start)
        let (rightNumber, rightEnd) = number(b, from: index, start)
        if leftNumber != rightNumber { return leftNumber < rightNumber }
        if leftEnd != rightEnd { return leftEnd < rightEnd }
        return a[index] < b[index]
    }

    /// The number that a run of digits makes, wrapping around as Go's does, and where the run ends.
    private static func number(_ text: [Unicode.Scalar], from index: Int, _ start: Int64) -> (Int64, end: Int) {
        var value = start
        var end = index
        while end < text.count, isDigit(text[end]) {
            value = value &* 10 &+ (Int64(text[end].value) - 48)
            end += 1
        }
        return (value, end)
    }
}
