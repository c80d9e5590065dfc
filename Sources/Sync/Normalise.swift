internal import FoundationEssentials
internal import KubernetesModel

/// What is done to a rendered object before it is sent, so that servers of every version understand it alike.
enum Normalise {
    /// Fields of `metadata` that only the server writes; with some of them in it an apply is refused.
    private static let serverMetadata = [
        "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "managedFields",
        "resourceVersion", "selfLink", "uid",
    ]

    static func apply(to manifest: inout Manifest) {
        manifest.json["status"] = nil
        if var metadata = manifest.json["metadata"]?.objectValue {
            for field in serverMetadata { metadata[field] = nil }
            manifest.json["metadata"] = .object(metadata)
        }
        switch (manifest.gvk.group, manifest.kind) {
        case ("", "Secret"): mergeStringData(&manifest)
        case ("", "Service"): protocols(&manifest.json, at: ["spec", "ports"])
        case ("", "Pod"): containers(&manifest.json, at: ["spec"])
        case ("", "PodTemplate"): containers(&manifest.json, at: ["template", "spec"])
        case ("", "ReplicationController"), ("apps", _), ("batch", "Job"):
            containers(&manifest.json, at: ["spec", "template", "spec"])
        case ("batch", "CronJob"):
            containers(&manifest.json, at: ["spec", "jobTemplate", "spec", "template", "spec"])
        default: break
        }
    }

    /// Writes `stringData` into `data`, as the server would.
    ///
    /// The server forgets who owns `stringData`: a key that leaves it would stay in the Secret for ever.
    private static func mergeStringData(_ manifest: inout Manifest) {
        guard let plain = manifest.json["stringData"]?.objectValue else { return }
        var data = manifest.json["data"]?.objectValue ?? JSONObject()
        for (key, value) in plain {
            guard let text = value.stringValue else { return }
            data[key] = .string(Data(text.utf8).base64EncodedString())
        }
        manifest.json["stringData"] = nil
        manifest.json["data"] = .object(data)
    }

    private static func containers(_ json: inout JSONValue, at path: [String]) {
        for list in ["containers", "initContainers"] {
            edit(&json, path[...] + [list]) { containers in
                guard case .array(var elements) = containers else { return }
                for index in elements.indices { protocols(&elements[index], at: ["ports"]) }
                containers = .array(elements)
            }
        }
    }

    /// Names `TCP` in every port that names no protocol.
    ///
    /// The protocol is part of the list's key, and servers up to 1.20 refuse an apply whose key is left to a default.
    private static func protocols(_ json: inout JSONValue, at path: [String]) {
        edit(&json, path[...]) { ports in
            guard case .array(var elements) = ports else { return }
            for index in elements.indices {
                guard let port = elements[index].objectValue, port["protocol"] == nil else { continue }
                elements[index]["protocol"] = "TCP"
            }
            ports = .array(elements)
        }
    }

    /// Edits the value at a path of members, if there is one.
    private static func edit(_ json: inout JSONValue, _ path: ArraySlice<String>, _ change: (inout JSONValue) -> Void) {
        guard let first = path.first else { return change(&json) }
        guard var child = json[first] else { return }
        edit(&child, path.dropFirst(), change)
        json[first] = child
    }
}
