internal import KubernetesClient
internal import KubernetesModel

extension SyncExecutor {
    /// An object as it is and as an apply would leave it, both cut to what our manager owns or would own.
    func preview(_ object: DesiredObject) async -> (before: Manifest?, after: Manifest?, error: SyncError?) {
        do throws(SyncError) {
            guard let live = try await read(object) else { return (nil, object.manifest, nil) }
            if object.options.createOnly { return (nil, nil, nil) }
            let ignored = object.ignore?.fields(in: live) ?? IgnoredFields()
            counters.add { $0.dryRuns += 1 }
            let answer = try await send(object) { client throws(KubernetesError) in
                try await client.apply(
                    object.apiResource, object.manifest(ignoring: ignored), fieldManager: manager,
                    force: options.forceConflicts, dryRun: true)
            }
            let fields = answer.managedFields.first { $0.isApply(by: manager) }?.fields ?? JSONObject()
            let removed = live.managedFields.first { $0.isApply(by: manager) }?.fields ?? JSONObject()
            // What we own now and would not any more is part of the picture too.
            let union = FieldSetEdit.union(fields, removed)
            return (cut(live, to: union, ignored), cut(answer, to: union, ignored), nil)
        } catch {
            return (nil, nil, error)
        }
    }

    /// An object that a sync would prune.
    func preview(_ record: LiveRecord) async -> (before: Manifest?, after: Manifest?, error: SyncError?) {
        do throws(SyncError) {
            let resource = try await resource(of: record)
            let live = try await send(record.key, "") { client throws(KubernetesError) in
                try await client.getIfPresent(resource, namespace: record.key.namespace, name: record.key.name)
            }
            return (live, nil, nil)
        } catch {
            return (nil, nil, error)
        }
    }

    func cut(_ manifest: Manifest, to fields: JSONObject, _ ignored: IgnoredFields) -> Manifest {
        let json = ignored.removed(from: manifest.json)
        var out = FieldProjection.project(json, owned: fields, others: []) ?? .object(JSONObject())
        out["apiVersion"] = manifest.json["apiVersion"]
        out["kind"] = manifest.json["kind"]
        var metadata = out["metadata"] ?? .object(JSONObject())
        metadata["name"] = .string(manifest.name)
        metadata["namespace"] = manifest.namespace.isEmpty ? nil : .string(manifest.namespace)
        out["metadata"] = metadata
        return Manifest(out)
    }
}
