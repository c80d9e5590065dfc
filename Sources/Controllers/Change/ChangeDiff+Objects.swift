internal import Core
package import KubernetesModel

extension ChangeDiff {
    /// The longest text, in bytes: what fits a ConfigMap with room to spare.
    private static let textLimit = 256 << 10

    /// Compares two sets of rendered objects. Values of Secrets are shown by their digest only.
    package init(before: [Manifest], after: [Manifest]) {
        self.init()
        let old = Dictionary(before.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(after.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var parts: [String] = []
        var digests: [JSONValue] = []
        for key in Set(old.keys).union(new.keys).sorted(by: { $0.description < $1.description }) {
            guard old[key] != new[key] else { continue }
            switch (old[key], new[key]) {
            case (nil, _): added += 1
            case (_, nil): removed += 1
            default: changed += 1
            }
            digests.append([
                "object": .string(key.description),
                "before": old[key].map { .string(SHA256Digest(of: $0.json.jsonBytes).hex) } ?? .null,
                "after": new[key].map { .string(SHA256Digest(of: $0.json.jsonBytes).hex) } ?? .null,
            ])
            parts.append(Self.section(key, old[key].map(Self.masked), new[key].map(Self.masked)))
        }
        let whole = parts.joined(separator: "\n")
        truncated = whole.utf8.count > Self.textLimit
        text = whole.bounded(to: Self.textLimit)
        digest = digests.isEmpty ? "" : SHA256Digest(of: JSONValue.array(digests).jsonBytes).hex
    }

    /// A Secret with each value replaced by a digest of it, so that a change shows and the value does not.
    package static func masked(_ manifest: Manifest) -> Manifest {
        guard manifest.kind == "Secret" else { return manifest }
        var copy = manifest
        for field in ["data", "stringData"] {
            guard let values = manifest.json[field]?.objectValue else { continue }
            copy.json[field] = .object(
                values.mapValues { value in
                    .string("<masked sha256:\(SHA256Digest(of: value.jsonBytes).hex.prefix(12))…>")
                })
        }
        return copy
    }

    /// One object's changed fields, as `- path: value` and `+ path: value`.
    private static func section(_ key: ObjectKey, _ old: Manifest?, _ new: Manifest?) -> String {
        var before: [String: String] = [:]
        var after: [String: String] = [:]
        if let old { flatten(old.json, "", into: &before) }
        if let new { flatten(new.json, "", into: &after) }
        var lines = ["\(old == nil ? "added" : new == nil ? "removed" : "changed") \(key)"]
        for path in Set(before.keys).union(after.keys).sorted() where before[path] != after[path] {
            if let value = before[path] { lines.append("- \(path): \(value)") }
            if let value = after[path] { lines.append("+ \(path): \(value)") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func flatten(_ value: JSONValue, _ path: String, into out: inout [String: String]) {
        switch value {
        case .object(let object) where !object.isEmpty:
            for (key, child) in object { flatten(child, path.isEmpty ? key : "\(path).\(key)", into: &out) }
        case .array(let elements) where !elements.isEmpty:
            for (index, child) in elements.enumerated() { flatten(child, "\(path)[\(index)]", into: &out) }
        default:
            out[path] = value.jsonText
        }
    }
}
