/// What a measured value must satisfy: `< 0.01`, `>= 0.99`, `== 0`.
package struct MetricCondition: Sendable, Hashable, CustomStringConvertible {
    package enum Comparison: String, Sendable, CaseIterable {
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case greater = ">"
    }

    package let comparison: Comparison
    package let limit: Double

    /// Nil for a text that is not a comparison and a plain decimal number.
    package init?(_ text: String) {
        let trimmed = text.drop(while: \.isWhitespace)
        // The two-character signs come first: `<=` begins with `<`.
        guard let comparison = Comparison.allCases.first(where: { trimmed.hasPrefix($0.rawValue) }) else { return nil }
        let number = trimmed.dropFirst(comparison.rawValue.count).drop(while: \.isWhitespace)
            .prefix { !$0.isWhitespace }
        let rest = trimmed.dropFirst(comparison.rawValue.count).drop(while: \.isWhitespace).dropFirst(number.count)
        guard rest.allSatisfy(\.isWhitespace), let limit = Self.decimal(number) else { return nil }
        self.comparison = comparison
        self.limit = limit
    }

    /// Digits, perhaps with a sign before and a fraction behind; none of the other forms that `Double` reads.
    private static func decimal(_ text: Substring) -> Double? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }) else {
            return nil
        }
        return Double(text)
    }

    package func holds(_ value: Double) -> Bool {
        switch comparison {
        case .less: value < limit
        case .lessOrEqual: value <= limit
        case .greater: value > limit
        case .greaterOrEqual: value >= limit
        case .equal: value == limit
        case .notEqual: value != limit
        }
    }

    package var description: String { "\(comparison.rawValue) \(limit)" }
}
