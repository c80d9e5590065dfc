package import KubernetesModel

/// What `sluice health -f` prints: the verdict on each of some objects.
package struct HealthReport: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        package let kind: String
        package let namespace: String
        package let name: String
        package let health: Health
    }

    package let lines: [Line]

    package init(of manifests: [Manifest]) {
        lines = manifests.map { manifest in
            Line(
                kind: manifest.kind, namespace: manifest.namespace, name: manifest.name, health: Health(of: manifest))
        }
    }

    /// The worst verdict of all.
    package var worst: Health { Health.worst(of: lines.map(\.health)) }

    /// One object for a single document, a list for several:
    /// `{"kind":..,"name":..,"status":"Healthy","message":..}`.
    package var json: JSONValue {
        let objects = lines.map { line -> JSONValue in
            var object: JSONObject = [
                "kind": .string(line.kind), "name": .string(line.name),
                "status": .string(line.health.status.rawValue), "message": .string(line.health.message),
            ]
            if !line.namespace.isEmpty { object["namespace"] = .string(line.namespace) }
            return .object(object)
        }
        return lines.count == 1 ? objects.first ?? .array([]) : .array(objects)
    }
}
