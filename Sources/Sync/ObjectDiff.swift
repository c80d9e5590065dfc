package import Core
package import KubernetesModel

/// What changes between two sets of objects, field by field, fit to be shown: no secret value is in it.
package struct ObjectDiff: Sendable, Hashable {
    package enum Change: String, Sendable, Hashable {
        case added = "+"
        case changed = "~"
        case removed = "-"
    }

    /// One field of an object.
    package struct Field: Sendable, Hashable {
        /// `spec.template.spec.containers[app].image`
        package let path: String
        /// The old value as JSON; nil where there was none.
        package let before: String?
        package let after: String?
    }

    /// One object that changes.
    package struct Entry: Sendable, Hashable {
        package let key: ObjectKey
        package let change: Change
        package let fields: [Field]
    }

    /// In the order of kinds, then of names.
    package let entries: [Entry]

    /// Compares objects by their keys; the order within each set does not matter.
    ///
    /// Status and what the server keeps for itself take no part, nor does what `kubectl` notes for itself.
    package init(before: some Sequence<Manifest>, after: some Sequence<Manifest>) {
        let old = Dictionary(before.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        let new = Dictionary(after.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        var entries: [Entry] = []
        for key in Set(old.keys).union(new.keys) {
            let (was, will) = (old[key].map(ObjectDiff.shown), new[key].map(ObjectDiff.shown))
            guard was != will else { continue }
            var walk = FieldWalk()
            walk.compare(was, will, path: "")
            let change: Change = was == nil ? .added : will == nil ? .removed : .changed
            entries.append(Entry(key: key, change: change, fields: walk.fields))
        }
        self.entries = entries.sorted { a, b in
            let ranks = (KindOrder.rank(of: a.key.groupKind), KindOrder.rank(of: b.key.groupKind))
            return ranks.0 == ranks.1 ? a.key.description < b.key.description : ranks.0 < ranks.1
        }
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// How many objects are added, changed and removed.
    package func count(_ change: Change) -> Int { entries.count { $0.change == change } }

    /// The digest of the whole difference, however much of it is shown.
    package var digest: SHA256Digest { SHA256Digest(of: text(limit: .max).text) }

    /// The difference as text: a line for each object, below it two lines for each field.
    ///
    /// ```
    /// ~ Deployment.apps prod/web
    ///   - spec.replicas: 2
    ///   + spec.replicas: 3
    /// ```
    ///
    /// - Parameters:
    ///   - limit: the text's greatest length in bytes; it ends at a line, and says how many objects are not shown.
    ///   - colour: whether to mark lines with the terminal's red, green and yellow.
    package func text(limit: Int, colour: Bool = false) -> (text: String, truncated: Bool) {
        var out = ""
        // Kept free for the last line.
        let budget = max(0, limit == .max ? .max : limit - 64)
        for (index, entry) in entries.enumerated() {
            var lines = ObjectDiff.paint("\(entry.change.rawValue) \(entry.key)", entry.change, colour) + "\n"
            for field in entry.fields {
                if let before = field.before {
                    lines += ObjectDiff.paint("  - \(field.path): \(before)", .removed, colour) + "\n"
                }
                if let after = field.after {
                    lines += ObjectDiff.paint("  + \(field.path): \(after)", .added, colour) + "\n"
                }
                if lines.utf8.count > budget { break }
            }
            guard lines.utf8.count <= budget - out.utf8.count else {
                let left = entries.count - index
                return (out + "… \(left) more object\(left == 1 ? "" : "s")\n", true)
            }
            out += lines
        }
        return (out, false)
    }

    /// A text of ``text(limit:colour:)`` with colours, for one that was stored without.
    package static func coloured(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let mark = line.drop { $0 == " " }.first.flatMap { Change(rawValue: String($0)) }
            return mark.map { paint(String(line), $0, true) } ?? String(line)
        }.joined(separator: "\n")
    }

    private static func paint(_ line: String, _ change: Change, _ colour: Bool) -> String {
        guard colour else { return line }
        let code =
            switch change {
            case .added: 32
            case .changed: 33
            case .removed: 31
            }
        return "\u{1B}[\(code)m\(line)\u{1B}[0m"
    }
}

extension ObjectDiff {
    /// A manifest as it may be shown.
    static func shown(_ manifest: Manifest) -> JSONValue {
        var json = manifest.json
        json["status"] = nil
        if var metadata = json["metadata"]?.objectValue {
            for field in Normalise.serverMetadata { metadata[field] = nil }
            json["metadata"] = .object(metadata)
        }
        var out = Manifest(json)
        // It holds the object a second time, a Secret's values included.
        out.setAnnotation("kubectl.kubernetes.io/last-applied-configuration", nil)
        return Mask.secrets(in: out).json
    }
}

/// Hides what must not be shown.
package enum Mask {
    /// A Secret with every value replaced by a mark that changes with it; any other object as it is.
    package static func secrets(in manifest: Manifest) -> Manifest {
        guard manifest.gvk.groupKind == GroupKind(group: "", kind: "Secret") else { return manifest }
        var json = manifest.json
        for field in ["data", "stringData"] {
            guard let values = json[field] else { continue }
            guard let object = values.objectValue else {
                json[field] = .string(mark(values, salt: "\(manifest.key)/\(field)"))
                continue
            }
            json[field] = .object(
                JSONObject(object.map { ($0.key, .string(mark($0.value, salt: "\(manifest.key)/\($0.key)"))) }))
        }
        return Manifest(json)
    }

    /// `<masked sha256:ab12cd34ef56…>`; the salt keeps equal values in different places from looking equal.
    private static func mark(_ value: JSONValue, salt: String) -> String {
        "<masked sha256:\(SHA256Digest(of: salt + "\u{0}" + value.jsonText).hex.prefix(12))…>"
    }
}

/// Walks two documents side by side and notes the leaves in which they differ.
private struct FieldWalk {
    /// A value's longest text, in bytes.
    private static let valueLimit = 500
    /// The fields by which lists of objects are usually keyed, the most telling first.
    private static let keys = ["name", "key", "containerPort", "port", "mountPath", "ip", "host", "path", "type"]

    var fields: [ObjectDiff.Field] = []

    mutating func compare(_ before: JSONValue?, _ after: JSONValue?, path: String) {
        guard before != after else { return }
        switch (before, after) {
        case (.object(let old)?, .object(let new)?):
            walk(old, new, path)
        case (nil, .object(let new)?) where !new.isEmpty:
            walk(JSONObject(), new, path)
        case (.object(let old)?, nil) where !old.isEmpty:
            walk(old, JSONObject(), path)
        case (.array(let old)?, .array(let new)?):
            walk(old, new, path)
        case (nil, .array(let new)?) where FieldWalk.names(of: new) != nil:
            walk([], new, path)
        case (.array(let old)?, nil) where FieldWalk.names(of: old) != nil:
            walk(old, [], path)
        default:
            fields.append(
                ObjectDiff.Field(path: path, before: before.map(FieldWalk.text), after: after.map(FieldWalk.text)))
        }
    }

    private mutating func walk(_ old: JSONObject, _ new: JSONObject, _ path: String) {
        for key in Set(old.keys).union(new.keys).sorted() {
            let simple = key.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "/") }
            let step = simple ? (path.isEmpty ? key : ".\(key)") : "[\"\(key)\"]"
            compare(old[key], new[key], path: path + step)
        }
    }

    private mutating func walk(_ old: [JSONValue], _ new: [JSONValue], _ path: String) {
        guard let oldNames = FieldWalk.names(of: old), let newNames = FieldWalk.names(of: new) else {
            if old.count == new.count, !old.isEmpty, (old + new).allSatisfy({ $0.objectValue != nil }) {
                for index in old.indices { compare(old[index], new[index], path: "\(path)[\(index)]") }
            } else {
                fields.append(
                    ObjectDiff.Field(
                        path: path, before: FieldWalk.text(.array(old)), after: FieldWalk.text(.array(new))))
            }
            return
        }
        let was = Dictionary(zip(oldNames, old), uniquingKeysWith: { $1 })
        let will = Dictionary(zip(newNames, new), uniquingKeysWith: { $1 })
        let common = oldNames.filter { will[$0] != nil }
        for name in oldNames + newNames.filter({ was[$0] == nil }) {
            compare(was[name], will[name], path: "\(path)[\(name)]")
        }
        let kept = newNames.filter { was[$0] != nil }
        if common != kept {
            fields.append(
                ObjectDiff.Field(
                    path: "\(path) (order)", before: common.joined(separator: ", "), after: kept.joined(separator: ", ")
                ))
        }
    }

    /// What tells a list's elements apart; nil where nothing does.
    private static func names(of list: [JSONValue]) -> [String]? {
        guard list.allSatisfy({ $0.objectValue != nil }) else { return nil }
        for key in keys where list.allSatisfy({ $0[key] != nil }) {
            let names = list.map { $0[key].map { $0.stringValue ?? $0.jsonText } ?? "" }
            if Set(names).count == names.count { return names }
        }
        return list.isEmpty ? [] : nil
    }

    /// A long value is cut, with its hash at the end, so that a change behind the cut is visible.
    private static func text(_ value: JSONValue) -> String {
        let text = value.jsonText
        guard text.utf8.count > valueLimit else { return text }
        return text.bounded(to: valueLimit) + " sha256:" + SHA256Digest(of: text).hex.prefix(12)
    }
}
