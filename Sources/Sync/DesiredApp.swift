internal import Core
package import KubernetesModel
internal import SluiceAPI

/// A rendered object and the file it comes from.
package struct RenderedObject: Sendable, Hashable {
    package let manifest: Manifest
    /// A path in the tree, for messages; may be empty.
    package let origin: String

    package init(_ manifest: Manifest, origin: String = "") {
        self.manifest = manifest
        self.origin = origin
    }
}

/// All objects that one app of an environment wants, or the reasons why nothing of it may be applied.
package struct DesiredApp: Sendable {
    package let name: String
    /// The revision that it was rendered from; hooks run once for each.
    package let revision: String
    /// Empty where there are violations.
    package private(set) var objects: [DesiredObject]
    package let hooks: [DesiredObject]
    /// Everything that is wrong, not only the first; empty for a sound app.
    package let violations: [SyncError]

    /// Checks, completes and stamps the objects of an app.
    ///
    /// - Parameters:
    ///   - namespace: where namespaced objects go that name no namespace.
    ///   - kinds: what the cluster serves; definitions among the objects are added to it.
    package init(
        name: String, revision: String, rendered: [RenderedObject], environment: NamespacedName,
        namespace: String, kinds: KindTable, scope: ScopePolicy, ignore: IgnoreRules
    ) {
        self.name = name
        self.revision = revision
        var kinds = kinds
        for object in rendered { kinds.add(definition: object.manifest) }
        var builder = DesiredBuilder(
            app: name, revision: revision, environment: environment, namespace: namespace, kinds: kinds, scope: scope,
            ignore: ignore)
        for object in rendered { builder.add(object) }
        violations = builder.violations
        objects = builder.violations.isEmpty ? builder.objects : []
        hooks = builder.violations.isEmpty ? builder.hooks : []
    }

    /// An app of which nothing is wanted: one that left Git, or whose environment is deleted.
    package init(nothingOf name: String, revision: String = "") {
        self.name = name
        self.revision = revision
        objects = []
        hooks = []
        violations = []
    }

    /// The same app, with these kinds served now.
    func serving(_ kinds: Set<GroupVersionKind>) -> DesiredApp {
        var copy = self
        copy.objects = objects.map { object in
            guard object.kindIsPending, kinds.contains(object.gvk) else { return object }
            return object.served()
        }
        return copy
    }

    /// The kinds of all objects, hooks included, each once.
    package var kinds: Set<GroupVersionKind> {
        Set(objects.map(\.gvk)).union(hooks.map(\.gvk))
    }
}

/// Gathers the objects of one app.
private struct DesiredBuilder {
    let app: String
    let revision: String
    let environment: NamespacedName
    let namespace: String
    let kinds: KindTable
    let scope: ScopePolicy
    let ignore: IgnoreRules
    let label: String

    var objects: [DesiredObject] = []
    var hooks: [DesiredObject] = []
    var violations: [SyncError] = []
    private var origins: [ObjectKey: String] = [:]

    init(
        app: String, revision: String, environment: NamespacedName, namespace: String, kinds: KindTable,
        scope: ScopePolicy, ignore: IgnoreRules
    ) {
        self.app = app
        self.revision = revision
        self.environment = environment
        self.namespace = namespace
        self.kinds = kinds
        self.scope = scope
        self.ignore = ignore
        label = TrackingID.label(for: environment)
    }

    mutating func add(_ rendered: RenderedObject) {
        var manifest = rendered.manifest
        nameHook(&manifest)
        let gvk = manifest.gvk
        let file = rendered.origin.isEmpty ? "" : " (\(rendered.origin))"
        guard !gvk.kind.isEmpty, !gvk.version.isEmpty, !manifest.name.isEmpty else {
            let what = gvk.kind.isEmpty ? "kind" : gvk.version.isEmpty ? "apiVersion" : "metadata.name"
            violations.append(
                SyncError(
                    .invalidObject,
                    "\(gvk.kind.isEmpty ? "object" : gvk.kind) \(manifest.name)\(file): \(what) is missing"))
            return
        }
        guard let entry = kinds[gvk] else {
            violations.append(
                SyncError(
                    .unknownKind,
                    "\(gvk.kind) \(manifest.name)\(file): the cluster does not serve kind \(gvk.kind) in \(gvk.apiVersion)",
                    // Another app may bring the definition at any moment.
                    disposition: .transient))
            return
        }
        let place = entry.namespaced ? (manifest.namespace.isEmpty ? namespace : manifest.namespace) : ""
        let key = ObjectKey(groupKind: gvk.groupKind, namespace: place, name: manifest.name)
        if let first = origins[key] {
            violations.append(
                SyncError(
                    .duplicateObject,
                    "\(key)\(file): the object is there twice\(first.isEmpty ? "" : ", also in \(first)")"))
            return
        }
        origins[key] = rendered.origin
        if entry.namespaced, place.isEmpty {
            violations.append(
                SyncError(
                    .invalidObject, "\(key)\(file): it names no namespace, nor does the environment's destination"))
            return
        }
        if let violation = scope.violation(key, origin: rendered.origin) {
            violations.append(violation)
            return
        }
        let object = complete(&manifest, key: key, gvk: gvk, entry: entry, origin: rendered.origin)
        if object.hook == nil { objects.append(object) } else { hooks.append(object) }
    }

    /// Names a hook that leaves its name to the server, as a rerun in the same revision must find it again.
    private func nameHook(_ manifest: inout Manifest) {
        guard manifest.name.isEmpty, let prefix = manifest.metadata["generateName"]?.stringValue,
            Hook(of: manifest) != nil
        else { return }
        var metadata = manifest.metadata
        metadata["generateName"] = nil
        metadata["name"] = .string(prefix + ContentHash(of: .string(revision)).description.prefix(8))
        manifest.json["metadata"] = .object(metadata)
    }

    private func complete(
        _ manifest: inout Manifest, key: ObjectKey, gvk: GroupVersionKind, entry: KindTable.Entry, origin: String
    ) -> DesiredObject {
        let hook = Hook(of: manifest)
        let tracking = TrackingID(environment: environment, app: app, object: key)
        var metadata = manifest.json["metadata"] ?? .object(JSONObject())
        metadata["namespace"] = key.namespace.isEmpty ? nil : .string(key.namespace)
        manifest.json["metadata"] = metadata
        Normalise.apply(to: &manifest)
        // A hook carries the tracking too, so that its state is watched; hooks are never counted as desired state.
        manifest.setLabel(Label.environment, label)
        manifest.setAnnotation(Annotation.tracking, tracking.description)
        let wave = manifest.annotation(Annotation.syncWave) ?? manifest.annotation(Annotation.argoSyncWave)
        return DesiredObject(
            manifest: manifest, key: key, gvk: gvk, resource: entry.resource, kindIsPending: entry.pending,
            tracking: tracking, origin: origin, wave: wave.flatMap(Int.init) ?? 0, hook: hook,
            options: ObjectOptions(of: manifest), digest: ContentHash(of: manifest.json),
            ignore: ignore.forObject(key))
    }
}
