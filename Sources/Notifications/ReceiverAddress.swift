internal import Glibc

/// Where a receiver is. It shows its scheme and host and nothing more: the path of a chat's webhook is its password.
package struct ReceiverAddress: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The whole of it, for the request alone.
    let url: String
    /// The host and port, to count what goes there at a time.
    package let host: String
    /// `https://hooks.example.com`
    package let description: String

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }

    /// - Parameters:
    ///   - isSecret: whether the address is a credential in itself, and so must not travel in the clear.
    ///   - allowsInsecure: whether it may all the same.
    package init(_ text: String, isSecret: Bool, allowsInsecure: Bool = false) throws(NotificationError) {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard scheme == "https" || scheme == "http", text.dropFirst(scheme.count).hasPrefix("://") else {
            throw NotificationError(.notConfigured, "the address must begin with https:// or http://")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw NotificationError(.notConfigured, "the address holds a character that no URL has")
        }
        let authority = text.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
        guard !authority.contains("@") else {
            throw NotificationError(.notConfigured, "the address must not hold a user name or password")
        }
        let host =
            authority.hasPrefix("[")
            ? String(authority.prefix { $0 != "]" }.dropFirst()) : String(authority.prefix { $0 != ":" })
        let place = try Place(host)
        guard scheme == "https" || !isSecret || allowsInsecure || place == .loopback else {
            throw NotificationError(
                .notConfigured, "http://\(authority): plain http is refused for an address that is a secret, use https")
        }
        url = text
        self.host = authority
        description = "\(scheme)://\(authority)"
    }

    /// What a host's name says of where it is.
    private enum Place {
        case loopback, elsewhere

        /// Refuses where a cloud keeps the credentials of its machines, and every way to write an address that only some
        /// readers take for one.
        init(_ host: String) throws(NotificationError) {
            let place: Place?
            if let bytes = Self.bytes(of: host, AF_INET6, count: 16) {
                place = Self.place(ofSix: bytes)
            } else if let bytes = Self.bytes(of: host, AF_INET, count: 4) {
                place = Self.place(ofFour: bytes[...])
            } else {
                place = Self.place(ofName: host)
            }
            guard let place else {
                throw NotificationError(
                    .notConfigured, "the address must name a host, and no link-local or metadata address")
            }
            self = place
        }

        private static func bytes(of host: String, _ family: Int32, count: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            return inet_pton(family, host, &bytes) == 1 ? bytes : nil
        }

        private static func place(ofFour bytes: ArraySlice<UInt8>) -> Place? {
            guard let first = bytes.first, let second = bytes.dropFirst().first else { return nil }
            // 0.0.0.0/8 is this machine to some, 169.254.0.0/16 the link (RFC 3927).
            guard first != 0, !(first == 169 && second == 254) else { return nil }
            return first == 127 ? .loopback : .elsewhere
        }

        private static func place(ofSix bytes: [UInt8]) -> Place? {
            let zeros = bytes.prefix { $0 == 0 }.count
            // ::ffff:0:0/96 (RFC 4291) and 64:ff9b::/96 (RFC 6052) are IPv4.
            if zeros == 10, bytes[10] == 0xFF, bytes[11] == 0xFF { return place(ofFour: bytes[12...]) }
            if bytes.starts(with: [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) { return place(ofFour: bytes[12...]) }
            if zeros == 15, bytes[15] == 1 { return .loopback }
            let isLinkLocal = bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
            // Where AWS has its metadata.
            let isMetadata = bytes.starts(with: [0xFD, 0, 0x0E, 0xC2])
            return zeros >= 12 || isLinkLocal || isMetadata ? nil : .elsewhere
        }

        private static func place(ofName host: String) -> Place? {
            let labels = host.split(separator: ".")
            // A name does not end in a number: this would be an address to some readers.
            guard let last = labels.last, !host.contains(":"), last.first?.isNumber == false else { return nil }
            // What is percent-encoded is something else once it is decoded.
            guard
                host.utf8.allSatisfy({
                    $0 == 0x2D || $0 == 0x2E || $0 == 0x5F || Character(UnicodeScalar($0)).isLetter
                        || Character(UnicodeScalar($0)).isNumber
                })
            else { return nil }
            guard labels != ["metadata", "google", "internal"] else { return nil }
            return host == "localhost" ? .loopback : .elsewhere
        }
    }
}
