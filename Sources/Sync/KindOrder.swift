package import KubernetesModel

/// In which order kinds are applied within a wave: what others depend on comes first.
///
/// Group and kind are matched together: a custom resource that happens to be called `Service` is no Service.
package enum KindOrder {
    private static let early: [GroupKind] = [
        GroupKind(group: "", kind: "Namespace"),
        GroupKind(group: "networking.k8s.io", kind: "NetworkPolicy"),
        GroupKind(group: "", kind: "ResourceQuota"),
        GroupKind(group: "", kind: "LimitRange"),
        GroupKind(group: "policy", kind: "PodDisruptionBudget"),
        GroupKind(group: "", kind: "ServiceAccount"),
        GroupKind(group: "", kind: "Secret"),
        GroupKind(group: "", kind: "ConfigMap"),
        GroupKind(group: "storage.k8s.io", kind: "StorageClass"),
        GroupKind(group: "", kind: "PersistentVolume"),
        GroupKind(group: "", kind: "PersistentVolumeClaim"),
        GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"),
        GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRole"),
        GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding"),
        GroupKind(group: "rbac.authorization.k8s.io", kind: "Role"),
        GroupKind(group: "rbac.authorization.k8s.io", kind: "RoleBinding"),
        GroupKind(group: "", kind: "Service"),
        GroupKind(group: "apps", kind: "DaemonSet"),
        GroupKind(group: "", kind: "Pod"),
        GroupKind(group: "apps", kind: "ReplicaSet"),
        GroupKind(group: "apps", kind: "Deployment"),
        GroupKind(group: "autoscaling", kind: "HorizontalPodAutoscaler"),
        GroupKind(group: "apps", kind: "StatefulSet"),
        GroupKind(group: "batch", kind: "Job"),
        GroupKind(group: "batch", kind: "CronJob"),
        GroupKind(group: "networking.k8s.io", kind: "IngressClass"),
        GroupKind(group: "networking.k8s.io", kind: "Ingress"),
        GroupKind(group: "apiregistration.k8s.io", kind: "APIService"),
    ]

    private static let late: [GroupKind] = [
        GroupKind(group: "admissionregistration.k8s.io", kind: "ValidatingAdmissionPolicy"),
        GroupKind(group: "admissionregistration.k8s.io", kind: "ValidatingAdmissionPolicyBinding"),
        GroupKind(group: "admissionregistration.k8s.io", kind: "MutatingWebhookConfiguration"),
        GroupKind(group: "admissionregistration.k8s.io", kind: "ValidatingWebhookConfiguration"),
    ]

    /// Where kinds that the table does not name stand.
    private static let unknownRank = early.count

    private static let ranks: [GroupKind: Int] = {
        var ranks: [GroupKind: Int] = [:]
        for (index, kind) in early.enumerated() { ranks[kind] = index }
        for (index, kind) in late.enumerated() { ranks[kind] = unknownRank + 1 + index }
        return ranks
    }()

    /// A kind's place: lower is applied earlier and pruned later.
    package static func rank(of kind: GroupKind) -> Int { ranks[kind] ?? unknownRank }
}
