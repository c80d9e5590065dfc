internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI

extension SyncExecutor {
    /// Whether an object may be deleted and created anew. What holds data or other objects only by its own annotation.
    func mayReplace(_ object: DesiredObject) -> Bool {
        if object.options.force { return true }
        let precious: Set<GroupKind> = [
            GroupKind(group: "", kind: "Namespace"), GroupKind(group: "", kind: "PersistentVolume"),
            GroupKind(group: "", kind: "PersistentVolumeClaim"),
            GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"),
        ]
        return options.replaceImmutable && !precious.contains(object.key.groupKind)
    }

    func replace(_ object: DesiredObject, uid: String?) async throws(SyncError) -> Result {
        let answer = try await send(object) { client throws(KubernetesError) in
            try await client.delete(
                object.apiResource, namespace: object.key.namespace, name: object.key.name,
                options: DeleteOptions(propagation: .background, uid: uid))
        }
        index.forgetExpected(object.key)
        if answer.kind == "Status" {
            // The watch may know already of another that took its name.
            if let record = index.record(object.key, object.gvk), record.uid == uid { index.observeGone(record) }
        } else {
            index.observe(answer)
        }
        return Result(wrote: true)
    }

    func start(_ object: DesiredObject, _ run: HookRun) async throws(SyncError) -> Result {
        var manifest = object.manifest
        manifest.setAnnotation(Annotation.hookRun, run.text)
        let answer = try await sendApply(object, manifest)
        counters.add { $0.applied += 1 }
        index.observe(answer)
        return Result(wrote: true)
    }

    /// Deletes an object that left Git, after a look at whether it is still ours to delete.
    func prune(_ record: LiveRecord) async throws(SyncError) -> Result {
        counters.add { $0.reads += 1 }
        let resource = try await resource(of: record)
        let live = try await send(record.key, "") { client throws(KubernetesError) in
            try await client.getIfPresent(resource, namespace: record.key.namespace, name: record.key.name)
        }
        guard let live, live.uid == record.uid else {
            index.observeGone(record)
            return Result()
        }
        guard TrackingID(of: live) == record.tracking, !ObjectOptions(of: live).keep else {
            index.observe(live)
            return Result()
        }
        return try await delete(record, propagation: options.propagation)
    }

    func delete(_ record: LiveRecord, propagation: DeleteOptions.Propagation) async throws(SyncError) -> Result {
        let resource = try await resource(of: record)
        let answer = try await send(record.key, "", absentIsFine: true) { client throws(KubernetesError) in
            try await client.delete(
                resource, namespace: record.key.namespace, name: record.key.name,
                options: DeleteOptions(propagation: propagation, uid: record.uid))
        }
        if let answer, answer.kind != "Status" {
            index.observe(answer)
        } else {
            index.observeGone(record)
        }
        counters.add { $0.pruned += 1 }
        return Result(pruned: true)
    }

    func resource(of record: LiveRecord) async throws(SyncError) -> APIResource {
        do throws(KubernetesError) {
            return try await client.resource(for: record.gvk)
        } catch {
            throw SyncFailure.error(error, key: record.key, origin: "", code: .pruneFailed)
        }
    }
}
