package import KubernetesModel

/// How one object departs from what Git wants, and by whose hand.
package struct ObjectDrift: Sendable, Hashable {
    package let key: ObjectKey
    /// The field manager that changed it; empty where the server does not tell.
    package let manager: String
    /// The fields, at most eight; empty where they are not known.
    package let fields: [FieldOwnership.Drift]

    package init(key: ObjectKey, manager: String, fields: [FieldOwnership.Drift]) {
        self.key = key
        self.manager = manager
        self.fields = fields
    }

    /// `spec.replicas, spec.paused`; `it` where the fields are not known.
    package var paths: String { fields.isEmpty ? "it" : fields.map(\.path).joined(separator: ", ") }

    /// `kubectl changed spec.replicas`; `somebody` where the server does not name the manager: servers before 1.22 keep
    /// no record of who scales.
    package var deed: String { "\(manager.isEmpty ? "somebody" : manager) changed \(paths)" }

    /// `Deployment.apps prod/web: kubectl changed spec.replicas`, or which fields differ where nobody knows who did it.
    package var summary: String {
        manager.isEmpty ? "\(key): differs from Git in \(fields.isEmpty ? "a field" : paths)" : "\(key): \(deed)"
    }
}
