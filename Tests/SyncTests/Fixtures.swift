import Core
import KubernetesModel

@testable import Sync

/// Objects as a server returns them, made by the simplest server there is: what is applied is stored as it came.
enum Fixture {
    static let environment = NamespacedName(namespace: "shop", name: "production")
    static let manager = "sluice"

    static let kinds: KindTable = {
        var table = KindTable()
        func add(_ apiVersion: String, _ kind: String, _ resource: String, namespaced: Bool = true) {
            let gvk = GroupVersionKind(apiVersion: apiVersion, kind: kind)
            table[gvk] = KindTable.Entry(
                resource: GroupVersionResource(group: gvk.group, version: gvk.version, resource: resource),
                namespaced: namespaced)
        }
        add("v1", "ConfigMap", "configmaps")
        add("v1", "Secret", "secrets")
        add("v1", "Service", "services")
        add("v1", "Pod", "pods")
        add("v1", "ResourceQuota", "resourcequotas")
        add("v1", "Namespace", "namespaces", namespaced: false)
        add("apps/v1", "Deployment", "deployments")
        add("batch/v1", "Job", "jobs")
        add("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced: false)
        add("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced: false)
        return table
    }()

    static func json(_ text: String) -> JSONValue {
        do { return try JSONValue(parsing: text) } catch { return .string("fixture: \(error)") }
    }

    static func configMap(_ name: String, _ data: [String: String] = ["a": "1"], annotations: [String: String] = [:])
        -> Manifest
    {
        var manifest = Manifest(
            [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
                "data": .object(JSONObject(data)),
            ])
        for (key, value) in annotations { manifest.setAnnotation(key, value) }
        return manifest
    }

    static func deployment(_ name: String, replicas: Int64 = 3) -> Manifest {
        var manifest = Manifest(
            json(
                """
                {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"NAME"},
                 "spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},
                 "template":{"metadata":{"labels":{"app":"web"}},
                 "spec":{"containers":[{"name":"app","image":"web:1","ports":[{"containerPort":80}]}]}}}}
                """))
        manifest.json["metadata"]?["name"] = .string(name)
        manifest.json["spec"]?["replicas"] = .int(replicas)
        return manifest
    }

    static func app(
        _ manifests: [Manifest], name: String = "cart", scope: ScopePolicy = ScopePolicy(),
        ignore: IgnoreRules = IgnoreRules(), revision: String = "r1"
    ) -> DesiredApp {
        DesiredApp(
            name: name, revision: revision,
            rendered: manifests.map { RenderedObject($0, origin: "apps/cart/\($0.name).yaml") },
            environment: environment, namespace: "prod", kinds: kinds, scope: scope, ignore: ignore)
    }

    /// The field set of all that an applied manifest names; lists are owned as wholes but for named elements.
    static func fields(_ value: JSONValue) -> JSONObject {
        switch value {
        case .object(let object):
            return JSONObject(object.map { ("f:" + $0.key, JSONValue.object(fields($0.value))) })
        case .array(let array) where !array.isEmpty && array.allSatisfy({ $0["name"] != nil }):
            return JSONObject(
                array.map { element in
                    var set = fields(element)
                    set["."] = [:]
                    let key = JSONValue.object(JSONObject([("name", element["name"] ?? .null)]))
                    return ("k:" + key.jsonText, .object(set))
                })
        default:
            return JSONObject()
        }
    }

    /// The object that a server would hold after an apply.
    static func live(_ applied: Manifest, uid: String = "u1", entries: [JSONValue] = []) -> Manifest {
        var owned = applied.json
        owned["apiVersion"] = nil
        owned["kind"] = nil
        owned["metadata"]?["name"] = nil
        owned["metadata"]?["namespace"] = nil
        var live = applied
        live.json["metadata"]?["uid"] = .string(uid)
        live.json["metadata"]?["resourceVersion"] = "7"
        let entry = managed(manager, "Apply", fields(owned), apiVersion: applied.apiVersion)
        live.json["metadata"]?["managedFields"] = .array([entry] + entries)
        return live
    }

    static func managed(
        _ manager: String, _ operation: String, _ fields: JSONObject, apiVersion: String = "v1",
        time: String = "2026-01-01T00:00:00Z"
    ) -> JSONValue {
        [
            "manager": .string(manager), "operation": .string(operation), "apiVersion": .string(apiVersion),
            "time": .string(time), "fieldsType": "FieldsV1", "fieldsV1": .object(fields),
        ]
    }

    static func record(_ live: Manifest, ignore: IgnoreRules = IgnoreRules()) -> LiveRecord {
        LiveRecord(live, manager: manager, ignore: ignore)
    }
}
