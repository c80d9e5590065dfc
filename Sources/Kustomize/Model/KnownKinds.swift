internal import KubernetesModel

/// The kinds of which kustomize knows by heart whether they stand in namespaces: those that Kubernetes 1.21 serves.
///
/// For any other it asks the schema, which is read at that moment.
enum KnownKinds {
    static func contains(apiVersion: String, kind: String) -> Bool {
        let gvk = GroupVersionKind(apiVersion: apiVersion, kind: kind)
        return namespaced[apiVersion]?.contains(kind) == true
            || ClusterScope.contains(group: gvk.group, version: gvk.version, kind: kind)
    }

    private static let namespaced: [String: Set<String>] = {
        var table: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            table[fields[0], default: []].formUnion(fields.dropFirst())
        }
        return table
    }()

    private static let text = """
        apps/v1 ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet
        autoscaling/v1 HorizontalPodAutoscaler Scale
        autoscaling/v2beta1 HorizontalPodAutoscaler
        autoscaling/v2beta2 HorizontalPodAutoscaler
        batch/v1 CronJob Job
        batch/v1beta1 CronJob
        coordination.k8s.io/v1 Lease
        coordination.k8s.io/v1beta1 Lease
        discovery.k8s.io/v1 EndpointSlice
        discovery.k8s.io/v1beta1 EndpointSlice
        events.k8s.io/v1 Event
        events.k8s.io/v1beta1 Event
        extensions/v1beta1 Ingress
        networking.k8s.io/v1 Ingress NetworkPolicy
        networking.k8s.io/v1beta1 Ingress
        policy/v1 PodDisruptionBudget
        policy/v1beta1 PodDisruptionBudget
        rbac.authorization.k8s.io/v1 Role RoleBinding
        rbac.authorization.k8s.io/v1beta1 Role RoleBinding
        storage.k8s.io/v1beta1 CSIStorageCapacity
        v1 ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController
        v1 ResourceQuota Secret Service ServiceAccount
        """
}
