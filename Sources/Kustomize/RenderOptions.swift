/// One entry of kustomize's `images`: what to call an image instead, and which version of it to run.
package struct ImageOverride: Sendable, Hashable {
    /// The image's name as the manifests have it, without tag and digest.
    package var name: String
    package var newName: String
    package var newTag: String
    /// `sha256:...`; with a tag both are written.
    package var digest: String
    package var tagSuffix: String

    package init(name: String, newName: String = "", newTag: String = "", digest: String = "", tagSuffix: String = "") {
        self.name = name
        self.newName = newName
        self.newTag = newTag
        self.digest = digest
        self.tagSuffix = tagSuffix
    }
}

/// What to add on top of a rendered directory, as if an outer kustomization had that directory as its only resource.
package struct RenderOptions: Sendable, Hashable {
    package var namePrefix: String
    package var nameSuffix: String
    package var commonLabels: [String: String]
    package var commonAnnotations: [String: String]
    package var images: [ImageOverride]
    package var limits: RenderLimits

    package init(
        namePrefix: String = "", nameSuffix: String = "", commonLabels: [String: String] = [:],
        commonAnnotations: [String: String] = [:], images: [ImageOverride] = [],
        limits: RenderLimits = RenderLimits()
    ) {
        self.namePrefix = namePrefix
        self.nameSuffix = nameSuffix
        self.commonLabels = commonLabels
        self.commonAnnotations = commonAnnotations
        self.images = images
        self.limits = limits
    }

    /// Whether there is anything to add.
    var isPlain: Bool {
        namePrefix.isEmpty && nameSuffix.isEmpty && commonLabels.isEmpty && commonAnnotations.isEmpty
            && images.isEmpty
    }
}

/// How much one render may take before it is refused.
package struct RenderLimits: Sendable, Hashable {
    /// The largest single file, in bytes.
    package var fileSize: Int
    /// All files together, in bytes, each counted as often as it is read.
    package var totalSize: Int
    /// How many objects one render may hold at any time.
    package var objects: Int
    /// How deep kustomizations may name each other.
    package var depth: Int
    /// How many kustomizations one render may visit.
    package var kustomizations: Int
    /// What copies, replacements and vars may make, and what the output may come to, in bytes (an estimate).
    package var outputSize: Int
    /// How long one render may take, by the wall clock.
    package var time: Duration

    package init(
        fileSize: Int = 32 << 20, totalSize: Int = 128 << 20, objects: Int = 50_000, depth: Int = 64,
        kustomizations: Int = 2000, outputSize: Int = 256 << 20, time: Duration = .seconds(60)
    ) {
        self.fileSize = fileSize
        self.totalSize = totalSize
        self.objects = objects
        self.depth = depth
        self.kustomizations = kustomizations
        self.outputSize = outputSize
        self.time = time
    }
}
