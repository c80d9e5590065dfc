internal import Core
package import KubernetesModel

/// A Secret or ConfigMap that an object names.
package struct Reference: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable {
        case secret = "Secret"
        case configMap = "ConfigMap"
    }

    package let kind: Kind
    package let namespace: String
    package let name: String

    package init(_ kind: Kind, namespace: String, name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    /// `Secret shop/gitops-git`
    package var description: String { "\(kind.rawValue) \(namespace)/\(name)" }
}

/// What is in a Secret or ConfigMap. It shows its keys and never its values.
package struct ReferenceContent: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package let data: [String: [UInt8]]
    /// A Secret's type, `kubernetes.io/tls`; empty for a ConfigMap.
    package let type: String

    package init(data: [String: [UInt8]], type: String = "") {
        self.data = data
        self.type = type
    }

    /// Reads a Secret or ConfigMap; a value that is not valid base64 is left out.
    package init(_ object: Manifest) {
        var data: [String: [UInt8]] = [:]
        let isSecret = object.kind == Reference.Kind.secret.rawValue
        for (key, value) in object.json["data"]?.objectValue?.strings ?? [:] {
            data[key] = isSecret ? Base64.decode(value) : Array(value.utf8)
        }
        for (key, value) in object.json["binaryData"]?.objectValue?.strings ?? [:] {
            data[key] = Base64.decode(value)
        }
        self.init(data: data, type: object.json["type"]?.stringValue ?? "")
    }

    /// The value under a key.
    package subscript(key: String) -> [UInt8]? { data[key] }

    /// The value under a key as text, without the line break at its end that files have.
    package func text(_ key: String) -> String? {
        data[key].map { bytes in
            var text = Substring(decoding: bytes, as: UTF8.self)
            while let last = text.last, last.isNewline { text.removeLast() }
            return String(text)
        }
    }

    package var description: String { "keys \(data.keys.sorted().joined(separator: ", "))" }
    package var customMirror: Mirror { Mirror(self, children: ["keys": data.keys.sorted()]) }
}
