extension HTTPRequest {
    /// Refuses what must not reach the wire: other schemes, credentials in the URL, line breaks in any part.
    func validate() throws(HTTPError) {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", url.dropFirst(scheme.count).hasPrefix("://") else {
            throw HTTPError(.invalidRequest, "a URL must begin with http:// or https://")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw HTTPError(
                .invalidRequest,
                "\(displayURL.filter { $0 > " " }): spaces and control characters are not allowed in a URL")
        }
        let authority = url.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty else { throw HTTPError(.invalidRequest, "the URL names no host") }
        guard !authority.contains("@") else {
            throw HTTPError(.invalidRequest, "\(displayURL): credentials belong in a header, not in the URL")
        }
        guard !method.isEmpty, method.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) else {
            throw HTTPError(.invalidRequest, "\(displayURL): the method is not an upper-case word")
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(HTTPRequest.isToken) else {
                throw HTTPError(.invalidRequest, "\(displayURL): a header's name holds a character that is not allowed")
            }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw HTTPError(.invalidRequest, "\(displayURL): the value of header \(name) holds a control character")
            }
        }
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
