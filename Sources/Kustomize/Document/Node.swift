/// A YAML value while it is being transformed.
///
/// It keeps what the text of a scalar was, because kustomize's transformers edit texts and not typed values: the type
/// of a scalar is settled only when the document is written. A value type, so that overlays share what they do not
/// change.
enum Node: Sendable, Hashable {
    case scalar(Scalar)
    case sequence([Node])
    case mapping(Mapping)
}

/// A scalar's text with the type that the reader gave it.
struct Scalar: Sendable, Hashable {
    /// What the scalar was read as.
    enum Tag: UInt8, Sendable, Hashable {
        /// Set by a transformer without a type: the text decides when the document is written.
        case none
        case string
        case integer
        case float
        case boolean
        case null
        case timestamp
        case binary
    }

    /// How it is written. kustomize writes what it has in the styles of its source and reads that once more, which is
    /// not always the same.
    enum Style: UInt8, Sendable, Hashable {
        case plain
        /// In quotes of either kind.
        case quoted
        /// As a block (`|`).
        case literal
        /// As a folded block (`>`).
        case folded
    }

    var text: String
    var tag: Tag
    var style: Style

    init(_ text: String, tag: Tag = .none, style: Style = .plain) {
        self.text = text
        self.tag = tag
        self.style = style
    }

    /// Whether it stands in quotes or as a block: a number in quotes is a string whatever its tag says.
    var quoted: Bool { style != .plain }
}

/// The entries of a mapping in the order of the text; keys may repeat until the document is written.
struct Mapping: Sendable, Hashable {
    struct Entry: Sendable, Hashable {
        var key: String
        /// Anything but a string is an error when the document is written.
        var keyTag: Scalar.Tag = .string
        var value: Node
    }

    var entries: [Entry]
    /// Written in braces, where values that are left out become empty texts in the end.
    var isFlow: Bool

    init(_ entries: [Entry] = [], isFlow: Bool = false) {
        self.entries = entries
        self.isFlow = isFlow
    }

    func index(of key: String) -> Int? { entries.firstIndex { $0.key == key } }

    /// The first value under a key. Setting replaces in place or appends; setting nil removes the first such entry.
    subscript(key: String) -> Node? {
        get {
            for entry in entries where entry.key == key { return entry.value }
            return nil
        }
        set {
            switch (index(of: key), newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension Node {
    static let null = Node.scalar(Scalar("null", tag: .null))

    static func string(_ text: String) -> Node { .scalar(Scalar(text, tag: .string)) }

    /// A mapping of strings, sorted by key.
    static func strings(_ pairs: [String: String]) -> Node {
        .mapping(
            Mapping(pairs.sorted { $0.key < $1.key }.map { Mapping.Entry(key: $0.key, value: .string($0.value)) }))
    }

    var scalar: Scalar? {
        if case .scalar(let scalar) = self { scalar } else { nil }
    }

    var sequence: [Node]? {
        if case .sequence(let elements) = self { elements } else { nil }
    }

    var mapping: Mapping? {
        if case .mapping(let mapping) = self { mapping } else { nil }
    }

    /// The text of a scalar; empty for sequences and mappings.
    var text: String { scalar?.text ?? "" }

    /// A scalar that was read as null, `~` or nothing.
    var isNull: Bool {
        if case .scalar(let scalar) = self { scalar.tag == .null } else { false }
    }

    /// What it is, for messages.
    var kindName: String {
        switch self {
        case .scalar(let scalar): scalar.tag == .null ? "null" : "a scalar"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }

    /// The value under a key, or nil if this is no mapping or has no such key.
    subscript(key: String) -> Node? {
        if case .mapping(let mapping) = self { mapping[key] } else { nil }
    }

    /// The value that keys lead to, one after another.
    subscript(path path: [String]) -> Node? {
        var node = self
        for key in path {
            guard let next = node[key] else { return nil }
            node = next
        }
        return node
    }

    /// Edits the mapping in place, without copying it; does nothing and returns nil for anything else.
    @discardableResult
    mutating func editMapping<Result, Failure: Error>(
        _ body: (inout Mapping) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard case .mapping(var mapping) = self else { return nil }
        // Our own reference goes first, so that the edit finds the storage unshared.
        self = .sequence([])
        defer { self = .mapping(mapping) }
        return try body(&mapping)
    }

    /// Edits the elements in place, without copying them; does nothing and returns nil for anything else.
    @discardableResult
    mutating func editSequence<Result, Failure: Error>(
        _ body: (inout [Node]) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard case .sequence(var elements) = self else { return nil }
        self = .sequence([])
        defer { self = .sequence(elements) }
        return try body(&elements)
    }

    /// Replaces a scalar's text as kustomize does: quotes stay, the type is settled by the new text.
    mutating func setText(_ text: String, tag: Scalar.Tag = .none) {
        self = .scalar(Scalar(text, tag: tag, style: scalar?.style ?? .plain))
    }
}

extension Mapping {
    /// Sets an entry to a scalar; the quotes of what was there stay.
    mutating func set(_ key: String, text: String, tag: Scalar.Tag) {
        if let index = index(of: key) {
            entries[index].value.setText(text, tag: tag)
        } else {
            entries.append(Entry(key: key, value: .scalar(Scalar(text, tag: tag))))
        }
    }
}
