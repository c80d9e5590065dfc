internal import KubernetesClient
internal import KubernetesModel

extension SyncExecutor {
    /// Whether the server can judge an object before the rest of the app is there.
    func canDryRun(_ object: DesiredObject, _ plan: AppPlan) -> Bool {
        if object.kindIsPending || object.options.createOnly { return false }
        let namespace = ObjectKey(
            groupKind: GroupKind(group: "", kind: "Namespace"), namespace: "", name: object.key.namespace)
        return !plan.outgoing.contains { $0.key == namespace }
    }

    /// Dry runs of all objects: why they cannot be applied; and of those of which it is not known whether they stand, the
    /// fingerprints that they would have.
    func validate(
        _ objects: [DesiredObject], unsure: Set<ObjectKey>
    ) async -> (fingerprints: [ObjectKey: Fingerprint], errors: [SyncError]) {
        await withTaskGroup(of: (ObjectKey, Fingerprint?, SyncError?).self) { group in
            for object in objects {
                group.addTask {
                    do throws(SyncError) {
                        if unsure.contains(object.key) { return (object.key, try await dryRun(object), nil) }
                        try await check(object)
                        return (object.key, nil, nil)
                    } catch {
                        if error.code == .immutableField, mayReplace(object) { return (object.key, nil, nil) }
                        counters.add { $0.failed += 1 }
                        return (object.key, nil, error)
                    }
                }
            }
            var fingerprints: [ObjectKey: Fingerprint] = [:]
            var errors: [SyncError] = []
            for await (key, fingerprint, error) in group {
                fingerprints[key] = fingerprint
                if let error { errors.append(error) }
            }
            // The group ends in any order; people and tests want one.
            return (fingerprints, errors.sorted { $0.message < $1.message })
        }
    }

    /// Whether the server would take the object.
    private func check(_ object: DesiredObject) async throws(SyncError) {
        counters.add { $0.dryRuns += 1 }
        let manifest = manifestToTry(object)
        try await send(object) { client throws(KubernetesError) in
            try await client.checkApply(
                object.apiResource, manifest, fieldManager: manager, force: options.forceConflicts)
        }
    }

    private func manifestToTry(_ object: DesiredObject) -> Manifest {
        object.manifest(ignoring: index.record(object.key, object.gvk)?.ignored ?? IgnoredFields())
    }

    /// What the object's fingerprint would be.
    func dryRun(_ object: DesiredObject) async throws(SyncError) -> Fingerprint? {
        counters.add { $0.dryRuns += 1 }
        let manifest = manifestToTry(object)
        let answer = try await send(object) { client throws(KubernetesError) in
            try await client.apply(
                object.apiResource, manifest, fieldManager: manager, force: options.forceConflicts, dryRun: true)
        }
        return Fingerprint(
            live: answer, manager: manager, ignoring: object.ignore?.fields(in: answer) ?? IgnoredFields())
    }
}
