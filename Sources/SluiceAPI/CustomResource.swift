package import KubernetesModel

/// One of the project's own resources: a typed view of a ``Manifest``.
///
/// Reading applies the schema's defaults first, as the API server does, so a manifest from a file reads like one from
/// the server. Status fields that are empty are not written.
package protocol CustomResource: Sendable, Hashable {
    associatedtype Spec: Sendable, Hashable, Codable
    associatedtype Status: Sendable, Hashable, Codable

    /// `Environment`
    static var kind: String { get }
    /// `environments`
    static var plural: String { get }
    static var shortNames: [String] { get }
    /// The schema of the whole object.
    static var schema: Schema { get }
    /// The columns that `kubectl get` shows.
    static var columns: [PrinterColumn] { get }

    var metadata: ObjectMeta { get set }
    var spec: Spec { get set }
    var status: Status { get set }

    init(metadata: ObjectMeta, spec: Spec, status: Status)
}

extension CustomResource {
    package static var gvk: GroupVersionKind {
        GroupVersionKind(group: SluiceGroup.name, version: SluiceGroup.version, kind: kind)
    }

    package static var gvr: GroupVersionResource {
        GroupVersionResource(group: SluiceGroup.name, version: SluiceGroup.version, resource: plural)
    }

    package var namespacedName: NamespacedName {
        NamespacedName(namespace: metadata.namespace, name: metadata.name)
    }

    /// Reads an object; throws what ``FieldError`` says of the first field that cannot be read.
    ///
    /// It checks types, not bounds: the API server did, and for files ``Schema/validate(_:strict:)`` does.
    package init(manifest: Manifest) throws(FieldError) {
        guard manifest.gvk == Self.gvk else {
            throw FieldError("kind", "must be \(Self.kind) of \(Self.gvk.apiVersion)")
        }
        let json = Self.schema.applyingDefaults(to: manifest.json)
        guard let spec = json["spec"] else { throw FieldError("spec", "is required") }
        let decoder = JSONValueDecoder()
        self.init(
            metadata: try decoder.decode(ObjectMeta.self, from: json["metadata"] ?? .null, at: FieldPath("metadata")),
            spec: try decoder.decode(Spec.self, from: spec, at: FieldPath("spec")),
            status: try decoder.decode(Status.self, from: json["status"] ?? .null, at: FieldPath("status")))
    }

    /// The object as the API server exchanges it.
    package var manifest: Manifest {
        var json: JSONObject = [
            "apiVersion": .string(Self.gvk.apiVersion), "kind": .string(Self.kind), "metadata": metadata.json,
        ]
        json["spec"] = specJSON
        let status = statusJSON
        if status.objectValue?.isEmpty == false { json["status"] = status }
        return Manifest(.object(json))
    }

    /// The spec as JSON.
    package var specJSON: JSONValue { Self.json(spec, omitsEmpty: false) }

    /// The status as JSON, without empty texts, lists and maps; but a condition's message is always there, as the API
    /// conventions demand.
    package var statusJSON: JSONValue {
        var json = Self.json(status, omitsEmpty: true)
        guard let conditions = json["conditions"]?.arrayValue else { return json }
        json["conditions"] = .array(
            conditions.map { condition in
                var condition = condition
                if condition["message"] == nil { condition["message"] = "" }
                return condition
            })
        return json
    }

    /// The types here encode plain values only, which cannot fail; a type that breaks this encodes as nothing.
    private static func json(_ value: some Encodable, omitsEmpty: Bool) -> JSONValue {
        (try? JSONValueEncoder(omitsEmpty: omitsEmpty).encode(value)) ?? .object(JSONObject())
    }
}

/// The API group of the three resources.
package enum SluiceGroup {
    package static let name = "sluice.dev"
    package static let version = "v1alpha1"
    package static let apiVersion = "sluice.dev/v1alpha1"
    /// The category that `kubectl get sluice` lists.
    package static let category = "sluice"
}
