/// Names a Secret or another object in the same namespace.
package struct LocalReference: Sendable, Hashable, Codable {
    /// The name of the object, in the namespace of the object that refers to it.
    package var name: String

    package init(
        name: String
    ) {
        self.name = name
    }
}
