/// A compiled regular expression: instructions that all possible matches step through side by side.
///
/// Time is bounded by the length of the text times that of the program, whatever the expression is.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        case characters(CharacterSet)
        case assert(Assertion)
        /// Go on at both places.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
    }

    /// A set of characters as ranges of code points.
    struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>]
        /// Classes of Unicode that belong to it as well.
        var classes: [PatternUnicodeClass] = []
        var isNegated = false

        func contains(_ character: UInt32) -> Bool {
            (ranges.contains { $0.contains(character) } || classes.contains { $0.contains(character) }) != isNegated
        }
    }

    /// How many instructions an expression may take; RE2 has a bound of the same kind.
    static let limit = 20_000

    private(set) var code: [Instruction]

    /// Matches anything.
    init() {
        code = [.match]
    }

    init(_ text: String) throws(PatternError) {
        var parser = PatternParser(text)
        let tree = try parser.parse()
        code = []
        try emit(tree)
        code.append(.match)
    }

    private mutating func append(_ instruction: Instruction) throws(PatternError) {
        guard code.count < Self.limit else { throw PatternError(problem: "the expression is too large") }
        code.append(instruction)
    }

    private mutating func emit(_ tree: PatternTree) throws(PatternError) {
        switch tree {
        case .empty: break
        case .characters(let set): try append(.characters(set))
        case .assert(let assertion): try append(.assert(assertion))
        case .sequence(let parts): for part in parts { try emit(part) }
        case .either(let choices): try emitChoices(choices)
        case .repeated(let inner, let least, let most):
            for _ in 0..<least { try emit(inner) }
            if let most {
                var splits: [Int] = []
                for _ in least..<max(least, most) {
                    splits.append(code.count)
                    try append(.jump(0))
                    try emit(inner)
                }
                for split in splits { code[split] = .split(split + 1, code.count) }
            } else {
                let split = code.count
                try append(.jump(0))
                try emit(inner)
                try append(.jump(split))
                code[split] = .split(split + 1, code.count)
            }
        }
    }

    private mutating func emitChoices(_ choices: [PatternTree]) throws(PatternError) {
        var ends: [Int] = []
        for (index, choice) in choices.enumerated() {
            guard index + 1 < choices.count else {
                try emit(choice)
                break
            }
            let split = code.count
            try append(.jump(0))
            try emit(choice)
            ends.append(code.count)
            try append(.jump(0))
            code[split] = .split(split + 1, code.count)
        }
        for end in ends { code[end] = .jump(code.count) }
    }

    /// Whether the text holds a match anywhere.
    func matches(_ text: String) -> Bool {
        let characters = text.unicodeScalars.map(\.value)
        var current = Threads(count: code.count)
        var next = Threads(count: code.count)
        for position in 0...characters.count {
            if add(0, to: &current, characters, position) { return true }
            guard position < characters.count else { break }
            for index in current.list {
                guard case .characters(let set) = code[index], set.contains(characters[position]) else { continue }
                if add(index + 1, to: &next, characters, position + 1) { return true }
            }
            swap(&current, &next)
            next.clear()
        }
        return false
    }

    /// The instructions that wait for a character, each at most once.
    private struct Threads {
        var list: [Int] = []
        private var marks: [UInt32]
        private var generation: UInt32 = 1

        init(count: Int) {
            marks = Array(repeating: 0, count: count)
        }

        mutating func insert(_ index: Int) -> Bool {
            guard marks[index] != generation else { return false }
            marks[index] = generation
            return true
        }

        mutating func clear() {
            list.removeAll(keepingCapacity: true)
            generation &+= 1
        }
    }

    /// Follows everything that takes no character; true once a match is reached.
    private func add(_ start: Int, to threads: inout Threads, _ text: [UInt32], _ position: Int) -> Bool {
        var pending = [start]
        while let index = pending.popLast() {
            guard threads.insert(index) else { continue }
            switch code[index] {
            case .characters: threads.list.append(index)
            case .assert(let assertion):
                if assertion.holds(in: text, at: position) { pending.append(index + 1) }
            case .split(let a, let b):
                pending.append(b)
                pending.append(a)
            case .jump(let target): pending.append(target)
            case .match: return true
            }
        }
        return false
    }
}

extension PatternProgram.Assertion {
    func holds(in text: [UInt32], at position: Int) -> Bool {
        switch self {
        case .textStart: position == 0
        case .textEnd: position == text.count
        case .lineStart: position == 0 || text[position - 1] == 0x0A
        case .lineEnd: position == text.count || text[position] == 0x0A
        case .wordBoundary: isBoundary(text, position)
        case .noWordBoundary: !isBoundary(text, position)
        }
    }

    private func isBoundary(_ text: [UInt32], _ position: Int) -> Bool {
        let before = position > 0 && Self.isWord(text[position - 1])
        let after = position < text.count && Self.isWord(text[position])
        return before != after
    }

    private static func isWord(_ character: UInt32) -> Bool {
        switch character {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }
}
