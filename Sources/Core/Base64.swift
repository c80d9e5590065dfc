/// Base64 with padding by RFC 4648, section 4.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// One line, however long.
    package static func encode(_ bytes: [UInt8]) -> String {
        let groups = (bytes.count + 2) / 3
        return String(unsafeUninitializedCapacity: groups * 4) { out in
            var written = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let count = min(3, bytes.count - start)
                var word = UInt32(bytes[start]) << 16
                if count > 1 { word |= UInt32(bytes[start + 1]) << 8 }
                if count > 2 { word |= UInt32(bytes[start + 2]) }
                out[written] = alphabet[Int(word >> 18)]
                out[written + 1] = alphabet[Int(word >> 12 & 63)]
                out[written + 2] = count > 1 ? alphabet[Int(word >> 6 & 63)] : UInt8(ascii: "=")
                out[written + 3] = count > 2 ? alphabet[Int(word & 63)] : UInt8(ascii: "=")
                written += 4
            }
            return written
        }
    }

    /// Nil for anything but whole groups of the alphabet with correct padding; line breaks, spaces and tabs are skipped.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text)
        return text.withUTF8(decode)
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(text.count / 4 * 3)
        var word: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text {
            let value: UInt32
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                value = 0
            case 0x09, 0x0A, 0x0D, 0x20: continue
            default: return nil
            }
            guard padding == 0 || byte == UInt8(ascii: "="), padding <= 2 else { return nil }
            word = word << 6 | value
            count += 1
            guard count == 4 else { continue }
            out.append(UInt8(truncatingIfNeeded: word >> 16))
            if padding < 2 { out.append(UInt8(truncatingIfNeeded: word >> 8)) }
            if padding < 1 { out.append(UInt8(truncatingIfNeeded: word)) }
            word = 0
            count = 0
            // Padding ends the text.
            if padding > 0 { padding = 3 }
        }
        return count == 0 ? out : nil
    }
}
