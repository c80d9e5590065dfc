/// Kubernetes' quantities: `500m`, `1.5Gi`, `1e3`.
package enum Quantity {
    /// The form in which a server writes a quantity
    /// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/), or nil for a text that is no
    /// quantity or that this does not compute: more digits than 18, or finer than nano.
    ///
    /// `1000m` -> `1`, `0.5` -> `500m`, `1024Mi` -> `1Gi`, `0.5Gi` -> `512Mi`, `1000` -> `1k`, `0.1Gi` -> `107374182400m`.
    package static func canonical(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        var index = 0
        var negative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            index = 1
        }
        var mantissa: Int64 = 0
        var scale = 0
        var digits = 0
        var seenPoint = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits += 1
                if mantissa != 0 || byte != UInt8(ascii: "0") {
                    guard mantissa < 100_000_000_000_000_000 else { return nil }
                }
                mantissa = mantissa * 10 + Int64(byte - UInt8(ascii: "0"))
                if seenPoint { scale -= 1 }
            } else {
                break
            }
            index += 1
        }
        guard digits > 0, let suffix = Suffix(bytes[index...]) else { return nil }
        guard mantissa != 0 else { return "0" }
        let sign = negative ? "-" : ""
        switch suffix {
        case .decimal(let exponent): return decimal(mantissa, scale + exponent, prefix: sign)
        case .exponent(let exponent): return scientific(mantissa, scale + exponent, prefix: sign)
        case .binary(let power): return binary(mantissa, scale, power, prefix: sign)
        }
    }

    private enum Suffix {
        /// A power of ten, written as a letter.
        case decimal(Int)
        /// A power of ten, written as a number.
        case exponent(Int)
        /// A power of 1024.
        case binary(Int)

        init?(_ bytes: ArraySlice<UInt8>) {
            let text = String(decoding: bytes, as: UTF8.self)
            if let index = Quantity.decimalSuffixes.firstIndex(of: text) {
                self = .decimal(index * 3 - 9)
            } else if let index = Quantity.binarySuffixes.firstIndex(of: text) {
                self = .binary(index + 1)
            } else if text.hasPrefix("e") || text.hasPrefix("E"), let exponent = Int(text.dropFirst()),
                exponent.magnitude <= 18
            {
                self = .exponent(exponent)
            } else {
                return nil
            }
        }
    }

    /// From 10^-9 in steps of three.
    private static let decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
    /// From 1024.
    private static let binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

    /// A number with its exponent made a multiple of three, and its mantissa as short as that allows.
    private static func reduce(_ mantissa: Int64, _ exponent: Int) -> (Int64, Int)? {
        var (mantissa, exponent) = (mantissa, exponent)
        while mantissa % 10 == 0 {
            mantissa /= 10
            exponent += 1
        }
        while exponent % 3 != 0 {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            mantissa = product
            exponent -= 1
        }
        return (mantissa, exponent)
    }

    private static func decimal(_ mantissa: Int64, _ exponent: Int, prefix: String) -> String? {
        guard let (mantissa, exponent) = reduce(mantissa, exponent), (-9...18).contains(exponent) else { return nil }
        return prefix + String(mantissa) + decimalSuffixes[exponent / 3 + 3]
    }

    private static func scientific(_ mantissa: Int64, _ exponent: Int, prefix: String) -> String? {
        guard let (mantissa, exponent) = reduce(mantissa, exponent), (-9...18).contains(exponent) else { return nil }
        return prefix + String(mantissa) + (exponent == 0 ? "" : "e\(exponent)")
    }

    private static func binary(_ mantissa: Int64, _ scale: Int, _ power: Int, prefix: String) -> String? {
        var value = mantissa
        for _ in 0..<power {
            let (product, overflow) = value.multipliedReportingOverflow(by: 1024)
            guard !overflow else { return nil }
            value = product
        }
        var divisor: Int64 = 1
        for _ in 0..<(-scale) { divisor = divisor.multipliedReportingOverflow(by: 10).partialValue }
        guard scale > -18, divisor > 0 else { return nil }
        // What is no whole number, or below 1024, a server writes in powers of ten.
        guard value % divisor == 0, value / divisor >= 1024 else { return decimal(value, scale, prefix: prefix) }
        value /= divisor
        var suffix = 0
        while value % 1024 == 0, suffix < binarySuffixes.count {
            value /= 1024
            suffix += 1
        }
        return prefix + String(value) + (suffix == 0 ? "" : binarySuffixes[suffix - 1])
    }
}
