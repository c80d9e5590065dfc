/// In which part somebody writes an object of this project's kinds.
package enum Writer: Sendable, Hashable {
    /// The operator itself: it writes statuses, its own automatic objects, and what Git declares.
    case sluice
    /// A service account as which the operator applies what Git declares for an Environment.
    case syncer
    /// A controller of Kubernetes itself, such as the one that empties a namespace.
    case controller
    /// Anybody else: an API user, whom stamps name.
    case person

    /// - Parameters:
    ///   - operatorUsers: whom the API server takes the operator for.
    ///   - isSyncer: whether an Environment names this user as its service account.
    package init(_ user: AdmissionRequest.User, operatorUsers: Set<String>, isSyncer: (String) -> Bool) {
        if operatorUsers.contains(user.name) {
            self = .sluice
        } else if user.name.hasPrefix("system:serviceaccount:kube-system:")
            || user.name == "system:kube-controller-manager"
        {
            self = .controller
        } else {
            self = isSyncer(user.name) ? .syncer : .person
        }
    }

    /// Whether what it writes comes from Git, where the evidence is.
    var appliesFromGit: Bool { self == .sluice || self == .syncer }
}
