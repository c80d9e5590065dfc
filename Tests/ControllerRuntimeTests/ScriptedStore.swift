internal import ControllerRuntime
internal import KubernetesModel
internal import Synchronization

/// One object of an API server: it takes conditional merge patches, and other writers can change it in between.
final class ScriptedStore: ObjectStore {
    struct Patch: Hashable {
        let body: JSONValue
        let status: Bool
    }

    private struct Guarded {
        var object: Manifest?
        var patches: [Patch] = []
        var reads = 0
        /// What others do right before the next writes arrive, one entry for each.
        var interferences: [@Sendable (inout Manifest?) -> Void] = []
        var normalise: @Sendable (JSONValue) -> JSONValue = { $0 }
    }

    private let guarded: Mutex<Guarded>

    init(_ object: Manifest?) {
        guarded = Mutex(Guarded(object: object))
    }

    var object: Manifest? { guarded.withLock { $0.object } }
    var patches: [Patch] { guarded.withLock { $0.patches } }
    var reads: Int { guarded.withLock { $0.reads } }

    func interfere(_ body: @escaping @Sendable (inout Manifest?) -> Void) {
        guarded.withLock { $0.interferences.append(body) }
    }

    func normalise(_ body: @escaping @Sendable (JSONValue) -> JSONValue) {
        guarded.withLock { $0.normalise = body }
    }

    func read(_ name: NamespacedName) async throws -> Manifest? {
        guarded.withLock { guarded in
            guarded.reads += 1
            return guarded.object
        }
    }

    func merge(_ patch: JSONValue, into name: NamespacedName, status: Bool) async throws -> WriteAnswer {
        guarded.withLock { guarded in
            guarded.patches.append(Patch(body: patch, status: status))
            if !guarded.interferences.isEmpty { guarded.interferences.removeFirst()(&guarded.object) }
            guard var object = guarded.object else { return .gone }
            let metadata = patch["metadata"]
            guard metadata?["resourceVersion"]?.stringValue == object.resourceVersion,
                metadata?["uid"]?.stringValue == object.uid
            else { return .conflict }
            if status {
                object.json["status"] = guarded.normalise(
                    merged(object.json["status"] ?? [:], patch["status"] ?? [:]))
            } else {
                object.json = merged(object.json, patch)
            }
            object.bump()
            guarded.object = object
            return .written(object)
        }
    }

    /// RFC 7386, as the RFC writes it.
    private func merged(_ target: JSONValue, _ patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var object = target.objectValue ?? JSONObject()
        for (key, value) in changes {
            object[key] = value.isNull ? nil : merged(object[key] ?? .null, value)
        }
        return .object(object)
    }
}

extension Manifest {
    /// Raises the resource version by one.
    mutating func bump() {
        let next = String((Int(resourceVersion) ?? 0) + 1)
        json["metadata"]?["resourceVersion"] = .string(next)
    }

    static func environment(
        version: Int = 10, uid: String = "u1", generation: Int64 = 1, finalizers: [JSONValue] = [],
        status: JSONValue? = nil
    ) -> Manifest {
        var json: JSONValue = [
            "apiVersion": "sluice.dev/v1alpha1", "kind": "Environment",
            "metadata": [
                "name": "production", "namespace": "shop", "uid": .string(uid),
                "resourceVersion": .string(String(version)), "generation": .int(generation),
            ],
            "spec": [:],
        ]
        if !finalizers.isEmpty { json["metadata"]?["finalizers"] = .array(finalizers) }
        json["status"] = status
        return Manifest(json)
    }
}
