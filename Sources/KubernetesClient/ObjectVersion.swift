package import KubernetesModel

/// Which object, in which version: all that tells whether something told is news.
package struct ObjectVersion: Sendable, Hashable {
    package let name: NamespacedName
    package let uid: String
    package let resourceVersion: String

    package init(name: NamespacedName, uid: String, resourceVersion: String) {
        self.name = name
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    package init(of manifest: Manifest) {
        self.init(name: manifest.namespacedName, uid: manifest.uid, resourceVersion: manifest.resourceVersion)
    }
}
