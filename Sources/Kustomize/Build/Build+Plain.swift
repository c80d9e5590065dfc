internal import Core

extension Build {
    /// A directory without a kustomization file: every manifest in it and below, sorted by path.
    func plainDirectory(_ loader: Loader, into accumulator: inout Accumulator) throws(KustomizeError) {
        var files: [TreeEntry] = []
        try collect(loader.root, loader, into: &files, depth: 0)
        guard !files.isEmpty else {
            throw KustomizeError(
                .notFound, file: loader.root,
                "there is no kustomization file and no manifest (*.yaml, *.yml, *.json) in this directory")
        }
        files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        for file in files {
            let name = Located(text: file.path, line: nil, field: "")
            let bytes = try loader.contents(of: file, name)
            try accumulator.list.append(contentsOf: try reader.resources(bytes, entry: file))
            try checkLimits(accumulator.list, file: file.path)
        }
    }

    private func collect(
        _ directory: String, _ loader: Loader, into files: inout [TreeEntry], depth: Int
    ) throws(KustomizeError) {
        let name = Located(text: directory, line: nil, field: "")
        guard depth <= options.limits.depth else {
            throw KustomizeError(.limitExceeded, file: directory, "directories nest too deeply")
        }
        let children: [TreeEntry]
        do { children = try source.children(of: directory) } catch { throw loader.wrap(error, name) }
        for child in children {
            switch child.kind {
            case .directory: try collect(child.path, loader, into: &files, depth: depth + 1)
            case .submodule: continue
            case .file, .symlink:
                let isManifest = [".yaml", ".yml", ".json"].contains { child.name.hasSuffix($0) }
                guard isManifest else { continue }
                let located = Located(text: child.name, line: nil, field: "")
                let beside = Loader(source: source, root: directory, chain: [], file: directory)
                guard let entry = try beside.resolve(located), entry.kind == .file else {
                    throw KustomizeError(.notFound, file: child.path, "this link does not lead to a file")
                }
                files.append(entry)
            }
        }
    }
}
