package import Core
package import KubernetesModel

/// One object of a rendered directory.
package struct RenderedManifest: Sendable, Hashable {
    package var manifest: Manifest
    /// The file in the tree that the object came from; for a generated object, the kustomization file.
    package var origin: String
    /// The object where it holds whole numbers that are beyond what JSON's values keep exactly; only its text needs them.
    var exact: Node?

    package init(manifest: Manifest, origin: String) {
        self.manifest = manifest
        self.origin = origin
    }
}

/// A path that a render looked at, and what stood there.
package struct TreeRead: Sendable, Hashable {
    package let path: String
    /// Nil if nothing was there.
    package let id: ContentID?

    package init(path: String, id: ContentID?) {
        self.path = path
        self.id = id
    }
}

/// What a directory renders to, and everything that this depends on.
package struct RenderResult: Sendable {
    /// In kustomize's output order.
    package var manifests: [RenderedManifest]
    /// Every path that was looked at. While all of them have the same identity the result stands.
    package var reads: Set<TreeRead>
    /// The directories of other repositories that went into it, each with the commit that fixes what is in it.
    package var remotes: Set<RemoteReference>
    /// Things that kustomize warns of (deprecated fields, for example), for people.
    package var warnings: [String]

    package init(
        manifests: [RenderedManifest], reads: Set<TreeRead> = [], remotes: Set<RemoteReference> = [],
        warnings: [String] = []
    ) {
        self.manifests = manifests
        self.reads = reads
        self.remotes = remotes
        self.warnings = warnings
    }
}
