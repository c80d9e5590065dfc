internal import Core

/// What a kustomization and everything below it amounts to so far.
struct Accumulator {
    var list = ResourceList()
    /// Empty until the first kustomization's is merged.
    var configuration = TransformerConfiguration()
    var vars: [VarEntry] = []
}

/// One run of `kustomize build`.
final class Build {
    let source: SourceTree
    let remote: any RemoteBases
    /// The trees of other repositories by URL and commit, and how they were referred to.
    var remoteTrees: [[String]: SourceTree] = [:]
    var remoteReferences: Set<RemoteReference> = []
    let options: RenderOptions
    let reader: ManifestReader
    let budget: Budget
    var warnings: [String] = []
    /// From the root kustomization only.
    var sortOptions: SortOptions?
    var buildMetadata: Set<String> = []
    /// Whether objects carry notes of where they come from and what went over them.
    var notesOrigins: Bool { !buildMetadata.isEmpty }
    /// The schema that strategic merge goes by; the first `openapi` that is met replaces it.
    var schema = MergeSchema.builtIn
    var hasOwnSchema = false
    /// Whether the schema was read already: to merge an object, or to learn whether a kind that kustomize does not know
    /// by heart stands outside namespaces.
    var schemaInUse = false
    private var visited = 0

    init(_ tree: any FileTree, options: RenderOptions, remote: any RemoteBases, cache: ParsedFiles?) {
        source = SourceTree(tree, limits: options.limits)
        self.remote = remote
        self.options = options
        budget = Budget(options.limits)
        reader = ManifestReader(cache: cache, limits: options.limits)
    }

    /// Renders a directory.
    func run(_ path: String) throws(KustomizeError) -> RenderResult {
        let name = Located(text: path.isEmpty ? "." : path, line: nil, field: "")
        let outside = Loader(source: source, root: "", chain: [], file: "")
        guard let entry = try outside.resolve(name), entry.kind == .directory else {
            throw KustomizeError(.notFound, file: path, "there is no such directory")
        }
        var accumulator = Accumulator()
        let loader = Loader(source: source, root: entry.path, chain: [entry.path], file: "")
        if let file = try kustomizationFile(loader) {
            let kustomization = try read(file, in: source)
            sortOptions = kustomization.sortOptions
            buildMetadata = Set(kustomization.buildMetadata.map(\.text))
            try accumulate(kustomization, loader, into: &accumulator)
        } else {
            accumulator.configuration = .builtIn
            try plainDirectory(loader, into: &accumulator)
            sortOptions = SortOptions(isLegacy: false)
        }
        try applyOptions(to: &accumulator)
        return try finish(&accumulator)
    }

    /// The kustomization file of a directory; nil if there is none.
    func kustomizationFile(_ loader: Loader) throws(KustomizeError) -> TreeEntry? {
        var found: [TreeEntry] = []
        for name in Kustomization.fileNames {
            let located = Located(text: name, line: nil, field: "")
            if let entry = try loader.resolve(located), entry.kind == .file {
                found.append(try loader.fileEntry(located))
            }
        }
        guard found.count < 2 else {
            throw KustomizeError(
                .invalidKustomization, file: found[1].path,
                "the directory has more than one kustomization file: keep one of "
                    + found.map(\.name).joined(separator: ", "))
        }
        return found.first
    }

    func read(_ file: TreeEntry, in source: SourceTree) throws(KustomizeError) -> Kustomization {
        try budget.check(file: file.path)
        visited += 1
        guard visited <= options.limits.kustomizations else {
            throw KustomizeError(
                .limitExceeded, file: file.path, "one render may visit \(options.limits.kustomizations) kustomizations")
        }
        let loader = Loader(source: source, root: "", chain: [], file: file.path)
        let bytes = try loader.contents(of: file, Located(text: file.path, line: nil, field: ""))
        let kustomization = try Kustomization(parsing: bytes, file: file.path)
        warnings += kustomization.warnings
        return kustomization
    }

    /// Adds a kustomization's resources, runs its generators, components and transformers.
    func accumulate(
        _ kustomization: Kustomization, _ directory: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        var loader = directory
        loader.file = kustomization.file
        try loadSchema(kustomization, loader)
        guard loader.chain.count <= options.limits.depth else {
            throw KustomizeError(
                .limitExceeded, file: kustomization.file,
                "kustomizations nest deeper than \(options.limits.depth): flatten them")
        }
        for name in kustomization.resources {
            try addResource(name, loader, into: &accumulator)
            try checkLimits(accumulator.list, file: kustomization.file)
        }
        try mergeConfigurations(kustomization, loader, into: &accumulator)
        try generate(kustomization, loader, into: &accumulator)
        for name in kustomization.components { try addComponent(name, loader, into: &accumulator) }
        try transform(kustomization, loader, &accumulator)
        try addVars(kustomization, to: &accumulator)
    }

    /// Throws if there are too many objects, or the time is up.
    func checkLimits(_ list: ResourceList, file: String) throws(KustomizeError) {
        try budget.check(file: file)
        guard list.count <= options.limits.objects else {
            throw KustomizeError(
                .limitExceeded, file: file, "one render may hold \(options.limits.objects) objects: split it")
        }
    }

    func addResource(
        _ name: Located, _ loader: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        guard let directory = try directory(name, loader) else {
            let file = try loader.fileEntry(name)
            var resources = try reader.resources(try loader.contents(of: file, name), entry: file)
            try noteOrigin(name.text, loader, of: &resources)
            readSchema(for: resources)
            try accumulator.list.append(contentsOf: resources)
            return
        }
        var inner = Accumulator()
        let kustomization = try kustomization(of: directory, name, loader)
        guard !kustomization.isComponent else {
            throw loader.error(
                .invalidKustomization, name, "\(name.text) is a Component: list it under components instead")
        }
        try accumulate(kustomization, directory, into: &inner)
        try accumulator.list.append(contentsOf: inner.list.resources)
        try accumulator.configuration.merge(inner.configuration, file: kustomization.file)
        try merge(inner.vars, into: &accumulator, file: kustomization.file)
    }

    private func addComponent(
        _ name: Located, _ loader: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        guard let directory = try directory(name, loader) else {
            throw loader.error(.invalidKustomization, name, "\(name.text) is a file: a component is a directory")
        }
        let kustomization = try kustomization(of: directory, name, loader)
        guard kustomization.isComponent else {
            throw loader.error(
                .invalidKustomization, name,
                "\(name.text) is not a Component: set its kind, or list it under resources")
        }
        try accumulate(kustomization, directory, into: &accumulator)
    }

    /// The directory that a resource or component leads to; nil for a file.
    private func directory(_ name: Located, _ loader: Loader) throws(KustomizeError) -> Loader? {
        // A file comes before a repository, and that before a directory, as in kustomize.
        let entry = name.text.contains("://") ? nil : try loader.resolve(name)
        if entry?.kind == .file { return nil }
        if let remote = try remoteDirectory(name, loader) { return remote }
        guard let entry else {
            throw loader.error(.notFound, name, "there is no file or directory \(name.text)")
        }
        return entry.kind == .directory ? try loader.directory(entry.path, name) : nil
    }

    private func kustomization(
        of directory: Loader, _ name: Located, _ loader: Loader
    ) throws(KustomizeError) -> Kustomization {
        guard let file = try kustomizationFile(directory) else {
            throw loader.error(
                .notFound, name, "\(name.text) has no kustomization file: add one, or list its files instead")
        }
        return try read(file, in: directory.source)
    }
}
