/// An image as a container names it: `[registry/]repository[:tag][@digest]`.
package struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// With the registry, if one is named: `company/cart`, `registry.example.com:5000/cart`.
    package let name: String
    /// Empty where none is named.
    package let tag: String
    /// `sha256:...`; empty where none is named.
    package let digest: String

    /// Splits at the last colon behind the last slash, so that a registry's port is no tag.
    package init(_ text: String) {
        var rest = text[...]
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        } else {
            digest = ""
        }
        let slash = rest.lastIndex(of: "/") ?? rest.startIndex
        if let colon = rest[slash...].lastIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        } else {
            tag = ""
        }
        name = String(rest)
    }

    /// What tells one version from another: the digest if there is one, the tag otherwise.
    package var version: String { digest.isEmpty ? tag : digest }

    package var description: String {
        name + (tag.isEmpty ? "" : ":" + tag) + (digest.isEmpty ? "" : "@" + digest)
    }
}
