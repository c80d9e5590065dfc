package import KubernetesModel
internal import SluiceAPI

/// All that is kept of a live object: identity, fingerprint and verdict, never the object itself.
package struct LiveRecord: Sendable, Hashable {
    package let key: ObjectKey
    /// The kind in the version that it was read in.
    package let gvk: GroupVersionKind
    package let uid: String
    package let resourceVersion: String
    package let generation: Int64
    /// The value of the environment label.
    package let environmentLabel: String
    /// What the tracking annotation says, which on a copy names another object.
    package let tracking: TrackingID?
    /// Nil where our manager owns nothing in it.
    package let fingerprint: Fingerprint?
    package private(set) var health: Health
    package let isDeleting: Bool
    /// Whether a controller created it for another object: such an object is never pruned.
    package let isControlled: Bool
    package let isHook: Bool
    /// Which run of a hook it is; empty for an object that is none.
    package let hookRun: String
    package let wave: Int
    package let options: ObjectOptions
    /// The images of a workload's containers, in order, each once.
    package let images: [String]
    /// What a rule leaves to other managers in this object; nil where no rule bears on it.
    package let ignored: IgnoredFields?
    /// Whether our manager still owns ignored fields: these must be handed over before they are left out of an apply.
    package let ownsIgnored: Bool
    /// Whether an adoption was cut short: fields that `kubectl apply` set before our last apply are not ours yet, so
    /// those that Git does not name would stay for good.
    package let isHalfAdopted: Bool
    /// The manager that last changed something beside us, for messages; empty where there is none.
    package let lastManager: String

    /// Reduces an object as a server returned it.
    package init(_ manifest: Manifest, manager: String, ignore: IgnoreRules) {
        key = manifest.key
        gvk = manifest.gvk
        uid = manifest.uid
        resourceVersion = manifest.resourceVersion
        generation = manifest.generation
        environmentLabel = manifest.label(Label.environment) ?? ""
        tracking = TrackingID(of: manifest)
        health = Health(inApp: manifest)
        isDeleting = manifest.deletionTimestamp != nil
        let owners = manifest.json["metadata"]?["ownerReferences"]?.arrayValue ?? []
        isControlled = owners.contains { $0["controller"]?.boolValue == true }
        isHook = Hook(of: manifest) != nil
        hookRun = isHook ? manifest.annotation(Annotation.hookRun) ?? "" : ""
        let wave = manifest.annotation(Annotation.syncWave) ?? manifest.annotation(Annotation.argoSyncWave)
        self.wave = wave.flatMap(Int.init) ?? 0
        options = ObjectOptions(of: manifest)
        images = WorkloadImages.of(manifest)
        lastManager = FieldOwnership.lastForeignManager(of: manifest, beside: manager)
        let rule = ignore.forObject(key)
        isHalfAdopted = FieldHandover.isDue(manifest, manager: manager, ignore: rule)
        if let rule {
            let fields = rule.fields(in: manifest)
            ignored = fields
            fingerprint = Fingerprint(live: manifest, manager: manager, ignoring: fields)
            ownsIgnored = fingerprint != Fingerprint(live: manifest, manager: manager)
        } else {
            ignored = nil
            fingerprint = Fingerprint(live: manifest, manager: manager)
            ownsIgnored = false
        }
    }

    /// The same record with another verdict.
    func with(health: Health) -> LiveRecord {
        var copy = self
        copy.health = health
        return copy
    }

    /// Whether the object is tracked, and is the one that its tracking names.
    package var isTracked: Bool { tracking?.names(key) ?? false }
}

/// The images that an object's pods run.
package enum WorkloadImages {
    /// The images of all containers, init containers first, each once; empty for an object that runs no pods.
    package static func of(_ manifest: Manifest) -> [String] {
        let spec: JSONValue?
        switch (manifest.gvk.group, manifest.kind) {
        case ("", "Pod"): spec = manifest.json["spec"]
        case ("batch", "CronJob"): spec = manifest.json["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"]
        case ("apps", _), ("batch", "Job"), ("", "ReplicationController"):
            spec = manifest.json["spec"]?["template"]?["spec"]
        default: return []
        }
        guard let spec else { return [] }
        var images: [String] = []
        for list in ["initContainers", "containers"] {
            for container in spec[list]?.arrayValue ?? [] {
                guard let image = container["image"]?.stringValue, !images.contains(image) else { continue }
                images.append(image)
            }
        }
        return images
    }
}
