package import Core

/// One field of an object that is not as it must be, with a sentence that says how to mend it.
package struct FieldError: SluiceError, Hashable {
    /// The way to the field, `spec.windows.allow[0].schedule`; empty for the whole document.
    package let path: String
    /// What is wrong and how to mend it, without the path; it starts in lower case.
    package let detail: String

    package init(_ path: String, _ detail: String) {
        self.path = path
        self.detail = detail.bounded(to: 512)
    }

    package var reason: String { "InvalidField" }
    package var message: String { path.isEmpty ? detail : "\(path): \(detail)" }
    package var disposition: Disposition { .terminal }
}

extension [FieldError] {
    /// The first of them, and how many more there are; nil where there is none.
    package var summary: String? {
        first.map { count == 1 ? $0.message : "\($0.message) (and \(count - 1) more)" }
    }
}

/// The way from a document's root to one of its fields. Appending is cheap; the text is made when it is asked for.
package indirect enum FieldPath: Sendable, Hashable, CustomStringConvertible {
    case root
    case key(FieldPath, String)
    case index(FieldPath, Int)

    /// The path that starts at a name, or the root for an empty text.
    package init(_ text: String) {
        self = text.isEmpty ? .root : .key(.root, text)
    }

    package static func / (path: FieldPath, key: String) -> FieldPath { .key(path, key) }

    package subscript(index: Int) -> FieldPath { .index(self, index) }

    /// `spec.apps[2].name`; a key that is not a plain word is written `labels["app.kubernetes.io/name"]`.
    package var description: String {
        switch self {
        case .root: return ""
        case .index(let parent, let index): return "\(parent)[\(index)]"
        case .key(let parent, let key):
            guard !key.isEmpty, key.utf8.allSatisfy(FieldPath.isPlain) else { return "\(parent)[\"\(key)\"]" }
            return parent == .root ? key : "\(parent).\(key)"
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
