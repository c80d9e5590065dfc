package import Core
internal import KubernetesModel
internal import YAML

/// `kustomize build` in process, from any tree of files.
///
/// The behaviour is that of kustomize 5.8.1: the same objects in the same order as the same text. Nothing is executed,
/// nothing is fetched, nothing is written.
package enum Kustomize {
    /// Renders the directory at `path`: a kustomization, or a folder of plain manifests where there is none.
    ///
    /// - Parameters:
    ///   - tree: where every file comes from; nothing outside it can be reached.
    ///   - path: the directory, normalised, empty for the tree's root.
    ///   - remote: what may be read of other repositories.
    package static func build(
        _ tree: some FileTree, path: String, options: RenderOptions = RenderOptions(),
        remote: any RemoteBases = NoRemoteBases()
    ) throws(KustomizeError) -> RenderResult {
        try Build(tree, options: options, remote: remote, cache: nil).run(path)
    }

    /// The text that `kustomize build` prints for a result.
    package static func text(of result: RenderResult) -> [UInt8] {
        var emitter = YAMLEmitter()
        for rendered in result.manifests {
            let exact = rendered.exact.map { YAMLNode($0, line: nil) }
            // An error would leave half a document behind, so a rehearsal comes first; such objects are rare.
            if let exact, (try? YAMLEmitter.bytes(of: exact)) != nil, (try? emitter.add(exact)) != nil { continue }
            emitter.add(rendered.manifest.json)
        }
        return emitter.finish()
    }
}
