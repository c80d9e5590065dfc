/// Percent-encoding (RFC 3986) of one path segment or query value.
package enum URLText {
    package static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        // A segment of dots alone would be resolved away.
        let dots = text == "." || text == ".."
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "."):
                if dots { out.append(contentsOf: "%2E".utf8) } else { out.append(byte) }
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.append(byte)
            default:
                out.append(UInt8(ascii: "%"))
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// `?a=1&b=2`, or nothing for no pairs.
    package static func query(_ pairs: [(String, String)]) -> String {
        guard !pairs.isEmpty else { return "" }
        return "?" + pairs.map { "\($0.0)=\(escape($0.1))" }.joined(separator: "&")
    }
}
