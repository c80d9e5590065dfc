/// A scalar as written: its text without quotes, how it was quoted, and its explicit tag if it had one.
package struct YAMLScalar: Sendable, Hashable {
    package enum Style: UInt8, Sendable, Hashable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    package var text: String
    package var style: Style
    /// `!!str` and the like, in its long form (`tag:yaml.org,2002:str`); nil where the text has none.
    package var tag: String?

    package init(_ text: String, style: Style = .plain, tag: String? = nil) {
        self.text = text
        self.style = style
        self.tag = tag
    }
}

/// One node of a YAML document, anchors expanded and merge keys resolved, with its place in the text.
///
/// Equality and hashing ignore marks and brackets.
package struct YAMLNode: Sendable {
    package enum Content: Sendable, Hashable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping(YAMLMapping)
    }

    package var content: Content
    /// Nil for nodes that were not read from a text.
    package var mark: YAMLMark?
    /// Whether it is a collection in brackets or braces.
    package var isFlow: Bool

    package init(_ content: Content, mark: YAMLMark? = nil, isFlow: Bool = false) {
        self.content = content
        self.mark = mark
        self.isFlow = isFlow
    }
}

extension YAMLNode: Hashable {
    package static func == (a: YAMLNode, b: YAMLNode) -> Bool { a.content == b.content }
    package func hash(into hasher: inout Hasher) { hasher.combine(content) }
}

extension YAMLNode {
    package var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    package var sequence: [YAMLNode]? {
        if case .sequence(let elements) = content { elements } else { nil }
    }

    package var mapping: YAMLMapping? {
        if case .mapping(let mapping) = content { mapping } else { nil }
    }

    /// The value under a key, or nil if this is no mapping or has no such key.
    package subscript(key: String) -> YAMLNode? { mapping?[key] }
}

/// The entries of a YAML mapping in the order of the text. Keys are scalars; a repeated key is an error of the reader
/// unless asked otherwise.
package struct YAMLMapping: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package var key: YAMLScalar
        /// Where the key stands; it takes no part in equality.
        package var keyMark: YAMLMark?
        package var value: YAMLNode

        package init(key: YAMLScalar, keyMark: YAMLMark? = nil, value: YAMLNode) {
            self.key = key
            self.keyMark = keyMark
            self.value = value
        }

        package static func == (a: Entry, b: Entry) -> Bool { a.key == b.key && a.value == b.value }
        package func hash(into hasher: inout Hasher) {
            hasher.combine(key)
            hasher.combine(value)
        }
    }

    package var entries: [Entry]

    package init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    package func index(of key: String) -> Int? { entries.firstIndex { $0.key.text == key } }

    /// The value under a key. Setting appends a plain key or replaces in place; setting nil removes the entry.
    package subscript(key: String) -> YAMLNode? {
        get { index(of: key).map { entries[$0].value } }
        set {
            switch (index(of: key), newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(key: YAMLScalar(key), value: value))
            case (nil, nil): break
            }
        }
    }
}
