/// What strategic merge knows of the fields of Kubernetes' own types: which lists are merged, and by which keys.
struct MergeSchema: Sendable {
    /// How a list is merged. A list that is not in the schema is replaced.
    enum ListRule: Sendable, Hashable {
        /// By these keys of its elements.
        case keyed([String])
        /// As a set of scalars.
        case set
    }

    struct Field: Sendable {
        /// The type of the field's value, or of the list's elements; nil where nothing is known.
        var type: String?
        var list: ListRule?
    }

    /// By type name, then field name.
    private var types: [String: [String: Field]]
    /// By `apiVersion/kind`.
    private var roots: [String: String]

    func field(_ name: String, of type: String?) -> Field? {
        guard let type else { return nil }
        return types[type]?[name]
    }

    /// The type of a whole object.
    func type(apiVersion: String, kind: String) -> String? { roots["\(apiVersion)/\(kind)"] }

    init(types: [String: [String: Field]] = [:], roots: [String: String] = [:]) {
        self.types = types
        self.roots = roots
    }

    /// This schema with another one's types, which count where both know a kind.
    func adding(_ other: MergeSchema) -> MergeSchema {
        MergeSchema(
            types: types.merging(other.types) { _, new in new }, roots: roots.merging(other.roots) { _, new in new })
    }

    /// Kubernetes 1.21, which is what kustomize 5.8.1 carries.
    static let builtIn = MergeSchema(parsing: MergeSchema.text)

    /// Lines are `Type: field=Type field*key,key=Type field*=...` and `apiVersion kinds...` after `roots:`.
    private init(parsing text: String) {
        var types: [String: [String: Field]] = [:]
        var roots: [String: String] = [:]
        var readsRoots = false
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words == ["roots:"] {
                readsRoots = true
            } else if readsRoots {
                for word in words.dropFirst() {
                    let parts = word.split(separator: "=").map(String.init)
                    roots["\(words[0])/\(parts[0])"] = parts.count > 1 ? parts[1] : "Object"
                }
            } else {
                var fields: [String: Field] = [:]
                for word in words.dropFirst() {
                    let parts = word.split(separator: "=").map(String.init)
                    let name = parts[0].split(separator: "*", omittingEmptySubsequences: false).map(String.init)
                    var field = Field(type: parts.count > 1 ? parts[1] : nil)
                    if name.count > 1 {
                        field.list = name[1].isEmpty ? .set : .keyed(name[1].split(separator: ",").map(String.init))
                    }
                    fields[name[0]] = field
                }
                types[String(words[0].dropLast())] = fields
            }
        }
        self.init(types: types, roots: roots)
    }

    private static let text = """
        Object: metadata=ObjectMeta
        ObjectMeta: finalizers* ownerReferences*uid
        Pod: metadata=ObjectMeta spec=PodSpec status=PodStatus
        PodStatus: conditions*type podIPs*ip
        PodTemplate: metadata=ObjectMeta template=PodTemplateSpec
        PodTemplateSpec: metadata=ObjectMeta spec=PodSpec
        PodSpec: containers*name=Container initContainers*name=Container ephemeralContainers*name=EphemeralContainer \
        hostAliases*ip imagePullSecrets*name topologySpreadConstraints*topologyKey,whenUnsatisfiable=Spread \
        volumes*name=Volume affinity=Affinity securityContext=PodSecurity
        Container: env*name=EnvVar ports*containerPort,protocol volumeMounts*mountPath volumeDevices*devicePath
        EphemeralContainer: env*name=EnvVar volumeMounts*mountPath volumeDevices*devicePath
        Volume: ephemeral=EphemeralVolume
        EphemeralVolume: volumeClaimTemplate=ClaimTemplate
        ClaimTemplate: metadata=ObjectMeta
        Workload: metadata=ObjectMeta spec=WorkloadSpec status=Status
        WorkloadSpec: template=PodTemplateSpec
        Status: conditions*type
        Job: metadata=ObjectMeta spec=WorkloadSpec status=Status
        CronJob: metadata=ObjectMeta spec=CronJobSpec
        CronJobSpec: jobTemplate=JobTemplateSpec
        JobTemplateSpec: metadata=ObjectMeta spec=WorkloadSpec
        Service: metadata=ObjectMeta spec=ServiceSpec status=Status
        ServiceSpec: ports*port,protocol
        ServiceAccount: metadata=ObjectMeta secrets*name
        WithStatus: metadata=ObjectMeta status=Status
        Conditions: metadata=ObjectMeta conditions*type
        Node: metadata=ObjectMeta spec=NodeSpec status=NodeStatus
        NodeSpec: podCIDRs*
        NodeStatus: conditions*type addresses*type
        Webhooks: metadata=ObjectMeta webhooks*name
        CSINode: metadata=ObjectMeta spec=CSINodeSpec
        CSINodeSpec: drivers*name
        roots:
        v1 Pod=Pod PodTemplate=PodTemplate ReplicationController=Workload Service=Service ServiceAccount=ServiceAccount \
        Namespace=WithStatus Node=Node PersistentVolumeClaim=WithStatus ComponentStatus=Conditions Binding ConfigMap \
        Endpoints Event LimitRange PersistentVolume ResourceQuota Secret
        apps/v1 Deployment=Workload StatefulSet=Workload DaemonSet=Workload ReplicaSet=Workload ControllerRevision
        batch/v1 Job=Job CronJob=CronJob
        batch/v1beta1 CronJob=CronJob
        policy/v1 PodDisruptionBudget=WithStatus
        policy/v1beta1 PodDisruptionBudget=WithStatus PodSecurityPolicy
        admissionregistration.k8s.io/v1 MutatingWebhookConfiguration=Webhooks ValidatingWebhookConfiguration=Webhooks
        admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration=Webhooks \
        ValidatingWebhookConfiguration=Webhooks
        storage.k8s.io/v1 CSINode=CSINode CSIDriver StorageClass VolumeAttachment
        storage.k8s.io/v1beta1 CSINode=CSINode CSIDriver StorageClass VolumeAttachment CSIStorageCapacity
        storage.k8s.io/v1alpha1 VolumeAttachment CSIStorageCapacity
        apiregistration.k8s.io/v1 APIService=WithStatus
        apiregistration.k8s.io/v1beta1 APIService=WithStatus
        apiextensions.k8s.io/v1 CustomResourceDefinition
        apiextensions.k8s.io/v1beta1 CustomResourceDefinition
        autoscaling/v1 HorizontalPodAutoscaler
        autoscaling/v2beta1 HorizontalPodAutoscaler
        autoscaling/v2beta2 HorizontalPodAutoscaler
        certificates.k8s.io/v1 CertificateSigningRequest
        certificates.k8s.io/v1beta1 CertificateSigningRequest
        coordination.k8s.io/v1 Lease
        coordination.k8s.io/v1beta1 Lease
        discovery.k8s.io/v1 EndpointSlice
        discovery.k8s.io/v1beta1 EndpointSlice
        events.k8s.io/v1 Event
        events.k8s.io/v1beta1 Event
        extensions/v1beta1 Ingress
        flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema PriorityLevelConfiguration
        networking.k8s.io/v1 Ingress IngressClass NetworkPolicy
        networking.k8s.io/v1beta1 Ingress IngressClass
        node.k8s.io/v1 RuntimeClass
        node.k8s.io/v1beta1 RuntimeClass
        node.k8s.io/v1alpha1 RuntimeClass
        rbac.authorization.k8s.io/v1 ClusterRole ClusterRoleBinding Role RoleBinding
        rbac.authorization.k8s.io/v1beta1 ClusterRole ClusterRoleBinding Role RoleBinding
        rbac.authorization.k8s.io/v1alpha1 ClusterRole ClusterRoleBinding Role RoleBinding
        scheduling.k8s.io/v1 PriorityClass
        scheduling.k8s.io/v1beta1 PriorityClass
        scheduling.k8s.io/v1alpha1 PriorityClass
        """
}
