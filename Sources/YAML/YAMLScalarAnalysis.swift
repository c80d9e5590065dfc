/// What an emitter must know of a text to choose how to write it.
struct YAMLScalarAnalysis {
    /// How a text may stand in a block context.
    private(set) var multiline = false
    private(set) var plainAllowed = true
    private(set) var singleQuotedAllowed = true
    private(set) var literalAllowed = true
    /// Whether go-yaml v3 can write it as a folded block, which unlike v2 it does with tabs too.
    private(set) var foldedAllowed = true
    /// Whether it holds a line feed.
    private(set) var hasNewline = false
    /// Whether all of it is ASCII without breaks, so that bytes are columns.
    private(set) var isSimple = true
    /// Whether it holds a character that JSON may hold unescaped and YAML may not: see ``YAMLText/isForbidden(_:_:)``.
    private(set) var hasForbidden = false

    /// Looks a text over, as libyaml's emitter does for block context and with Unicode allowed.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        guard let first = text.first else {
            literalAllowed = false
            foldedAllowed = false
            return
        }
        var indicators = Self.beginsWithIndicator(text, first)
        var special = false
        var (leading, trailing, breakSpace, spaceBreak) = (false, false, false, false)
        var (previousSpace, previousBreak, previousBlank) = (false, false, true)
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte > 0x20, byte < 0x7F {
                // The common case: a visible ASCII character.
                if byte == UInt8(ascii: ":"), index > 0 {
                    if index + 1 == text.count || Self.isBlank(text[index + 1]) { indicators = true }
                } else if byte == UInt8(ascii: "#"), previousBlank {
                    indicators = true
                }
                (previousSpace, previousBreak, previousBlank) = (false, false, false)
                index += 1
                continue
            }
            let width = YAMLText.width(byte)
            let last = index + width >= text.count
            if byte == 0x20 {
                if index == 0 { leading = true }
                if last { trailing = true }
                if previousBreak { breakSpace = true }
                (previousSpace, previousBreak, previousBlank) = (true, false, true)
            } else if YAMLText.isBreak(text, index) {
                if !YAMLText.isPrintable(text, index) {
                    special = true
                    foldedAllowed = false
                    if byte == 0xC2 { hasForbidden = true }
                }
                isSimple = false
                multiline = true
                if byte == 0x0A { hasNewline = true }
                if index == 0 { leading = true }
                if last { trailing = true }
                if previousSpace { spaceBreak = true }
                (previousSpace, previousBreak, previousBlank) = (false, true, true)
            } else {
                if byte >= 0x80 { isSimple = false }
                if !YAMLText.isPrintable(text, index) {
                    special = true
                    if byte != 0x09 { foldedAllowed = false }
                    if YAMLText.isForbidden(text, index) { hasForbidden = true }
                }
                (previousSpace, previousBreak, previousBlank) = (false, false, byte == 0x09)
            }
            index += width
        }
        finish(
            indicators: indicators, special: special || spaceBreak, edges: leading || trailing,
            breakSpace: breakSpace, endsInSpace: text.last == 0x20)
        if spaceBreak || text.last == 0x20 { foldedAllowed = false }
    }

    private mutating func finish(
        indicators: Bool, special: Bool, edges: Bool, breakSpace: Bool, endsInSpace: Bool
    ) {
        if edges || breakSpace || special || multiline || indicators { plainAllowed = false }
        if breakSpace || special { singleQuotedAllowed = false }
        if endsInSpace || special { literalAllowed = false }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func beginsWithIndicator(_ text: UnsafeBufferPointer<UInt8>, _ first: UInt8) -> Bool {
        switch first {
        case UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"),
            UInt8(ascii: ">"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"),
            UInt8(ascii: "`"):
            return true
        case UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: "-"):
            if text.count == 1 || isBlank(text[1]) { return true }
        case UInt8(ascii: "."):
            break
        default:
            return false
        }
        guard text.count >= 3, first != UInt8(ascii: "?"), first != UInt8(ascii: ":") else { return false }
        return text[1] == first && text[2] == first
    }
}

/// Characters in UTF-8 as libyaml's emitter sees them.
enum YAMLText {
    /// The bytes of the character that begins with this byte.
    static func width(_ byte: UInt8) -> Int {
        if byte < 0x80 { return 1 }
        if byte < 0xE0 { return 2 }
        return byte < 0xF0 ? 3 : 4
    }

    /// Whether a line ends here: CR, LF, NEL, LS or PS.
    static func isBreak(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        switch text[index] {
        case 0x0A, 0x0D: true
        case 0xC2: index + 1 < text.count && text[index + 1] == 0x85
        case 0xE2:
            index + 2 < text.count && text[index + 1] == 0x80 && (text[index + 2] == 0xA8 || text[index + 2] == 0xA9)
        default: false
        }
    }

    /// Whether the character may stand unescaped in JSON but not in YAML, which breaks kustomize: DEL, C1 controls,
    /// U+FFFE and U+FFFF.
    static func isForbidden(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        func byte(_ offset: Int) -> UInt8 { index + offset < text.count ? text[index + offset] : 0 }
        switch text[index] {
        case 0x7F: return true
        case 0xC2: return byte(1) < 0xA0
        case 0xEF: return byte(1) == 0xBF && (byte(2) == 0xBE || byte(2) == 0xBF)
        default: return false
        }
    }

    /// Whether the character may stand in a text unescaped.
    static func isPrintable(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        func byte(_ offset: Int) -> UInt8 { index + offset < text.count ? text[index + offset] : 0 }
        switch text[index] {
        case 0x0A, 0x20...0x7E: return true
        case 0xC2: return byte(1) >= 0xA0
        case 0xC3..<0xED: return true
        case 0xED: return byte(1) < 0xA0
        case 0xEE: return true
        case 0xEF:
            return !(byte(1) == 0xBB && byte(2) == 0xBF) && !(byte(1) == 0xBF && (byte(2) == 0xBE || byte(2) == 0xBF))
        default: return false
        }
    }
}
