internal import Core
package import KubernetesClient
package import KubernetesModel
internal import SluiceAPI

/// Looks for objects that live where an environment's objects live, and that no manifest names.
struct OrphanScan: Sendable {
    let client: KubernetesClient
    let counters: SyncCounters
    /// Whether some environment wants an object.
    let isWanted: @Sendable (ObjectKey) -> Bool

    /// Above so many namespaces each kind is listed once for the whole cluster.
    private static let namespaceLimit = 4
    /// Kinds that only controllers make, most of them many times a minute.
    private static let transient: Set<GroupKind> = [
        GroupKind(group: "", kind: "Event"), GroupKind(group: "events.k8s.io", kind: "Event"),
        GroupKind(group: "", kind: "Endpoints"), GroupKind(group: "discovery.k8s.io", kind: "EndpointSlice"),
        GroupKind(group: "coordination.k8s.io", kind: "Lease"), GroupKind(group: "apps", kind: "ControllerRevision"),
        GroupKind(group: "metrics.k8s.io", kind: "PodMetrics"),
    ]
    private static let statefulSet = GroupKind(group: "apps", kind: "StatefulSet")

    /// The orphans in some namespaces, each once, in the order of their texts. Kinds that may not be listed are passed
    /// over.
    func orphans(in namespaces: Set<String>) async throws(KubernetesError) -> [ObjectKey] {
        var named: Set<String> = []
        var found: [String: ObjectKey] = [:]
        var sets: Set<NamespacedName> = []
        var claims: [String: ObjectKey] = [:]
        for resource in try await client.discovery.everything() where isListed(resource) {
            for object in try await list(resource, namespaces) where namespaces.contains(object.namespace) {
                let key = object.key
                if key.groupKind == Self.statefulSet { sets.insert(object.namespacedName) }
                guard !isAccountedFor(object) else {
                    // Some kinds are served by two groups; what is named in one is no orphan in the other.
                    named.insert(object.uid)
                    continue
                }
                if key.groupKind == GroupKind(group: "", kind: "PersistentVolumeClaim") {
                    claims[object.uid] = key
                } else if found[object.uid] == nil {
                    found[object.uid] = key
                }
            }
        }
        for (uid, key) in claims where !isOfStatefulSet(key, sets) { found[uid] = key }
        return found.filter { !named.contains($0.key) }.values.sorted { "\($0)" < "\($1)" }
    }

    private func isListed(_ resource: APIResource) -> Bool {
        resource.namespaced && resource.verbs.contains("list") && resource.gvk.group != SluiceGroup.name
            && !Self.transient.contains(resource.gvk.groupKind)
    }

    private func list(_ resource: APIResource, _ namespaces: Set<String>) async throws(KubernetesError) -> [Manifest] {
        var objects: [Manifest] = []
        let places = namespaces.count > Self.namespaceLimit ? [nil] : namespaces.sorted().map(Optional.some)
        for place in places {
            counters.add { $0.reads += 1 }
            do throws(KubernetesError) {
                objects += try await client.listMetadata(resource, ObjectSelector(namespace: place))
            } catch {
                guard error.isForbidden || error.isNotFound || error.code == .methodNotAllowed else { throw error }
            }
        }
        return objects
    }

    private func isAccountedFor(_ object: Manifest) -> Bool {
        let owners = object.metadata["ownerReferences"]?.arrayValue ?? []
        if !owners.isEmpty || object.deletionTimestamp != nil { return true }
        let key = object.key
        return isWanted(key) || TrackingID(of: object)?.names(key) ?? false || isMadeByKubernetes(object)
    }

    private func isMadeByKubernetes(_ object: Manifest) -> Bool {
        switch (object.kind, object.gvk.group) {
        case ("ServiceAccount", ""): object.name == "default"
        case ("ConfigMap", ""): object.name == "kube-root-ca.crt"
        case ("Secret", ""): object.annotation("kubernetes.io/service-account.name") != nil
        case ("Service", ""): object.namespace == "default" && object.name == "kubernetes"
        default: false
        }
    }

    /// Whether a claim is one of those that a StatefulSet makes, `<template>-<set>-<number>`, and nobody owns.
    private func isOfStatefulSet(_ claim: ObjectKey, _ sets: Set<NamespacedName>) -> Bool {
        guard let dash = claim.name.lastIndex(of: "-"), Int(claim.name[claim.name.index(after: dash)...]) != nil else {
            return false
        }
        let stem = claim.name[..<dash]
        return sets.contains { $0.namespace == claim.namespace && stem.hasSuffix("-\($0.name)") }
    }
}

extension ClusterSync {
    /// The objects in some namespaces that no manifest of any environment names, and that nothing else accounts for:
    /// neither an owner, nor Kubernetes itself.
    ///
    /// - Parameter user: whom to impersonate; what that user may not list is not looked at.
    package func orphans(in namespaces: Set<String>, as user: String?) async throws(KubernetesError) -> [ObjectKey] {
        let acting = try user.map { name throws(KubernetesError) in try client.impersonating(user: name) } ?? client
        let index = index
        return try await OrphanScan(client: acting, counters: counters, isWanted: { index.isClaimed($0) })
            .orphans(in: namespaces)
    }
}
