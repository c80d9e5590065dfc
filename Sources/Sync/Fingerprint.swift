package import Core
package import KubernetesModel

/// The first 128 bits of a SHA-256 digest: small enough to keep one for each object.
package struct ContentHash: Sendable, Hashable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    package init(_ digest: SHA256Digest) {
        func word(_ range: Range<Int>) -> UInt64 {
            digest.bytes[range].reduce(0) { $0 << 8 | UInt64($1) }
        }
        high = word(0..<8)
        low = word(8..<16)
    }

    /// The hash of a document's canonical form.
    package init(of value: JSONValue) {
        self.init(SHA256Digest(of: value.jsonBytes))
    }

    /// 32 lower-case hexadecimal digits.
    package var description: String {
        func text(_ word: UInt64) -> String {
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return text(high) + text(low)
    }
}

/// The hash of all that our manager owns in an object, names and values, as the server normalised them.
///
/// It changes when an owned field changes or passes to another manager, and never otherwise: what others own, what the
/// server defaults, `status` and `resourceVersion` take no part.
package struct Fingerprint: Sendable, Hashable, CustomStringConvertible {
    private let hash: ContentHash

    private init(_ value: JSONValue) {
        hash = ContentHash(of: value)
    }

    package var description: String { hash.description }

    /// The fingerprint of an object that a server returned; nil where the manager owns nothing in it.
    package init?(live manifest: Manifest, manager: String, ignoring ignored: IgnoredFields = IgnoredFields()) {
        guard let owned = Fingerprint.owned(of: manifest, by: manager, ignoring: ignored) else { return nil }
        self.init(owned)
    }

    /// The fingerprint that an applied object has where the server neither normalises nor defaults what it names, but
    /// for quantities, whose canonical form is known.
    ///
    /// Where it differs from the live object's, a dry run of the apply tells the one to expect.
    package init(applied manifest: Manifest, ignoring ignored: IgnoredFields = IgnoredFields()) {
        var json = ignored.removed(from: manifest.json)
        json["apiVersion"] = nil
        json["kind"] = nil
        var metadata = json["metadata"]?.objectValue ?? JSONObject()
        metadata["name"] = nil
        metadata["namespace"] = nil
        Normalise.canonicaliseQuantities(&json, of: manifest.gvk.groupKind)
        json["metadata"] = metadata.isEmpty ? nil : .object(metadata)
        self.init(json)
    }

    /// What the manager owns in an object, names and values.
    package static func owned(
        of manifest: Manifest, by manager: String, ignoring ignored: IgnoredFields = IgnoredFields()
    ) -> JSONValue? {
        let entries = manifest.managedFields
        guard let ours = entries.first(where: { $0.isApply(by: manager) }) else { return nil }
        var json = ignored.removed(from: manifest.json)
        // The server's own book-keeping is no part of any set, and the largest part of a small object.
        if var metadata = json["metadata"]?.objectValue {
            metadata["managedFields"] = nil
            json["metadata"] = .object(metadata)
        }
        let others = entries.filter { $0 != ours }.map(\.fields)
        return FieldProjection.project(json, owned: ours.fields, others: others)
    }
}
