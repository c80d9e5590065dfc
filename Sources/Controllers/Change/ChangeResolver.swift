package import Core
package import Git
internal import KubernetesModel
package import Kustomize
package import SluiceAPI
internal import Sync
internal import YAML

/// Works out what the items of a promotion mean at one commit: which files change how, and what that renders to.
package struct ChangeResolver: Sendable {
    /// The environment that is promoted into.
    package let environment: Environment
    /// All environments of its namespace by name, for `fromEnvironment`.
    package let environments: [String: Environment]

    package init(environment: Environment, environments: [String: Environment]) {
        self.environment = environment
        self.environments = environments
    }

    /// One image of one app that is to become another version.
    private struct Wish {
        let app: String
        var image: PromotedImage
        /// Whether the image's name is what the rendered objects say, rather than what the kustomization says.
        let byRenderedName: Bool
    }

    /// - Throws: ``ChangeError`` when an item cannot be met: an unknown app, an overlay that does not render, an image
    ///   that the app does not have.
    package func resolve(
        _ spec: PromotionSpec, in tree: some FileTree, base: CommitID, cache: RenderCache
    ) throws(ChangeError) -> Change {
        let path = AppPath(environment.spec.source.path)
        let apps = try discover(path, tree)
        var holdups: [Gate] = []
        var wishes: [Wish] = []
        for (index, item) in spec.items.enumerated() {
            try add(item, at: "spec.items[\(index)]", apps: apps, to: &wishes, holdups: &holdups)
        }
        var items: [PromotionStatus.ItemState] = []
        var edits: [String: [UInt8]] = [:]
        var before: [Manifest] = []
        var after: [Manifest] = []
        for app in Set(wishes.map(\.app)).sorted() {
            let mine = wishes.filter { $0.app == app }
            let outcome = try change(app, at: path.path(of: app), mine, tree, cache)
            items += outcome.items
            guard let edit = outcome.edit else { continue }
            edits[edit.path] = edit.content
            before += outcome.before
            after += outcome.after
        }
        return Change(
            base: base, items: items, edits: edits, diff: ChangeDiff(before: before, after: after), holdups: holdups)
    }

    private func discover(_ path: AppPath, _ tree: some FileTree) throws(ChangeError) -> [String] {
        do {
            return try path.apps(
                in: tree, environment: environment.metadata.name, include: GlobList(environment.spec.apps.include),
                exclude: GlobList(environment.spec.apps.exclude)
            ).map(\.name)
        } catch {
            throw ChangeError(RunReason.renderFailed.rawValue, "spec.source.path: \(error)")
        }
    }

    // MARK: Items

    private func add(
        _ item: PromotionSpec.Item, at field: String, apps: [String], to wishes: inout [Wish], holdups: inout [Gate]
    ) throws(ChangeError) {
        guard item.path == nil else {
            throw ChangeError("NotSupported", "\(field).path: copying paths is not built yet; promote images instead")
        }
        let globs = GlobList(item.app.isEmpty ? item.apps : [item.app])
        let matched = apps.filter { item.app.isEmpty ? globs.matches($0) : $0 == item.app }
        guard !matched.isEmpty else {
            let wanted = item.app.isEmpty ? item.apps.joined(separator: ", ") : item.app
            throw ChangeError(
                "AppNotFound", "\(field): environment \(environment.metadata.name) has no app that matches \(wanted)")
        }
        if let image = item.image {
            for app in matched { wishes.append(Wish(app: app, image: image, byRenderedName: false)) }
            return
        }
        guard let upstream = environments[item.fromEnvironment] else {
            throw ChangeError(
                RunReason.environmentNotFound.rawValue,
                "\(field).fromEnvironment: there is no environment \(item.fromEnvironment) in this namespace")
        }
        for app in matched {
            guard let live = upstream.status.apps.first(where: { $0.name == app }) else {
                // A release train takes the apps that are there; an app that is named must be there.
                if item.app.isEmpty { continue }
                throw ChangeError(
                    "AppNotFound", "\(field): app \(app) is not live in environment \(item.fromEnvironment)",
                    disposition: .transient)
            }
            if live.health != .healthy || live.sync != .synced {
                let state = "\(live.sync?.rawValue ?? "Unknown") and \(live.health?.rawValue ?? "Unknown")"
                holdups.append(
                    Gate(
                        name: .upstream, state: .waiting, reason: .upstreamUnhealthy,
                        message: "\(app) is \(state) in \(item.fromEnvironment)"))
            }
            for image in live.images.map(ImageReference.init) where !image.version.isEmpty {
                let wanted = PromotedImage(
                    name: image.name, newTag: image.digest.isEmpty ? image.tag : "", digest: image.digest)
                wishes.append(Wish(app: app, image: wanted, byRenderedName: true))
            }
        }
    }

    // MARK: One app

    private struct Outcome {
        var items: [PromotionStatus.ItemState] = []
        /// Nil where nothing changes.
        var edit: (path: String, content: [UInt8])?
        var before: [Manifest] = []
        var after: [Manifest] = []
    }

    private func change(
        _ app: String, at path: String, _ wishes: [Wish], _ tree: some FileTree, _ cache: RenderCache
    ) throws(ChangeError) -> Outcome {
        let options = RenderOptions(environment.spec.render)
        let before = try render(app, tree, path, options, cache)
        let imagesBefore = images(of: before)
        let file = try kustomization(app, path, tree)
        let entries: [KustomizationImage]
        do throws(YAMLError) {
            entries = try KustomizationEdit.images(in: file.content, file: file.path)
        } catch {
            throw ChangeError(RunReason.renderFailed.rawValue, error.message)
        }
        var outcome = Outcome(before: before)
        var pending: [(wish: PromotedImage, rendered: String)] = []
        for wish in wishes {
            var image = wish.image
            var rendered = image.newName.isEmpty ? image.name : image.newName
            if wish.byRenderedName {
                // Other images of the app upstream, a side-car that only runs there for example, are none of ours.
                guard imagesBefore.contains(where: { $0.name == image.name }) else { continue }
                if let entry = entries.last(where: { ($0.newName ?? $0.name) == image.name }) {
                    image.name = entry.name
                }
            } else if image.newName.isEmpty, let entry = entries.last(where: { $0.name == image.name }) {
                rendered = entry.newName ?? entry.name
            }
            pending.append((image, rendered))
        }
        guard !pending.isEmpty else { return outcome }
        let content = try edit(file, pending.map(\.wish))
        let overlay = OverlayFileTree(tree, edits: [file.path: content])
        outcome.after = content == file.content ? before : try render(app, overlay, path, options, cache)
        let imagesAfter = images(of: outcome.after)
        for (image, rendered) in pending {
            let to = image.digest.isEmpty ? image.newTag : image.digest
            let from = Set(imagesBefore.filter { $0.name == rendered }.map(\.version)).sorted().joined(separator: ", ")
            guard imagesAfter.contains(where: { $0.name == rendered && $0.version == to }) else {
                let known = imagesBefore.map(\.name).joined(separator: ", ")
                throw ChangeError(
                    "ImageNotFound",
                    "\(file.path): setting image \(image.name) to \(to) changes nothing that is rendered; "
                        + "app \(app) runs \(known.isEmpty ? "no image" : known)")
            }
            outcome.items.append(
                PromotionStatus.ItemState(app: app, image: rendered, from: from, to: to, noop: from == to))
        }
        if outcome.after != before { outcome.edit = (file.path, content) }
        return outcome
    }

    private func images(of manifests: [Manifest]) -> [ImageReference] {
        Set(manifests.flatMap(WorkloadImages.of)).sorted().map(ImageReference.init)
    }

    private func render(
        _ app: String, _ tree: some FileTree, _ path: String, _ options: RenderOptions, _ cache: RenderCache
    ) throws(ChangeError) -> [Manifest] {
        do throws(KustomizeError) {
            return try cache.render(tree, path: path, options: options).manifests.map(\.manifest)
        } catch {
            throw ChangeError(
                RunReason.renderFailed.rawValue, "app \(app): \(error.message)", disposition: error.disposition)
        }
    }

    private func kustomization(
        _ app: String, _ path: String, _ tree: some FileTree
    ) throws(ChangeError) -> (path: String, content: [UInt8]) {
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
