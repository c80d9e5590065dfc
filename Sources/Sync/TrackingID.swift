internal import Core
package import KubernetesModel
internal import SluiceAPI

/// What the annotation `sluice.dev/tracking` says: the environment and app that an object belongs to, and which object
/// it is.
///
/// The object's own identity is part of it, so that a copy made with all its annotations is recognised: a copy names
/// another object, and is neither counted nor pruned.
package struct TrackingID: Sendable, Hashable, CustomStringConvertible {
    package let environment: NamespacedName
    package let app: String
    package let object: ObjectKey

    package init(environment: NamespacedName, app: String, object: ObjectKey) {
        self.environment = environment
        self.app = app
        self.object = object
    }

    /// `shop/production/cart:apps/Deployment/prod-cart/cart`; `:`, `/` and `%` of the app's name are percent-encoded.
    package var description: String {
        let key = object
        return "\(environment.namespace)/\(environment.name)/\(TrackingID.escape(app)):"
            + "\(key.groupKind.group)/\(key.groupKind.kind)/\(key.namespace)/\(key.name)"
    }

    /// Reads what ``description`` writes; nil for anything else.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let owner = text[..<colon].split(separator: "/", omittingEmptySubsequences: false)
        // A name may hold slashes in no kind that exists, yet a split limit costs nothing and keeps it whole.
        let object = text[text.index(after: colon)...].split(
            separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard owner.count == 3, object.count == 4, owner.allSatisfy({ !$0.isEmpty }),
            !object[1].isEmpty, !object[3].isEmpty
        else { return nil }
        environment = NamespacedName(namespace: String(owner[0]), name: String(owner[1]))
        app = TrackingID.unescape(owner[2])
        self.object = ObjectKey(
            groupKind: GroupKind(group: String(object[0]), kind: String(object[1])),
            namespace: String(object[2]),
            name: String(object[3]))
    }

    /// The tracking id that an object carries, if it carries a well-formed one.
    package init?(of manifest: Manifest) {
        guard let text = manifest.annotation(Annotation.tracking) else { return nil }
        self.init(text)
    }

    /// Whether this id names the object with this key: false on a copy.
    package func names(_ key: ObjectKey) -> Bool { object == key }

    private static func escape(_ app: String) -> String {
        guard
            app.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%") })
        else { return app }
        return app.map { character in
            switch character {
            case ":": "%3A"
            case "/": "%2F"
            case "%": "%25"
            default: String(character)
            }
        }.joined()
    }

    private static func unescape(_ text: Substring) -> String {
        guard text.contains("%") else { return String(text) }
        var out = ""
        var rest = text
        while let character = rest.popFirst() {
            if character == "%", rest.hasPrefix("3A") || rest.hasPrefix("2F") || rest.hasPrefix("25") {
                out.append(rest.hasPrefix("3A") ? ":" : rest.hasPrefix("2F") ? "/" : "%")
                rest = rest.dropFirst(2)
            } else {
                out.append(character)
            }
        }
        return out
    }
}

extension TrackingID {
    /// A label value's longest length (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/).
    private static let labelLimit = 63
    /// Hexadecimal digits of the hash: 64 bits, so that two environments never share a value by chance.
    private static let hashDigits = 16

    /// The value of the label on every object of an environment: a readable beginning and a hash of the full name.
    ///
    /// `shop/production` -> `shop.production-` and 16 hexadecimal digits; never longer than 63 characters.
    package static func label(for environment: NamespacedName) -> String {
        let hash = SHA256Digest(of: "\(environment)").hex.prefix(hashDigits)
        var prefix = "\(environment.namespace).\(environment.name)".prefix(labelLimit - hashDigits - 1)
        while let last = prefix.last, !(last.isASCII && (last.isLetter || last.isNumber)) { prefix.removeLast() }
        while let first = prefix.first, !(first.isASCII && (first.isLetter || first.isNumber)) { prefix.removeFirst() }
        return prefix.isEmpty ? String(hash) : "\(prefix)-\(hash)"
    }
}
