internal import Core
internal import KubernetesModel

/// What is done to a rendered object before it is sent, so that servers of every version understand it alike.
enum Normalise {
    /// Fields of `metadata` that only the server writes; with some of them in it an apply is refused.
    static let serverMetadata = [
        "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "managedFields",
        "resourceVersion", "selfLink", "uid",
    ]

    static func apply(to manifest: inout Manifest) {
        manifest.json["status"] = nil
        if var metadata = manifest.json["metadata"]?.objectValue {
            for field in serverMetadata { metadata[field] = nil }
            manifest.json["metadata"] = .object(metadata)
        }
        if manifest.gvk.groupKind == GroupKind(group: "", kind: "Secret") { mergeStringData(&manifest) }
        protocols(&manifest.json, of: manifest.gvk.groupKind)
        quantities(&manifest.json, of: manifest.gvk.groupKind) { value in
            // A server reads numbers too, but older ones refuse them in server-side apply, as the schema says text.
            switch value {
            case .int, .double: .string(value.jsonText)
            default: value
            }
        }
    }

    /// Writes quantities as a server will.
    static func canonicaliseQuantities(_ json: inout JSONValue, of kind: GroupKind) {
        quantities(&json, of: kind) { value in
            value.stringValue.flatMap(Quantity.canonical).map(JSONValue.string) ?? value
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
            data[key] = .string(Base64.encode(Array(text.utf8)))
        }
        manifest.json["stringData"] = nil
        manifest.json["data"] = .object(data)
    }

    // MARK: - Where things are

    /// Where a kind keeps its pods' spec.
    private static func podSpec(of kind: GroupKind) -> [String]? {
        switch (kind.group, kind.kind) {
        case ("", "Pod"): ["spec"]
        case ("", "PodTemplate"): ["template", "spec"]
        case ("", "ReplicationController"), ("apps", _), ("batch", "Job"): ["spec", "template", "spec"]
        case ("batch", "CronJob"): ["spec", "jobTemplate", "spec", "template", "spec"]
        default: nil
        }
    }

    /// Names `TCP` in every port that names no protocol.
    ///
    /// The protocol is part of the list's key, and servers up to 1.20 refuse an apply whose key is left to a default.
    private static func protocols(_ json: inout JSONValue, of kind: GroupKind) {
        func complete(_ ports: inout JSONValue) {
            eachElement(&ports) { port in
                if let object = port.objectValue, object["protocol"] == nil { port["protocol"] = "TCP" }
            }
        }
        if kind == GroupKind(group: "", kind: "Service") { edit(&json, ["spec", "ports"], complete) }
        guard let pods = podSpec(of: kind) else { return }
        for list in ["containers", "initContainers"] {
            edit(&json, pods + [list]) { eachElement(&$0) { edit(&$0, ["ports"], complete) } }
        }
    }

    /// Rewrites every quantity of the built-in kinds.
    private static func quantities(
        _ json: inout JSONValue, of kind: GroupKind, _ rewrite: (JSONValue) -> JSONValue
    ) {
        func map(_ json: inout JSONValue, _ path: [String]) {
            edit(&json, path) { map in
                if case .object(let object) = map { map = .object(object.mapValues(rewrite)) }
            }
        }
        func resources(_ json: inout JSONValue, _ path: [String]) {
            map(&json, path + ["requests"])
            map(&json, path + ["limits"])
        }
        switch (kind.group, kind.kind) {
        case ("", "LimitRange"):
            edit(&json, ["spec", "limits"]) { limits in
                eachElement(&limits) { limit in
                    for field in ["default", "defaultRequest", "max", "min", "maxLimitRequestRatio"] {
                        map(&limit, [field])
                    }
                }
            }
        case ("", "ResourceQuota"): map(&json, ["spec", "hard"])
        case ("", "PersistentVolume"): map(&json, ["spec", "capacity"])
        case ("", "PersistentVolumeClaim"): resources(&json, ["spec", "resources"])
        case ("apps", "StatefulSet"):
            edit(&json, ["spec", "volumeClaimTemplates"]) {
                eachElement(&$0) { resources(&$0, ["spec", "resources"]) }
            }
        case ("autoscaling", "HorizontalPodAutoscaler"):
            edit(&json, ["spec", "metrics"]) { metrics in
                eachElement(&metrics) { metric in
                    for source in ["resource", "containerResource", "pods", "object", "external"] {
                        for field in ["value", "averageValue"] {
                            edit(&metric, [source, "target", field]) { $0 = rewrite($0) }
                        }
                    }
                }
            }
        default: break
        }
        guard let pods = podSpec(of: kind) else { return }
        map(&json, pods + ["overhead"])
        edit(&json, pods + ["volumes"]) {
            eachElement(&$0) { edit(&$0, ["emptyDir", "sizeLimit"]) { $0 = rewrite($0) } }
        }
        for list in ["containers", "initContainers"] {
            edit(&json, pods + [list]) { eachElement(&$0) { resources(&$0, ["resources"]) } }
        }
    }

    private static func eachElement(_ json: inout JSONValue, _ change: (inout JSONValue) -> Void) {
        guard case .array(var elements) = json else { return }
        for index in elements.indices { change(&elements[index]) }
        json = .array(elements)
    }

    private static func edit(_ json: inout JSONValue, _ path: [String], _ change: (inout JSONValue) -> Void) {
        edit(&json, path[...], change)
    }

    /// Edits the value at a path of members, if there is one.
    private static func edit(_ json: inout JSONValue, _ path: ArraySlice<String>, _ change: (inout JSONValue) -> Void) {
        guard let first = path.first else { return change(&json) }
        guard var child = json[first] else { return }
        edit(&child, path.dropFirst(), change)
        json[first] = child
    }
}
