internal import Core
internal import YAML

extension Build {
    func applyStrategicMergePatches(
        _ kustomization: Kustomization, _ loader: Loader, _ list: inout ResourceList
    ) throws(KustomizeError) {
        var isEmpty = true
        for entry in kustomization.patchesStrategicMerge {
            for patch in try strategicMergePatches(entry, loader) {
                isEmpty = false
                try apply(
                    patch.withTextMetadata, at: entry.line, entry.field, file: kustomization.file, to: &list)
            }
        }
        guard !isEmpty else {
            throw KustomizeError(
                .invalidKustomization, file: kustomization.file, line: kustomization.patchesStrategicMerge.first?.line,
                field: "patchesStrategicMerge", "none of the patches holds an object: fill them in or remove them")
        }
    }

    /// An element of `patchesStrategicMerge` is a file, or the patch itself.
    private func strategicMergePatches(_ entry: Located, _ loader: Loader) throws(KustomizeError) -> [Resource] {
        if !entry.text.contains("\n"), let target = try? loader.resolve(entry), target.kind == .file {
            let file = try loader.fileEntry(entry)
            return try ManifestReader.resources(
                ManifestReader.documents(try loader.contents(of: file, entry), file: file.path),
                file: file.path)
        }
        guard entry.text.contains("\n") || entry.text.contains(":") else {
            throw loader.error(.notFound, entry, "there is no file \(entry.text)")
        }
        return try ManifestReader.resources(entry.text, file: loader.file, line: entry.line)
    }

    /// Applies an element of `patches`.
    func apply(_ entry: PatchEntry, _ loader: Loader, _ list: inout ResourceList) throws(KustomizeError) {
        var (bytes, file, line) = try text(of: entry, loader)
        // So a block of text at the end of a patch that stands in the kustomization loses its line end.
        if entry.path?.text.isEmpty ?? true { bytes = bytes.trimmed }
        switch try kind(of: bytes, file: file, line: line, entry, loader) {
        case .nothing: return
        case .strategicMerge(var patches):
            for index in patches.indices {
                patches[index].allowsNameChange = entry.allowsNameChange
                patches[index].allowsKindChange = entry.allowsKindChange
            }
            if let target = entry.target {
                try apply(patches, to: target, entry, loader, &list)
            } else {
                for patch in patches { try apply(patch, at: entry.line, entry.field, file: loader.file, to: &list) }
            }
        case .operations(let operations):
            guard let target = entry.target else {
                throw KustomizeError(
                    .invalidKustomization, file: loader.file, line: entry.line, field: "\(entry.field).target",
                    "a JSON patch needs a target: name the kind and name of the objects to patch")
            }
            try apply(operations, to: target, entry, loader, file: file, remembers: true, &list)
        }
    }

    /// Applies an element of `patchesJson6902`.
    func applyJSON6902(
        _ entry: PatchEntry, _ loader: Loader, _ list: inout ResourceList
    ) throws(KustomizeError) {
        let (bytes, file, line) = try text(of: entry, loader)
        guard let target = entry.target, !target.name.isEmpty else {
            throw KustomizeError(
                .invalidKustomization, file: loader.file, line: entry.line, field: "\(entry.field).target.name",
                "a JSON patch needs the name of its target")
        }
        let operations = try JSONPatch(parsing: bytes, file: file, line: line)
        // A name that such a patch sets is not followed: references and later patches know the old one no more.
        try apply(operations, to: target, entry, loader, file: file, remembers: false, &list)
    }

    private func text(
        of entry: PatchEntry, _ loader: Loader
    ) throws(KustomizeError) -> (bytes: [UInt8], file: String, line: Int?) {
        func fail(_ problem: String) -> KustomizeError {
            KustomizeError(
                .invalidKustomization, file: loader.file, line: entry.line, field: entry.field, problem)
        }
        let path = entry.path.flatMap { $0.text.isEmpty ? nil : $0 }
        let patch = entry.patch.flatMap { $0.text.allSatisfy(\.isWhitespace) ? nil : $0 }
        switch (path, patch) {
        case (nil, nil): throw fail("a patch needs a path or the patch itself")
        case (_?, _?): throw fail("a patch has a path or the patch itself, not both")
        case (nil, let patch?): return (Array(patch.text.utf8), loader.file, patch.line)
        case (let path?, nil):
            let (file, bytes) = try loader.file(path)
            return (bytes, file.path, nil)
        }
    }

    private enum PatchKind {
        case nothing
        case strategicMerge([Resource])
        case operations(JSONPatch)
    }

    /// A valid object is a strategic merge patch; anything else must be operations.
    private func kind(
        of bytes: [UInt8], file: String, line: Int?, _ entry: PatchEntry, _ loader: Loader
    ) throws(KustomizeError) -> PatchKind {
        if JSONPatch.looksLikeOperations(bytes) {
            return .operations(try JSONPatch(parsing: bytes, file: file, line: line))
        }
        let documents = try ManifestReader.documents(bytes, file: file)
        if documents.isEmpty { return .nothing }
        var patches = try ManifestReader.resources(documents, file: file)
        if let line { for index in patches.indices { patches[index].origin.line = line } }
        return .strategicMerge(patches)
    }

    /// Applies a patch to the one object that is or was called as the patch is.
    private func apply(
        _ patch: Resource, at line: Int?, _ field: String, file: String, to list: inout ResourceList
    ) throws(KustomizeError) {
        let found = list.indexes(everCalled: patch.id)
        guard found.count == 1 else { throw unmatched(patch.id, found.count, line, field, file) }
        try merge(patch, into: &list[found[0]])
    }

    private func unmatched(
        _ id: ResourceID, _ count: Int, _ line: Int?, _ field: String, _ file: String
    ) -> KustomizeError {
        KustomizeError(
            .patchFailed, file: file, line: line, field: field,
            count == 0
                ? "the patch is for \(id), and there is no such object here: check apiVersion, kind, name and namespace"
                : "the patch is for \(id), and \(count) objects are or were called so: add a namespace or a target")
    }

    private func apply(
        _ patches: [Resource], to target: Selector, _ entry: PatchEntry, _ loader: Loader,
        _ list: inout ResourceList
    ) throws(KustomizeError) {
        guard patches.count == 1, let patch = patches.first else {
            throw KustomizeError(
                .invalidKustomization, file: loader.file, line: entry.line, field: entry.field,
                "a patch with a target may hold only one object: split it into several patches")
        }
        let selector = try ResourceSelector(
            target, file: loader.file, line: entry.line, field: "\(entry.field).target")
        for index in list.indices where selector.matches(list[index]) {
            var copy = patch.withTextMetadata
            let version = list[index].apiVersion
            copy.node.editMapping { $0.set("apiVersion", text: version, tag: version.isEmpty ? .none : .string) }
            try merge(copy, into: &list[index])
        }
        list.dropEmpty()
        if let conflict = list.conflict {
            throw KustomizeError(
                .conflict, file: loader.file, line: entry.line, field: entry.field,
                "after the patch two objects are called \(conflict.id)")
        }
    }

    /// Merges a patch into an object. Name, kind and namespace stay unless the patch may change them.
    func merge(_ patch: Resource, into resource: inout Resource) throws(KustomizeError) {
        try budget.check(file: patch.origin.file)
        try budget.spend(patch.node, file: patch.origin.file)
        schemaInUse = true
        let (name, namespace, kind) = (resource.name, resource.namespace, resource.kind)
        if patch.allowsNameChange || patch.allowsKindChange { resource.rememberID() }
        let merge = StrategicMerge(schema: schema, budget: budget)
        func edit(_ node: inout Node) throws(DocumentError) {
            node = try merge.apply(patch.node, to: node) ?? .mapping(Mapping())
        }
        do {
            if patch.node.replacesAnnotations {
                try resource.editWithNotes(edit)
            } else {
                try edit(&resource.node)
            }
        } catch {
            try budget.checkAll(file: patch.origin.file)
            throw KustomizeError(
                .patchFailed, file: patch.origin.file, line: patch.origin.line, field: error.field,
                "the patch does not fit \(resource.id): \(error.problem)")
        }
        guard !resource.isEmpty else { return }
        if patch.allowsNameChange { resource.allowsNameChange = true }
        if patch.allowsKindChange { resource.allowsKindChange = true }
        resource.settleShared()
        if !patch.allowsKindChange, resource.kind != kind {
            resource.node.editMapping { $0.set("kind", text: kind, tag: .string) }
        }
        // What the patch names is set back without a type: a name `true` or `12` without quotes is a string no more.
        let named = patch.node["metadata"]
        if !patch.allowsNameChange, resource.name != name || named?["name"] != nil {
            resource.setName(name, tag: .none)
        }
        if resource.namespace != namespace || named?["namespace"] != nil {
            resource.setNamespace(namespace, tag: .none)
        }
    }

    private func apply(
        _ operations: JSONPatch, to target: Selector, _ entry: PatchEntry, _ loader: Loader, file: String,
        remembers: Bool, _ list: inout ResourceList
    ) throws(KustomizeError) {
        let selector = try ResourceSelector(
            target, file: loader.file, line: entry.line, field: "\(entry.field).target")
        for index in list.indices where selector.matches(list[index]) {
            if remembers { list[index].rememberID() }
            try patch(&list[index], operations, file: file)
        }
    }

    private func patch(
        _ resource: inout Resource, _ operations: JSONPatch, file: String
    ) throws(KustomizeError) {
        try budget.check(file: file)
        resource.shared = []
        do {
            try resource.replaceWithNotes { node in
                Node(try operations.apply(to: try node.json(isRoot: true), budget))
            }
        } catch let error as JSONPatchError {
            try budget.checkAll(file: file)
            throw KustomizeError(
                .patchFailed, file: file, line: operations.line, field: "[\(error.index)]",
                "the patch does not fit \(resource.id): \(error.problem)")
        } catch let error as DocumentError {
            throw KustomizeError(.invalidManifest, error, in: resource)
        } catch {
            throw KustomizeError(.patchFailed, file: file, "\(error)")
        }
    }
}

extension Resource {
    /// A patch with labels and annotations that are texts whatever they were: a null among them does not remove.
    ///
    /// kustomize copies a patch that has a target, and those of `patchesStrategicMerge`, and this comes of it.
    fileprivate var withTextMetadata: Resource {
        var copy = self
        for field in ["labels", "annotations"] where node["metadata"]?[field] != nil {
            copy.setTexts(field, texts(field))
        }
        return copy
    }
}

extension Node {
    /// Whether a patch does away with all annotations of an object at once.
    fileprivate var replacesAnnotations: Bool {
        guard let metadata = self["metadata"] else { return self["$patch"] != nil }
        if metadata.isNull || metadata["$patch"] != nil { return true }
        guard let annotations = metadata["annotations"] else { return false }
        return annotations.isNull || annotations["$patch"] != nil
    }
}

extension [UInt8] {
    /// The bytes without blanks and line ends around them.
    fileprivate var trimmed: [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let start = firstIndex(where: { !isBlank($0) }), let end = lastIndex(where: { !isBlank($0) }) else {
            return []
        }
        return Array(self[start...end])
    }
}
