package import KubernetesModel

/// One entry of `metadata.managedFields`: which fields a manager owns.
package struct ManagedFields: Sendable, Hashable {
    package let manager: String
    /// `Apply` or `Update`.
    package let operation: String
    package let apiVersion: String
    /// Empty for the object itself; servers before 1.22 never say it.
    package let subresource: String
    /// RFC 3339, as the server wrote it.
    package let time: String
    /// The set of fields in the form `FieldsV1`
    /// (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
    package let fields: JSONObject

    /// Whether this is the entry of a server-side apply by a manager on the object itself.
    package func isApply(by name: String) -> Bool {
        manager == name && operation == "Apply" && subresource.isEmpty
    }

    fileprivate init?(_ json: JSONValue) {
        guard let fields = json["fieldsV1"]?.objectValue else { return nil }
        manager = json["manager"]?.stringValue ?? ""
        operation = json["operation"]?.stringValue ?? ""
        apiVersion = json["apiVersion"]?.stringValue ?? ""
        subresource = json["subresource"]?.stringValue ?? ""
        time = json["time"]?.stringValue ?? ""
        self.fields = fields
    }
}

extension Manifest {
    /// The entries of `metadata.managedFields`; malformed ones are left out.
    package var managedFields: [ManagedFields] {
        (json["metadata"]?["managedFields"]?.arrayValue ?? []).compactMap(ManagedFields.init)
    }
}
