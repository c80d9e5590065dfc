package import KubernetesModel
internal import SluiceAPI

/// One object as it is to be in the cluster: checked, completed and stamped with its tracking.
package struct DesiredObject: Sendable, Hashable {
    /// What is sent in a server-side apply.
    package let manifest: Manifest
    package let key: ObjectKey
    package let gvk: GroupVersionKind
    package let resource: GroupVersionResource
    /// Whether the cluster serves the kind only after a definition in the same sync is established.
    package private(set) var kindIsPending: Bool
    package let tracking: TrackingID
    /// The file that the object comes from, for messages.
    package let origin: String
    package let wave: Int
    package let hook: Hook?
    package let options: ObjectOptions
    /// The hash of ``manifest``: it changes when what is wanted changes.
    package let digest: ContentHash
    /// What of it is left alone once the object exists.
    package let ignore: ObjectIgnore?

    package init(
        manifest: Manifest, key: ObjectKey, gvk: GroupVersionKind, resource: GroupVersionResource, kindIsPending: Bool,
        tracking: TrackingID, origin: String, wave: Int, hook: Hook?, options: ObjectOptions, digest: ContentHash,
        ignore: ObjectIgnore?
    ) {
        self.manifest = manifest
        self.key = key
        self.gvk = gvk
        self.resource = resource
        self.kindIsPending = kindIsPending
        self.tracking = tracking
        self.origin = origin
        self.wave = wave
        self.hook = hook
        self.options = options
        self.digest = digest
        self.ignore = ignore
    }

    /// The same object, its kind being served.
    func served() -> DesiredObject {
        var copy = self
        copy.kindIsPending = false
        return copy
    }

    /// The manifest without the fields that are left alone in a live object.
    package func manifest(ignoring fields: IgnoredFields) -> Manifest {
        fields.isEmpty ? manifest : Manifest(fields.removed(from: manifest.json))
    }
}

/// How one object departs from the usual way of syncing, by its own annotations.
package struct ObjectOptions: Sendable, Hashable {
    /// Kept when it leaves Git.
    package var keep = false
    /// Neither applied nor compared.
    package var unmanaged = false
    /// Created when absent, and left alone from then on.
    package var createOnly = false
    /// Deleted and recreated where a changed field is immutable.
    package var force = false
    /// No part of its app's health.
    package var healthIgnored = false

    package init() {}

    package init(of manifest: Manifest) {
        keep = manifest.annotation(Annotation.prune) == "false"
        unmanaged = manifest.annotation(Annotation.reconcile) == "disabled"
        createOnly = manifest.annotation(Annotation.apply) == "IfNotPresent"
        force = manifest.annotation(Annotation.force) == "true"
        healthIgnored = manifest.annotation(Annotation.health) == "Ignore"
    }
}
