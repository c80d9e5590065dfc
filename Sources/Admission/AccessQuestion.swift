package import SluiceAPI

/// A permission that an API user needs for a write: a verb on `environments/<name>` of the group `sluice.dev`.
package struct AccessQuestion: Sendable, Hashable {
    package let verb: AccessVerb
    package let namespace: String
    package let environment: String
    /// The field whose change needs the permission.
    package let field: String

    package init(_ verb: AccessVerb, namespace: String, environment: String, field: String) {
        self.verb = verb
        self.namespace = namespace
        self.environment = environment
        self.field = field
    }

    /// What a user without the permission is told.
    package func refusal(of user: String) -> String {
        "\(field): \(user) may not \(verb.rawValue) in environment \(environment); it needs the verb \(verb.rawValue) "
            + "on environments.\(SluiceGroup.name)/\(environment) in namespace \(namespace)"
    }
}
