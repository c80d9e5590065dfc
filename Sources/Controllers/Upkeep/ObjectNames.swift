internal import Core

/// Names that the operator makes of other names, within the limits that the API server sets.
enum ObjectNames {
    /// The longest value of a label, in bytes.
    static let labelLimit = 63

    /// The beginning of a name, cut so that it may be followed by more: it ends in a letter or a digit.
    static func prefix(_ name: String, limit: Int) -> String {
        var cut = name.utf8.prefix(limit)
        while let last = cut.last, last == UInt8(ascii: "-") || last == UInt8(ascii: ".") { cut = cut.dropLast() }
        return String(decoding: cut, as: UTF8.self)
    }

    /// A name as the value of a label: itself if it fits, else its beginning and a hash.
    static func label(_ name: String) -> String {
        guard name.utf8.count > labelLimit else { return name }
        return prefix(name, limit: labelLimit - 11) + "-" + SHA256Digest(of: name).hex.prefix(10)
    }
}
