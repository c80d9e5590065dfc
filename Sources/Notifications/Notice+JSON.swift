internal import Core
package import KubernetesModel
internal import SluiceAPI

extension Notice {
    /// The body for a generic webhook. Members without a value are left out; more may come in later versions.
    package var json: JSONValue {
        var body: JSONObject = [
            "id": .string(id), "time": .string(at.rfc3339), "event": .string(event.rawValue),
            "severity": .string(severity.rawValue), "title": .string(title),
            "environment": ["namespace": .string(namespace), "name": .string(environment)],
            "traceID": .string(trace.traceID),
        ]
        if let object { body["object"] = ["kind": .string(object.kind), "name": .string(object.name)] }
        if !apps.isEmpty {
            body["apps"] = .array(
                apps.map { app in
                    var entry: JSONObject = ["name": .string(app.name)]
                    if !app.message.isEmpty { entry["message"] = .string(app.message) }
                    return .object(entry)
                })
        }
        for (key, text) in [
            ("message", message), ("reason", reason), ("commit", commit), ("repository", repository),
            ("requester", requester),
        ] where !text.isEmpty { body[key] = .string(text) }
        if !changes.isEmpty {
            body["changes"] = .array(
                changes.map {
                    [
                        "app": .string($0.app), "image": .string($0.image), "from": .string($0.from),
                        "to": .string($0.to),
                    ]
                })
        }
        return .object(body)
    }
}
