internal import KubernetesModel

/// Reads off a watch's line which object it tells of, without making a document of it.
///
/// Servers write the metadata of their own kinds before everything else, and the version near its beginning, so that
/// some hundred bytes are looked at. Where anything is not as expected there is no answer, and the line is to be parsed.
struct WatchEventPeek {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    /// The version that an event of the type `ADDED` or `MODIFIED` tells of.
    ///
    /// - Parameter namespaced: whether objects of the kind have a namespace.
    static func version(in line: UnsafeBufferPointer<UInt8>, namespaced: Bool) -> ObjectVersion? {
        var peek = WatchEventPeek(bytes: line)
        return peek.event(namespaced)
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private mutating func event(_ namespaced: Bool) -> ObjectVersion? {
        var isUpsert = false
        var found: ObjectVersion?
        members { peek, key in
            switch key {
            case "type":
                let type = peek.string()
                isUpsert = type == "ADDED" || type == "MODIFIED"
                return isUpsert
            case "object":
                guard isUpsert else { return false }
                found = peek.object(namespaced)
                return false
            default: return peek.skipValue()
            }
        }
        return found
    }

    private mutating func object(_ namespaced: Bool) -> ObjectVersion? {
        var found: ObjectVersion?
        members { peek, key in
            guard key == "metadata" else { return peek.skipValue() }
            found = peek.metadata(namespaced)
            return false
        }
        return found
    }

    private mutating func metadata(_ namespaced: Bool) -> ObjectVersion? {
        var name: String?
        var namespace: String? = namespaced ? nil : ""
        var uid: String?
        var version: String?
        members { peek, key in
            switch key {
            case "name": name = peek.string()
            case "namespace" where namespaced: namespace = peek.string()
            case "uid": uid = peek.string()
            case "resourceVersion": version = peek.string()
            default: return peek.skipValue()
            }
            return name == nil || namespace == nil || uid == nil || version == nil
        }
        guard let name, let namespace, let uid, let version else { return nil }
        return ObjectVersion(
            name: NamespacedName(namespace: namespace, name: name), uid: uid, resourceVersion: version)
    }

    /// Goes through the members of the object that begins here, until `visit`, which reads the value, returns false.
    private mutating func members(_ visit: (inout WatchEventPeek, String) -> Bool) {
        guard take(UInt8(ascii: "{")) else { return }
        repeat {
            guard let key = string(), take(UInt8(ascii: ":")), visit(&self, key) else { return }
        } while take(UInt8(ascii: ","))
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    /// A string without escapes; names and versions have none.
    private mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            guard bytes[index] != UInt8(ascii: "\\") else { return nil }
            index += 1
        }
        guard index < bytes.count else { return nil }
        defer { index += 1 }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
    }

    /// Passes over a value of any kind; false where it does not end.
    private mutating func skipValue() -> Bool {
        skipSpace()
        var depth = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                guard skipString() else { return false }
                if depth == 0 { return true }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of what a number or a word is the last of; or of the value itself.
                if depth == 0 { return true }
                depth -= 1
                if depth == 0 {
                    index += 1
                    return true
                }
            case UInt8(ascii: ",") where depth == 0: return true
            default: break
            }
            index += 1
        }
        return false
    }

    private mutating func skipString() -> Bool {
        index += 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\"): index += 2
            case UInt8(ascii: "\""):
                index += 1
                return true
            default: index += 1
            }
        }
        return false
    }
}
