package import KubernetesModel

/// Tells who owns what in an object, for the messages about drift.
package enum FieldOwnership {
    /// A field that is not as it was applied.
    package struct Drift: Sendable, Hashable, CustomStringConvertible {
        /// `spec.replicas`, `spec.template.spec.containers[0].image`
        package let path: String
        /// The manager that owns the field now; empty where nobody does, or where the server does not say.
        package let manager: String

        package var description: String { manager.isEmpty ? path : "\(path) (\(manager))" }
    }

    /// The manager that was the last to write after us; empty where there is none.
    ///
    /// What controllers note for themselves is no reason to name them: the status, and a Deployment's revision.
    package static func lastForeignManager(of manifest: Manifest, beside manager: String) -> String {
        let entries = manifest.managedFields
        let ours = entries.first { $0.isApply(by: manager) }?.time ?? ""
        // Times are RFC 3339 in UTC, so text order is time order.
        let foreign = entries.filter { entry in
            entry.manager != manager && entry.subresource != "status" && entry.time >= ours
                && !isBookkeeping(entry.fields)
        }
        return foreign.max { $0.time < $1.time }?.manager ?? ""
    }

    private static func isBookkeeping(_ fields: JSONObject) -> Bool {
        fields.allSatisfy { key, sub in
            switch key {
            case "f:status": true
            case "f:metadata":
                sub.objectValue?.allSatisfy { key, sub in
                    key == "f:annotations"
                        && sub.objectValue?.keys.allSatisfy {
                            [".", "f:deployment.kubernetes.io/revision"].contains($0)
                        }
                            ?? false
                } ?? false
            default: false
            }
        }
    }

    /// The fields in which a live object differs from what was applied, at most `limit`, in the order of the document.
    ///
    /// Values are compared as they were written: where the server normalises a value, the field is named although it
    /// stands. So this explains a drift that a fingerprint has shown, and does not find one.
    package static func drift(
        of live: Manifest, from applied: Manifest, beside manager: String, limit: Int = 8
    ) -> [Drift] {
        var walk = DriftWalk(limit: limit)
        let others = live.managedFields.filter { $0.manager != manager }
        // The newest entry first: on servers that do not track a subresource the owner stays the old one.
        let sets = others.sorted { $0.time > $1.time }.map { ($0.manager, $0.fields) }
        walk.compare(applied.json, live.json, path: "", sets: sets)
        return walk.found
    }
}

private struct DriftWalk {
    let limit: Int
    var found: [FieldOwnership.Drift] = []

    mutating func compare(
        _ applied: JSONValue, _ live: JSONValue?, path: String, sets: [(manager: String, fields: JSONObject)]
    ) {
        guard found.count < limit, applied != live else { return }
        switch (applied, live) {
        case (.object(let wanted), .object(let there)):
            for (key, value) in wanted {
                let below = sets.compactMap { set in
                    set.fields["f:" + key]?.objectValue.map { (set.manager, $0) }
                }
                compare(value, there[key], path: path.isEmpty ? key : "\(path).\(key)", sets: below)
            }
        case (.array(let wanted), .array(let there)) where wanted.count <= there.count:
            for (index, value) in wanted.enumerated() {
                // Lists of named things are matched by name, so that an added element shifts nothing.
                let name = value["name"]
                let place = name.flatMap { name in there.firstIndex { $0["name"] == name } } ?? index
                let below = sets.compactMap { set in
                    FieldElements(set.fields).match(there[place], at: place).map { (set.manager, $0.set) }
                }
                compare(value, there[place], path: "\(path)[\(index)]", sets: below)
            }
        default:
            found.append(FieldOwnership.Drift(path: path, manager: sets.first?.manager ?? ""))
        }
    }
}
