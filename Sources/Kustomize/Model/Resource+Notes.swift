extension Resource {
    /// What kustomize keeps in annotations of an object while it works, and we beside it: what the object was called,
    /// how it was renamed and generated.
    ///
    /// Patches see those annotations: `add /metadata/annotations/key` succeeds where the file has none. A merge that
    /// replaces all annotations makes an object forget what it was called, so that references to it stay as they were.
    private var notes: [(key: String, value: String)] {
        var notes: [(String, String)] = []
        func add(_ key: String, _ values: [String]) {
            let values = values.filter { !$0.isEmpty }
            if !values.isEmpty { notes.append((Self.prefix + key, values.joined(separator: ","))) }
        }
        if allowsKindChange { add("allowKindChange", ["enabled"]) }
        if allowsNameChange { add("allowNameChange", ["enabled"]) }
        add("generatorBehavior", [generatorBehaviour])
        if needsHash { add("needsHashSuffix", ["enabled"]) }
        add("prefixes", prefixes)
        add("previousKinds", previous.map(\.kind))
        add("previousNames", previous.map(\.name))
        add("previousNamespaces", previous.map(\.namespace))
        add("suffixes", suffixes)
        return notes
    }

    private static let prefix = "internal.config.kubernetes.io/"

    /// Replaces the object by what an edit makes of it with its notes among its annotations. The notes stay as they were;
    /// annotations are texts then.
    mutating func replaceWithNotes<Failure: Error>(
        _ edit: (Node) throws(Failure) -> Node
    ) throws(Failure) {
        node = try edit(nodeWithNotes)
        dropNotes()
        setTexts("annotations", texts("annotations"))
    }

    /// Edits the object with its notes among its annotations, and takes them from what the edit left of those.
    mutating func editWithNotes<Failure: Error>(
        _ edit: (inout Node) throws(Failure) -> Void
    ) throws(Failure) {
        guard !notes.isEmpty else { return try edit(&node) }
        node = nodeWithNotes
        try edit(&node)
        let annotations = node["metadata"]?["annotations"]?.mapping
        func values(_ key: String) -> [String] {
            guard let text = annotations?[Self.prefix + key]?.text, !text.isEmpty else { return [] }
            return text.split(separator: ",").map(String.init)
        }
        allowsKindChange = values("allowKindChange") == ["enabled"]
        allowsNameChange = values("allowNameChange") == ["enabled"]
        generatorBehaviour = values("generatorBehavior").first ?? ""
        needsHash = values("needsHashSuffix") == ["enabled"]
        (prefixes, suffixes) = (values("prefixes"), values("suffixes"))
        let (kinds, names, namespaces) = (
            values("previousKinds"), values("previousNames"), values("previousNamespaces")
        )
        previous = zip(kinds, zip(names, namespaces)).map { kind, place in
            PreviousID(kind: kind, name: place.0, namespace: place.1)
        }
        dropNotes()
    }

    /// Removes the annotations that hold notes, and the map of them if nothing else is in it.
    private mutating func dropNotes() {
        guard node["metadata"]?["annotations"]?.mapping != nil else { return }
        editMetadata { metadata in
            guard let index = metadata.index(of: "annotations") else { return }
            metadata.entries[index].value.editMapping { $0.entries.removeAll { $0.key.hasPrefix(Self.prefix) } }
            if metadata.entries[index].value.mapping?.entries.isEmpty == true { metadata.entries.remove(at: index) }
        }
    }

    /// The object as kustomize has it, with its notes among its annotations.
    var nodeWithNotes: Node {
        let notes = notes
        guard !notes.isEmpty else { return node }
        var copy = self
        copy.editMetadata { metadata in
            var annotations = metadata["annotations"]?.mapping ?? Mapping()
            for note in notes { annotations.set(note.key, text: note.value, tag: .string) }
            metadata["annotations"] = .mapping(annotations)
        }
        return copy.node
    }
}

extension FieldPath {
    /// Whether the path leads to all annotations at once, among which kustomize keeps its notes.
    var leadsToAnnotations: Bool {
        steps == [.field("metadata")] || steps == [.field("metadata"), .field("annotations")]
    }
}
