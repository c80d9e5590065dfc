/// A version by https://semver.org/spec/v2.0.0.html; build metadata takes no part in comparisons.
package struct SemanticVersion: Sendable, Hashable, Comparable {
    package let major: UInt32
    package let minor: UInt32
    package let patch: UInt32
    /// The dot-separated identifiers after `-`.
    package let prerelease: [String]

    init(_ major: UInt32, _ minor: UInt32, _ patch: UInt32, prerelease: [String] = []) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
    }

    /// Reads `1.2.3`, `v1.2.3`, `1.2.3-rc.1+build`. Nil for anything else, partial versions included.
    package init?(_ text: String) {
        guard text.utf8.count <= 128 else { return nil }
        var rest = text[...]
        if rest.first == "v" { rest = rest.dropFirst() }
        if let plus = rest.firstIndex(of: "+") { rest = rest[..<plus] }
        var prerelease: [String] = []
        if let dash = rest.firstIndex(of: "-") {
            let parts = rest[rest.index(after: dash)...].split(separator: ".", omittingEmptySubsequences: false)
            guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isIdentifierByte) }) else { return nil }
            prerelease = parts.map(String.init)
            rest = rest[..<dash]
        }
        let numbers = rest.split(separator: ".", omittingEmptySubsequences: false).map { Self.number($0) }
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        self.init(major, minor, patch, prerelease: prerelease)
    }

    static func number(_ text: Substring) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return UInt32(text)
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "-"): true
        default: false
        }
    }

    package static func < (a: SemanticVersion, b: SemanticVersion) -> Bool {
        let left = (a.major, a.minor, a.patch)
        let right = (b.major, b.minor, b.patch)
        if left != right { return left < right }
        if a.prerelease.isEmpty || b.prerelease.isEmpty { return !a.prerelease.isEmpty && b.prerelease.isEmpty }
        for (x, y) in zip(a.prerelease, b.prerelease) where x != y {
            switch (number(x[...]), number(y[...])) {
            case (let x?, let y?): return x < y
            case (_?, nil): return true
            case (nil, _?): return false
            case (nil, nil): return x.utf8.lexicographicallyPrecedes(y.utf8)
            }
        }
        return a.prerelease.count < b.prerelease.count
    }
}

/// A set of versions as `>=1.2 <2`, `^1.2.3`, `~1.2`, `1.x`, `1.2 - 1.4`, alternatives with `||`.
///
/// A pre-release is in the range only if a comparator of the same alternative names a pre-release of the same
/// `major.minor.patch`, as in the range grammar of npm, Masterminds/semver and Flux.
package struct VersionRange: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let alternatives: [[Comparator]]

    private struct Comparator: Sendable, Hashable {
        enum Operation: Sendable, Hashable { case less, lessOrEqual, greater, greaterOrEqual, equal }
        let operation: Operation
        let version: SemanticVersion

        func holds(_ other: SemanticVersion) -> Bool {
            switch operation {
            case .less: other < version
            case .lessOrEqual: other <= version
            case .greater: other > version
            case .greaterOrEqual: other >= version
            case .equal: !(other < version) && !(version < other)
            }
        }
    }

    /// Nil if the text is no range.
    package init?(_ text: String) {
        guard text.utf8.count <= 256 else { return nil }
        var alternatives: [[Comparator]] = []
        for part in Self.alternatives(of: text) {
            guard let comparators = Self.parse(part) else { return nil }
            alternatives.append(comparators)
        }
        description = text
        self.alternatives = alternatives
    }

    package func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { comparators in
            guard comparators.allSatisfy({ $0.holds(version) }) else { return false }
            return version.prerelease.isEmpty
                || comparators.contains {
                    !$0.version.prerelease.isEmpty && $0.version.major == version.major
                        && $0.version.minor == version.minor && $0.version.patch == version.patch
                }
        }
    }

    /// The tag with the highest version in the range; among tags of equal version the last in byte order.
    package func highest(among tags: some Sequence<String>) -> String? {
        var best: (tag: String, version: SemanticVersion)?
        for tag in tags {
            guard let version = SemanticVersion(tag), contains(version) else { continue }
            guard let current = best else {
                best = (tag, version)
                continue
            }
            let higher =
                current.version < version
                || !(version < current.version) && current.tag.utf8.lexicographicallyPrecedes(tag.utf8)
            if higher { best = (tag, version) }
        }
        return best?.tag
    }

    private static func alternatives(of text: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = text[...]
        while let bar = rest.firstIndex(of: "|"), rest[bar...].hasPrefix("||") {
            parts.append(rest[..<bar])
            rest = rest[rest.index(bar, offsetBy: 2)...]
        }
        return parts + [rest]
    }

    private static func parse(_ text: Substring) -> [Comparator]? {
        var words = text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
        guard !words.isEmpty else { return nil }
        if words.count == 3, words[1] == "-" {
            guard let low = Partial(words[0][...]), let high = Partial(words[2][...]) else { return nil }
            return [Comparator(operation: .greaterOrEqual, version: low.floor)] + high.upTo
        }
        // An operator may stand apart from its version.
        var joined: [String] = []
        while let word = words.first {
            words.removeFirst()
            if word.allSatisfy({ "<>=^~".contains($0) }), let next = words.first {
                words[0] = word + next
            } else {
                joined.append(word)
            }
        }
        var result: [Comparator] = []
        for word in joined {
            guard let comparators = comparators(word) else { return nil }
            result += comparators
        }
        return result
    }

    private static func comparators(_ word: String) -> [Comparator]? {
        let operation = word.prefix { "<>=^~".contains($0) }
        guard let partial = Partial(word.dropFirst(operation.count)) else { return nil }
        let floor = Comparator(operation: .greaterOrEqual, version: partial.floor)
        func below(_ version: SemanticVersion?) -> [Comparator] {
            version.map { [Comparator(operation: .less, version: $0)] } ?? []
        }
        switch operation {
        case "", "=":
            return partial.isFull
                ? [Comparator(operation: .equal, version: partial.floor)] : [floor] + below(partial.ceiling)
        case ">=": return [floor]
        case ">":
            guard !partial.isFull else { return [Comparator(operation: .greater, version: partial.floor)] }
            guard let ceiling = partial.ceiling else { return nil }
            return [Comparator(operation: .greaterOrEqual, version: ceiling)]
        case "<": return [Comparator(operation: .less, version: partial.floor)]
        case "<=": return partial.upTo
        case "~": return [floor] + below(partial.tildeCeiling)
        case "^": return [floor] + below(partial.caretCeiling)
        default: return nil
        }
    }

    /// A version in which `minor` and `patch` may be missing or `x`.
    private struct Partial {
        let major: UInt32?
        let minor: UInt32?
        let patch: UInt32?
        let prerelease: [String]

        init?(_ text: Substring) {
            var text = text
            if text.first == "v" { text = text.dropFirst() }
            if let full = SemanticVersion(String(text)) {
                (major, minor, patch, prerelease) = (full.major, full.minor, full.patch, full.prerelease)
                return
            }
            prerelease = []
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard (1...3).contains(parts.count) else { return nil }
            var numbers: [UInt32?] = []
            for part in parts {
                if part == "x" || part == "X" || part == "*" {
                    numbers.append(nil)
                } else if let number = SemanticVersion.number(part) {
                    guard numbers.allSatisfy({ $0 != nil }) else { return nil }
                    numbers.append(number)
                } else {
                    return nil
                }
            }
            major = numbers[0]
            minor = numbers.count > 1 ? numbers[1] : nil
            patch = numbers.count > 2 ? numbers[2] : nil
        }

        var isFull: Bool { patch != nil }

        var floor: SemanticVersion {
            SemanticVersion(major ?? 0, minor ?? 0, patch ?? 0, prerelease: prerelease)
        }

        /// The first version after all that this names; nil if there is none.
        var ceiling: SemanticVersion? {
            guard let major else { return nil }
            guard let minor else { return Self.next(major) }
            guard patch != nil else { return minor == .max ? Self.next(major) : SemanticVersion(major, minor + 1, 0) }
            return nil
        }

        var tildeCeiling: SemanticVersion? {
            guard let major else { return nil }
            guard let minor else { return Self.next(major) }
            return minor == .max ? Self.next(major) : SemanticVersion(major, minor + 1, 0)
        }

        var caretCeiling: SemanticVersion? {
            guard let major else { return nil }
            guard major == 0, let minor else { return Self.next(major) }
            guard minor == 0, let patch else { return tildeCeiling }
            return patch == .max ? tildeCeiling : SemanticVersion(0, 0, patch + 1)
        }

        /// Everything up to and with what this names.
        var upTo: [Comparator] {
            if isFull { return [Comparator(operation: .lessOrEqual, version: floor)] }
            return ceiling.map { [Comparator(operation: .less, version: $0)] } ?? []
        }

        private static func next(_ major: UInt32) -> SemanticVersion? {
            major == .max ? nil : SemanticVersion(major + 1, 0, 0)
        }
    }
}
