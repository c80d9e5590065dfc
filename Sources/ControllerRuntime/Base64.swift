internal import FoundationEssentials

/// Base64 with the standard alphabet (RFC 4648, section 4).
enum Base64 {
    /// The bytes, or nil for text that is not base64.
    static func decode(_ text: String) -> [UInt8]? {
        Data(base64Encoded: text, options: .ignoreUnknownCharacters).map(Array.init)
    }
}
