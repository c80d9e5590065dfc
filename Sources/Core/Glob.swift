/// A shell-style pattern over names: `*` matches any run of characters, `?` one; everything matches literally else.
///
/// Matching is linear in the text for each `*` and never backtracks further than the last `*`, so no pattern is slow.
package struct Glob: Sendable, Hashable {
    package let pattern: String
    private let bytes: [UInt8]

    package init(_ pattern: String) {
        self.pattern = pattern
        bytes = Array(pattern.utf8)
    }

    package func matches(_ text: String) -> Bool {
        let star = UInt8(ascii: "*")
        let any = UInt8(ascii: "?")
        let text = Array(text.utf8)
        var p = 0
        var t = 0
        var afterStar: (pattern: Int, text: Int)?
        while t < text.count {
            if p < bytes.count, bytes[p] == star {
                p += 1
                afterStar = (p, t)
            } else if p < bytes.count, bytes[p] == any || bytes[p] == text[t] {
                p += 1
                t += 1
            } else if let last = afterStar {
                afterStar = (last.pattern, last.text + 1)
                p = last.pattern
                t = last.text + 1
            } else {
                return false
            }
        }
        while p < bytes.count, bytes[p] == star { p += 1 }
        return p == bytes.count
    }
}

/// An ordered list of globs in which `!` negates: the last pattern that matches decides; nothing matches an empty list.
package struct GlobList: Sendable, Hashable {
    private let rules: [(glob: Glob, allow: Bool)]

    package init(_ patterns: [String]) {
        rules = patterns.map { $0.hasPrefix("!") ? (Glob(String($0.dropFirst())), false) : (Glob($0), true) }
    }

    package func matches(_ text: String) -> Bool {
        for rule in rules.reversed() where rule.glob.matches(text) { return rule.allow }
        return false
    }

    package static func == (a: GlobList, b: GlobList) -> Bool {
        a.rules.elementsEqual(b.rules) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for rule in rules {
            hasher.combine(rule.glob)
            hasher.combine(rule.allow)
        }
    }
}
