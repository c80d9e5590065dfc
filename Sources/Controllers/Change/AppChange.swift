internal import Core
internal import Git
internal import KubernetesModel
internal import Kustomize
internal import SluiceAPI
internal import Sync
internal import YAML

/// What the items of a promotion mean for one app: files first, then the images in what became of them.
struct AppChange {
    /// What is asked of one app.
    struct Wishes {
        /// One image that is to become another version.
        struct Image {
            var image: PromotedImage
            /// Whether the image's name is what the rendered objects say, rather than what the kustomization says.
            let byRenderedName: Bool
        }

        fileprivate(set) var images: [Image] = []
        /// Folders to copy from, what of them, and the item's field for messages.
        var copies: [(folder: FolderSnapshot, selection: PathSelection, field: String)] = []

        mutating func add(_ image: PromotedImage, byRenderedName: Bool) {
            images.append(Image(image: image, byRenderedName: byRenderedName))
        }
    }

    /// What changes; nothing in it where all is as asked.
    struct Outcome {
        var items: [PromotionStatus.ItemState] = []
        var edits: [String: [UInt8]] = [:]
        var removals: Set<String> = []
        var before: [Manifest] = []
        var after: [Manifest] = []
    }

    private let app: String
    private let path: String
    private let wishes: Wishes
    private let options: RenderOptions
    private let remote: any RemoteBases

    init(
        app: String, path: String, _ wishes: Wishes, render: EnvironmentSpec.Render, remote: any RemoteBases
    ) {
        self.remote = remote
        self.app = app
        self.path = path
        self.wishes = wishes
        options = RenderOptions(render)
    }

    func resolve(in tree: some FileTree, cache: RenderCache) throws(ChangeError) -> Outcome {
        let before = try render(tree, cache)
        var outcome = Outcome()
        try copy(in: tree, &outcome)
        let copied = OverlayFileTree(tree, edits: outcome.edits, removed: outcome.removals)
        let middle = outcome.edits.isEmpty && outcome.removals.isEmpty ? before : try render(copied, cache)
        let after = try setImages(in: copied, rendered: middle, before: before, cache, &outcome)
        noteCarried(before, after, &outcome)
        // A file that changes nothing that is rendered is still copied; an edit of images that does not is left.
        if !outcome.edits.isEmpty || !outcome.removals.isEmpty {
            outcome.before = before
            outcome.after = after
        }
        return outcome
    }

    // MARK: Files

    private func copy(in tree: some FileTree, _ outcome: inout Outcome) throws(ChangeError) {
        for (source, selection, field) in wishes.copies {
            if let other = source.others.filter(selection.contains).min() {
                throw ChangeError(
                    "NotCopied", "\(field).path: \(other) of \(app) is a symbolic link or a submodule; exclude it")
            }
            let target: FolderSnapshot
            let folder: String
            do {
                folder = try tree.resolve(path)?.path ?? path
                target = try FolderSnapshot(of: path, in: tree, wants: selection.contains)
            } catch {
                throw ChangeError(RunReason.renderFailed.rawValue, "app \(app): \(error)")
            }
            let wanted = source.only(selection)
            for (name, content) in wanted.files where target.files[name] != content {
                outcome.edits["\(folder)/\(name)"] = content
            }
            for name in target.files.keys where wanted.files[name] == nil {
                outcome.removals.insert("\(folder)/\(name)")
            }
            outcome.items.append(
                PromotionStatus.ItemState(
                    app: app, from: target.digest, to: wanted.digest, noop: target.digest == wanted.digest))
        }
    }

    /// Versions that came with the files are as much promoted as those that were named.
    private func noteCarried(_ before: [Manifest], _ after: [Manifest], _ outcome: inout Outcome) {
        guard !wishes.copies.isEmpty else { return }
        let old = images(of: before)
        for image in images(of: after) where !image.version.isEmpty {
            let was = old.filter { $0.name == image.name }.map(\.version)
            guard !was.contains(image.version),
                !outcome.items.contains(where: { $0.image == image.name && $0.to == image.version })
            else { continue }
            outcome.items.append(
                PromotionStatus.ItemState(
                    app: app, image: image.name, from: Set(was).sorted().joined(separator: ", "), to: image.version))
        }
    }

    // MARK: Images

    /// - Returns: what is rendered then.
    private func setImages(
        in tree: some FileTree, rendered middle: [Manifest], before: [Manifest], _ cache: RenderCache,
        _ outcome: inout Outcome
    ) throws(ChangeError) -> [Manifest] {
        guard !wishes.images.isEmpty else { return middle }
        let present = images(of: middle)
        let imagesBefore = images(of: before)
        let file = try kustomization(tree)
        let pending = try named(present, file)
        guard !pending.isEmpty else { return middle }
        let content = try edit(file, pending.map(\.wish))
        let after =
            content == file.content ? middle : try render(OverlayFileTree(tree, edits: [file.path: content]), cache)
        let imagesAfter = images(of: after)
        for (image, rendered) in pending {
            let to = image.digest.isEmpty ? image.newTag : image.digest
            let from = Set(imagesBefore.filter { $0.name == rendered }.map(\.version)).sorted().joined(separator: ", ")
            guard imagesAfter.contains(where: { $0.name == rendered && $0.version == to }) else {
                let known = present.map(\.name).joined(separator: ", ")
                throw ChangeError(
                    "ImageNotFound",
                    "\(file.path): setting image \(image.name) to \(to) changes nothing that is rendered; "
                        + "app \(app) runs \(known.isEmpty ? "no image" : known)")
            }
            outcome.items.append(
                PromotionStatus.ItemState(app: app, image: rendered, from: from, to: to, noop: from == to))
        }
        if after != middle { outcome.edits[file.path] = content }
        return after
    }

    /// The images as the kustomization calls them, each with the name that is rendered.
    private func named(
        _ present: [ImageReference], _ file: (path: String, content: [UInt8])
    ) throws(ChangeError) -> [(wish: PromotedImage, rendered: String)] {
        let entries: [KustomizationImage]
        do throws(YAMLError) {
            entries = try KustomizationEdit.images(in: file.content, file: file.path)
        } catch {
            throw ChangeError(RunReason.renderFailed.rawValue, error.message)
        }
        var pending: [(wish: PromotedImage, rendered: String)] = []
        for wish in wishes.images {
            var image = wish.image
            var rendered = image.newName.isEmpty ? image.name : image.newName
            let entry = entries.last { $0.name == image.name }
            if wish.byRenderedName || image.newName.isEmpty && entry == nil {
                let isRendered = present.contains { $0.name == image.name }
                // Other images of the app upstream, a side-car that only runs there for example, are none of ours.
                if wish.byRenderedName, !isRendered { continue }
                if let entry = entries.last(where: { ($0.newName ?? $0.name) == image.name }) {
                    image.name = entry.name
                }
            } else if image.newName.isEmpty, let entry {
                rendered = entry.newName ?? entry.name
            }
            pending.append((image, rendered))
        }
        return pending
    }

    private func images(of manifests: [Manifest]) -> [ImageReference] {
        Set(manifests.flatMap(WorkloadImages.of)).sorted().map(ImageReference.init)
    }

    private func render(_ tree: some FileTree, _ cache: RenderCache) throws(ChangeError) -> [Manifest] {
        do throws(KustomizeError) {
            return try cache.render(tree, path: path, options: options, remote: remote).manifests.map(\.manifest)
        } catch {
            throw ChangeError(
                RunReason.renderFailed.rawValue, "app \(app): \(error.message)", disposition: error.disposition)
        }
    }

    private func kustomization(_ tree: some FileTree) throws(ChangeError) -> (path: String, content: [UInt8]) {
        do {
            for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
                guard let entry = try tree.resolve(name, from: path), entry.kind == .file else { continue }
                return (entry.path, try tree.contents(of: entry))
            }
        } catch {
            throw ChangeError(RunReason.renderFailed.rawValue, "app \(app): \(error)")
        }
        throw ChangeError(
            "NoKustomization",
            "app \(app): \(path) has no kustomization.yaml, so there is no place to set an image; add one")
    }

    private func edit(
        _ file: (path: String, content: [UInt8]), _ images: [PromotedImage]
    ) throws(ChangeError) -> [UInt8] {
        do throws(YAMLError) {
            return try KustomizationEdit.setImages(
                in: file.content,
                images.map { image in
                    ImageEdit(
                        name: image.name, newName: image.newName.isEmpty ? nil : image.newName,
                        newTag: image.newTag.isEmpty ? nil : image.newTag,
                        digest: image.digest.isEmpty ? nil : image.digest)
                }, file: file.path)
        } catch {
            throw ChangeError(RunReason.gitConflict.rawValue, error.message)
        }
    }
}
