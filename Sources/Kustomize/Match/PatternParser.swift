/// The shape of a regular expression.
indirect enum PatternTree {
    case empty
    case characters(PatternProgram.CharacterSet)
    case assert(PatternProgram.Assertion)
    case sequence([PatternTree])
    case either([PatternTree])
    case repeated(PatternTree, least: Int, most: Int?)
}

/// Reads RE2's syntax.
struct PatternParser {
    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesNewline = false
    }

    private let text: [Unicode.Scalar]
    private var index = 0
    private var flags = Flags()
    private var depth = 0

    init(_ text: String) {
        self.text = Array(text.unicodeScalars)
    }

    mutating func parse() throws(PatternError) -> PatternTree {
        let tree = try alternatives()
        guard index == text.count else { throw PatternError(problem: "a ')' has no '('") }
        return tree
    }

    private var next: Unicode.Scalar? { index < text.count ? text[index] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == character else { return false }
        index += 1
        return true
    }

    private mutating func alternatives() throws(PatternError) -> PatternTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 200 else { throw PatternError(problem: "groups nest too deeply") }
        let outer = flags
        defer { flags = outer }
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .either(choices)
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var parts: [PatternTree] = []
        while let character = next, character != "|", character != ")" {
            let atom = try atom()
            parts.append(try repetition(of: atom))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repetition(of atom: PatternTree) throws(PatternError) -> PatternTree {
        var tree = atom
        var repeated = false
        while let character = next {
            let bounds: (Int, Int?)
            switch character {
            case "*": bounds = (0, nil)
            case "+": bounds = (1, nil)
            case "?": bounds = (0, 1)
            case "{":
                guard let counts = try counts() else { return tree }
                bounds = counts
                index -= 1
            default: return tree
            }
            guard !repeated else { throw PatternError(problem: "a repetition is repeated: put it in a group") }
            repeated = true
            index += 1
            // Lazy or not makes no difference to whether there is a match.
            _ = take("?")
            tree = .repeated(tree, least: bounds.0, most: bounds.1)
        }
        return tree
    }

    /// `{n}`, `{n,}` or `{n,m}`; nil, and nothing consumed, if the brace is just a brace.
    private mutating func counts() throws(PatternError) -> (Int, Int?)? {
        let start = index
        index += 1
        guard let least = number() else { return literalBrace(start) }
        var most: Int? = least
        if take(",") {
            if next == "}" {
                most = nil
            } else if let upper = number() {
                most = upper
            } else {
                return literalBrace(start)
            }
        }
        guard take("}") else { return literalBrace(start) }
        guard least <= 1000, (most ?? 0) <= 1000, least <= most ?? least else {
            throw PatternError(problem: "a repetition count is out of range (at most 1000)")
        }
        return (least, most)
    }

    private mutating func literalBrace(_ start: Int) -> (Int, Int?)? {
        index = start
        return nil
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = next, digit.value >= 0x30, digit.value <= 0x39 {
            value = min((value ?? 0) * 10 + Int(digit.value - 0x30), 100_000)
            index += 1
        }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternTree {
        guard let character = next else { return .empty }
        index += 1
        switch character {
        case "(": return try group()
        case "[": return .characters(fold(try bracket()))
        case ".":
            return .characters(
                PatternProgram.CharacterSet(ranges: flags.dotMatchesNewline ? [] : [0x0A...0x0A], isNegated: true))
        case "^": return .assert(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assert(flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?": throw PatternError(problem: "'\(character)' has nothing to repeat")
        case "\\": return try escape()
        default: return literal(character)
        }
    }

    private func literal(_ character: Unicode.Scalar) -> PatternTree {
        .characters(fold(PatternProgram.CharacterSet(ranges: [character.value...character.value])))
    }

    /// Both cases of ASCII letters, where `(?i)` is on.
    private func fold(_ set: PatternProgram.CharacterSet) -> PatternProgram.CharacterSet {
        guard flags.ignoresCase else { return set }
        var set = set
        for range in set.ranges {
            let upper = range.clamped(to: 0x41...0x5A)
            if range.overlaps(0x41...0x5A) { set.ranges.append(upper.lowerBound + 32...upper.upperBound + 32) }
            let lower = range.clamped(to: 0x61...0x7A)
            if range.overlaps(0x61...0x7A) { set.ranges.append(lower.lowerBound - 32...lower.upperBound - 32) }
        }
        return set
    }

    private mutating func group() throws(PatternError) -> PatternTree {
        let outer = flags
        if take("?") {
            if take("P") || next == "<" {
                guard take("<") else { throw PatternError(problem: "a group's name begins with '<'") }
                while let character = next, character != ">" {
                    _ = character
                    index += 1
                }
                guard take(">") else { throw PatternError(problem: "a group's name ends with '>'") }
            } else {
                // `(?i)` holds until the group around it ends, `(?i:...)` within itself.
                guard try setFlags() else { return .empty }
            }
        }
        let tree = try alternatives()
        flags = outer
        guard take(")") else { throw PatternError(problem: "a '(' has no ')'") }
        return tree
    }

    /// Reads `i`, `-s` and the like up to `:` (true: they hold in this group) or `)` (false: from here on).
    private mutating func setFlags() throws(PatternError) -> Bool {
        var value = true
        while let character = next {
            index += 1
            switch character {
            case "i": flags.ignoresCase = value
            case "m": flags.isMultiline = value
            case "s": flags.dotMatchesNewline = value
            case "U": break
            case "-": value = false
            case ":": return true
            case ")": return false
            default: throw PatternError(problem: "'(?\(character)' is not known")
            }
        }
        throw PatternError(problem: "a '(' has no ')'")
    }

    private mutating func escape() throws(PatternError) -> PatternTree {
        guard let character = next else { throw PatternError(problem: "nothing follows a '\\'") }
        switch character {
        case "A":
            index += 1
            return .assert(.textStart)
        case "z":
            index += 1
            return .assert(.textEnd)
        case "b":
            index += 1
            return .assert(.wordBoundary)
        case "B":
            index += 1
            return .assert(.noWordBoundary)
        case "Q":
            index += 1
            return quoted()
        default: return .characters(fold(try escapedSet()))
        }
    }

    /// `\Q...\E`: everything between is plain text.
    private mutating func quoted() -> PatternTree {
        var parts: [PatternTree] = []
        while let character = next {
            index += 1
            if character == "\\", take("E") { break }
            parts.append(literal(character))
        }
        return .sequence(parts)
    }

    /// What follows a backslash, as a set of characters.
    private mutating func escapedSet() throws(PatternError) -> PatternProgram.CharacterSet {
        guard let character = next else { throw PatternError(problem: "nothing follows a '\\'") }
        index += 1
        if let set = PatternProgram.CharacterSet(perl: character) { return set }
        let value: UInt32
        switch character {
        case "a": value = 7
        case "f": value = 12
        case "n": value = 10
        case "r": value = 13
        case "t": value = 9
        case "v": value = 11
        case "x": value = try hexadecimal()
        case "p", "P":
            return PatternProgram.CharacterSet(ranges: [], classes: [try unicodeClass(isNegated: character == "P")])
        default:
            guard !character.properties.isAlphabetic, !(0x30...0x39).contains(character.value) else {
                throw PatternError(problem: "'\\\(character)' is not known")
            }
            value = character.value
        }
        return PatternProgram.CharacterSet(ranges: [value...value])
    }

    /// `L`, `{Lu}` or `{^Lu}` behind `\p`.
    private mutating func unicodeClass(isNegated: Bool) throws(PatternError) -> PatternUnicodeClass {
        guard let first = next else { throw PatternError(problem: "nothing follows a '\\p'") }
        index += 1
        guard first == "{" else { return try PatternUnicodeClass(String(first), isNegated: isNegated) }
        let isInverted = take("^")
        var name = ""
        while let character = next, character != "}" {
            name.unicodeScalars.append(character)
            index += 1
        }
        guard take("}") else { throw PatternError(problem: "a '\\p{' has no '}'") }
        return try PatternUnicodeClass(name, isNegated: isNegated != isInverted)
    }

    private mutating func hexadecimal() throws(PatternError) -> UInt32 {
        var digits = ""
        if take("{") {
            while let character = next, character != "}" {
                digits.unicodeScalars.append(character)
                index += 1
            }
            guard take("}") else { throw PatternError(problem: "a '\\x{' has no '}'") }
        } else {
            for _ in 0..<2 {
                guard let character = next else { break }
                digits.unicodeScalars.append(character)
                index += 1
            }
        }
        guard let value = UInt32(digits, radix: 16), value <= 0x10FFFF else {
            throw PatternError(problem: "'\\x' is followed by hexadecimal digits")
        }
        return value
    }

    private mutating func bracket() throws(PatternError) -> PatternProgram.CharacterSet {
        var set = PatternProgram.CharacterSet(ranges: [])
        set.isNegated = take("^")
        var isFirst = true
        while let character = next, character != "]" || isFirst {
            isFirst = false
            if character == "[", index + 1 < text.count, text[index + 1] == ":" {
                set.ranges += try namedClass()
                continue
            }
            index += 1
            var low = PatternProgram.CharacterSet(ranges: [character.value...character.value])
            if character == "\\" { low = try escapedSet() }
            set.classes += low.classes
            guard !low.isNegated, let first = low.ranges.first, low.ranges.count == 1,
                first.lowerBound == first.upperBound, next == "-", index + 1 < text.count, text[index + 1] != "]"
            else {
                set.ranges += low.isNegated ? low.complement : low.ranges
                continue
            }
            index += 1
            guard let end = next else { break }
            index += 1
            let high = end == "\\" ? try escapedSet().ranges.first?.lowerBound ?? 0 : end.value
            guard first.lowerBound <= high else { throw PatternError(problem: "a range in '[]' goes backwards") }
            set.ranges.append(first.lowerBound...high)
        }
        guard take("]") else { throw PatternError(problem: "a '[' has no ']'") }
        return set
    }

    private mutating func namedClass() throws(PatternError) -> [ClosedRange<UInt32>] {
        index += 2
        var name = ""
        while let character = next, character != ":" {
            name.unicodeScalars.append(character)
            index += 1
        }
        guard take(":"), take("]"), let ranges = PatternProgram.CharacterSet.named[name] else {
            throw PatternError(problem: "'[:\(name):]' is not known")
        }
        return ranges
    }
}

extension PatternProgram.CharacterSet {
    /// `\d`, `\s`, `\w` and their complements, which hold ASCII only.
    fileprivate init?(perl character: Unicode.Scalar) {
        switch character {
        case "d", "D": self.init(ranges: [0x30...0x39], isNegated: character == "D")
        case "s", "S": self.init(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20], isNegated: character == "S")
        case "w", "W":
            self.init(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A], isNegated: character == "W")
        default: return nil
        }
    }

    /// Everything that is not in the ranges.
    fileprivate var complement: [ClosedRange<UInt32>] {
        var out: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > start { out.append(start...range.lowerBound - 1) }
            start = max(start, range.upperBound + 1)
        }
        out.append(start...0x10FFFF)
        return out
    }

    fileprivate static let named: [String: [ClosedRange<UInt32>]] = [
        "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A],
        "ascii": [0...0x7F], "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0...0x1F, 0x7F...0x7F],
        "digit": [0x30...0x39], "graph": [0x21...0x7E], "lower": [0x61...0x7A], "print": [0x20...0x7E],
        "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
        "space": [0x09...0x0D, 0x20...0x20], "upper": [0x41...0x5A],
        "word": [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A],
        "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
    ]
}
