/// Gathers a mapping's entries, minds repeated keys, and resolves merge keys.
///
/// As with go-yaml v3, a mapping's own keys beat merged ones, and of a list the earlier mapping beats the later.
struct YAMLMappingBuilder {
    private(set) var entries: [YAMLMapping.Entry] = []
    private let duplicateKeys: YAMLDuplicateKeys
    /// Whether a second merge key is an error, as it is in kustomize's resources.
    private let mergesOnce: Bool
    private var hasMerge = false
    private var merges: [YAMLMapping] = []
    /// Built once a mapping is too long for comparing its keys one by one.
    private var indexes: [String: Int]?
    private static let indexFrom = 12

    init(duplicateKeys: YAMLDuplicateKeys, mergesOnce: Bool) {
        self.duplicateKeys = duplicateKeys
        self.mergesOnce = mergesOnce
    }

    private func index(of key: String) -> Int? {
        if let indexes { return indexes[key] }
        return entries.firstIndex { $0.key.text == key }
    }

    private mutating func append(_ entry: YAMLMapping.Entry) {
        let index = entries.count
        entries.append(entry)
        if indexes != nil {
            if indexes?[entry.key.text] == nil { indexes?[entry.key.text] = index }
        } else if entries.count == Self.indexFrom {
            var table: [String: Int] = [:]
            table.reserveCapacity(2 * Self.indexFrom)
            for (index, entry) in entries.enumerated() where table[entry.key.text] == nil {
                table[entry.key.text] = index
            }
            indexes = table
        }
    }

    /// Adds the next entry of the text; a merge key is kept aside until ``finish()``.
    mutating func add(_ entry: YAMLMapping.Entry) throws(YAMLError) {
        if entry.key.isMerge {
            guard !hasMerge || !mergesOnce else {
                throw YAMLError(
                    .duplicateKey, mark: entry.keyMark, "there are two merge keys; merge a list of mappings instead")
            }
            hasMerge = true
            merges.append(contentsOf: try Self.merged(entry))
            return
        }
        guard let first = index(of: entry.key.text) else { return append(entry) }
        switch duplicateKeys {
        case .keep:
            append(entry)
        case .lastWins:
            entries[first] = entry
        case .error:
            let place = entries[first].keyMark.map { " (first on line \($0.line))" } ?? ""
            throw YAMLError(
                .duplicateKey, mark: entry.keyMark,
                "the key \(YAMLError.quoted(entry.key.text)) is there twice\(place); remove one")
        }
    }

    /// All entries, those of merge keys last.
    mutating func finish() -> [YAMLMapping.Entry] {
        for mapping in merges {
            for entry in mapping.entries where index(of: entry.key.text) == nil { append(entry) }
        }
        merges = []
        return entries
    }

    /// The mappings that a merge key names, in falling precedence.
    private static func merged(_ entry: YAMLMapping.Entry) throws(YAMLError) -> [YAMLMapping] {
        switch entry.value.content {
        case .mapping(let mapping):
            return [mapping]
        case .sequence(let elements):
            var out: [YAMLMapping] = []
            for element in elements {
                guard let mapping = element.mapping else { throw notAMapping(element) }
                out.append(mapping)
            }
            return out
        case .scalar:
            throw notAMapping(entry.value)
        }
    }

    private static func notAMapping(_ node: YAMLNode) -> YAMLError {
        YAMLError(.alias, mark: node.mark, "<< merges mappings or a list of mappings only; quote it if it is a name")
    }
}

extension YAMLScalar {
    /// The merge key: an unquoted `<<`, or any text tagged so.
    var isMerge: Bool {
        guard text == "<<" else { return false }
        return tag == "tag:yaml.org,2002:merge" || (tag == nil && style == .plain)
    }
}
