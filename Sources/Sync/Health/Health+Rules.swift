package import KubernetesModel
internal import SluiceAPI

extension Health {
    /// The verdict on an object as the server shows it: a pure function of the object alone.
    ///
    /// Rules for the kinds of sync.md; any other kind goes by the conventions of its conditions.
    package init(of manifest: Manifest) {
        if manifest.annotation(Annotation.health) == "Ignore" {
            self = Health(.healthy, "health is ignored by annotation")
            return
        }
        if manifest.deletionTimestamp != nil {
            let waiting = manifest.finalizers.prefix(3).joined(separator: ", ")
            self = Health(.progressing, waiting.isEmpty ? "is being deleted" : "is being deleted, waits for \(waiting)")
            return
        }
        let object = ObjectView(manifest)
        self =
            switch (manifest.gvk.group, manifest.kind) {
            case ("apps", "Deployment"): Health.deployment(object)
            case ("apps", "StatefulSet"): Health.statefulSet(object)
            case ("apps", "DaemonSet"): Health.daemonSet(object)
            case ("apps", "ReplicaSet"), ("", "ReplicationController"): Health.replicaSet(object)
            case ("batch", "Job"): Health.job(object)
            case ("batch", "CronJob"): Health.cronJob(object)
            case ("", "Pod"): Health.pod(object)
            case ("", "PersistentVolumeClaim"): Health.claim(object)
            case ("", "Service"): Health.service(object)
            case ("networking.k8s.io", "Ingress"), ("extensions", "Ingress"): Health.ingress(object)
            case ("autoscaling", "HorizontalPodAutoscaler"): Health.autoscaler(object)
            case ("policy", "PodDisruptionBudget"): Health.disruptionBudget(object)
            case ("apiregistration.k8s.io", "APIService"): Health.apiService(object)
            case ("apiextensions.k8s.io", "CustomResourceDefinition"): Health.definition(object)
            case ("", "Namespace"): Health.namespace(object)
            default: Health.conventional(object)
            }
    }
}

extension Health {
    /// The verdict as it counts in an app: as ``init(of:)``, but a pending claim blocks nothing.
    ///
    /// With `volumeBindingMode: WaitForFirstConsumer` a claim stays pending until a pod uses it. The claim alone does
    /// not tell; where a pod waits for its claim, the pod and its workload show it.
    ///
    /// Promotions, Rollbacks and Environments that an app declares tell their own story: a promotion that waits for an
    /// approval makes nobody ill who merely delivers it.
    package init(inApp manifest: Manifest) {
        guard manifest.gvk.group != SluiceGroup.name else {
            self = .healthy
            return
        }
        let health = Health(of: manifest)
        let isClaim = manifest.gvk.groupKind == GroupKind(group: "", kind: "PersistentVolumeClaim")
        let waits = isClaim && health.status == .progressing && manifest.deletionTimestamp == nil
        self = waits ? Health(.healthy, health.message) : health
    }
}

/// The fields of an object that the rules read, each absent where it is of another type than it should be.
struct ObjectView {
    let spec: JSONValue
    let status: JSONValue
    let generation: Int64
    let manifest: Manifest

    init(_ manifest: Manifest) {
        self.manifest = manifest
        spec = manifest.json["spec"] ?? .null
        status = manifest.json["status"] ?? .null
        generation = manifest.generation
    }

    /// A count in `status`, 0 where it is absent: the server leaves zeros out.
    func count(_ name: String) -> Int64 { status[name]?.intValue ?? 0 }

    /// Whether the controller has not yet seen the newest `spec`.
    var isUnobserved: Bool {
        guard let observed = status["observedGeneration"]?.intValue else { return false }
        return observed < generation
    }

    struct Condition {
        let status: String
        let reason: String
        let message: String

        var isTrue: Bool { status == "True" }
        var isFalse: Bool { status == "False" }
        /// `reason: message`, or what there is of it.
        var text: String {
            if reason.isEmpty { return message }
            return message.isEmpty ? reason : "\(reason): \(message)"
        }
    }

    func condition(_ type: String) -> Condition? {
        for condition in status["conditions"]?.arrayValue ?? [] where condition["type"]?.stringValue == type {
            return Condition(
                status: condition["status"]?.stringValue ?? "", reason: condition["reason"]?.stringValue ?? "",
                message: condition["message"]?.stringValue ?? "")
        }
        return nil
    }
}
