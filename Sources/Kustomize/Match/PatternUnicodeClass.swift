/// A general category of Unicode (https://www.unicode.org/reports/tr44/#General_Category_Values), as `\\p{Lu}` names it.
struct PatternUnicodeClass: Sendable {
    private let categories: Set<Unicode.GeneralCategory>
    private let isNegated: Bool

    /// - Parameter name: two letters, one for several categories, or `Any`. Scripts (`Greek`) are not known.
    init(_ name: String, isNegated: Bool) throws(PatternError) {
        let chosen = Self.names.filter {
            name == "Any" || $0.key == name || (name.count == 1 && $0.key.hasPrefix(name))
        }
        guard !chosen.isEmpty else {
            throw PatternError(problem: "'\\p{\(name)}' is not known: name a general category, as L, Lu or Nd")
        }
        categories = name == "Any" ? Set(Self.names.values).union([.unassigned]) : Set(chosen.values)
        self.isNegated = isNegated
    }

    func contains(_ character: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(character) else { return false }
        return categories.contains(scalar.properties.generalCategory) != isNegated
    }

    private static let names: [String: Unicode.GeneralCategory] = [
        "Lu": .uppercaseLetter, "Ll": .lowercaseLetter, "Lt": .titlecaseLetter, "Lm": .modifierLetter,
        "Lo": .otherLetter,
        "Mn": .nonspacingMark, "Mc": .spacingMark, "Me": .enclosingMark, "Nd": .decimalNumber, "Nl": .letterNumber,
        "No": .otherNumber, "Pc": .connectorPunctuation, "Pd": .dashPunctuation, "Ps": .openPunctuation,
        "Pe": .closePunctuation, "Pi": .initialPunctuation, "Pf": .finalPunctuation, "Po": .otherPunctuation,
        "Sm": .mathSymbol, "Sc": .currencySymbol, "Sk": .modifierSymbol, "So": .otherSymbol, "Zs": .spaceSeparator,
        "Zl": .lineSeparator, "Zp": .paragraphSeparator, "Cc": .control, "Cf": .format, "Cs": .surrogate,
        "Co": .privateUse,
    ]
}
