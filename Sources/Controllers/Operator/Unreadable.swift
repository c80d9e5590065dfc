internal import Core
internal import KubernetesModel
internal import SluiceAPI

/// The status of an object whose spec cannot be read: it says which field is wrong and waits for a change.
enum Unreadable {
    static func status(_ manifest: Manifest, _ error: FieldError, now: Timestamp) -> JSONValue {
        var conditions =
            (try? JSONValueDecoder().decode([Condition].self, from: manifest.json["status"]?["conditions"] ?? [])) ?? []
        for (type, value) in [
            (ConditionType.ready, false), (ConditionType.reconciling, false), (ConditionType.stalled, true),
        ] {
            conditions.set(
                Condition(
                    type: type, status: value, reason: "InvalidSpec", message: error.message,
                    generation: manifest.generation, at: now))
        }
        let encoded = try? JSONValueEncoder().encode(conditions)
        return [
            "observedGeneration": .int(manifest.generation), "reason": "InvalidSpec",
            "message": .string(error.message.bounded(to: Condition.messageLimit)), "conditions": encoded ?? [],
        ]
    }
}
