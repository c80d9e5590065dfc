package import KubernetesModel
internal import SluiceAPI

/// Where in Git an object of this project's own kinds came from: the annotation `sluice.dev/origin`.
///
/// The operator stamps it when it applies such an object from an Environment's repository. It is a pointer and no
/// proof: whoever reads it goes to that file in that Environment's repository and believes what stands there.
package struct Origin: Sendable, Hashable {
    /// The Environment that the object was applied for.
    package let environment: NamespacedName
    /// The file in that Environment's repository.
    package let path: String

    package init(environment: NamespacedName, path: String) {
        self.environment = environment
        self.path = path
    }

    /// What an object's annotation says; nil where it has none or a malformed one.
    package init?(of annotations: [String: String]) {
        guard let text = annotations[Annotation.origin], let json = try? JSONValue(parsing: text),
            let namespace = json["namespace"]?.stringValue, let name = json["environment"]?.stringValue,
            let path = json["path"]?.stringValue
        else { return nil }
        self.init(environment: NamespacedName(namespace: namespace, name: name), path: path)
    }

    /// The annotation's value.
    package var annotation: String {
        let json: JSONValue = [
            "namespace": .string(environment.namespace), "environment": .string(environment.name),
            "path": .string(path),
        ]
        return json.jsonText
    }
}
