internal import Core
internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI
internal import Sync

/// Looks for orphans where `destination.orphans` asks for it: when an environment's objects change, and now and then,
/// for nobody tells of objects that are none of ours.
struct OrphanWatch: Sendable {
    /// How old what is known may become.
    static let interval = Duration.seconds(300)

    /// What was found, and for which objects.
    struct Finding: Sendable {
        let at: Timestamp
        let wanted: Set<ObjectKey>
        /// Nil where the cluster could not be read.
        let orphans: [ObjectKey]?
    }

    let environment: Environment
    let cluster: ClusterSync
    let memory: EnvironmentMemory

    /// The orphans beside what is wanted; nil where nobody asks, or the cluster cannot be read.
    ///
    /// - Parameter apps: the names of all apps, whose namespaces are looked at even where nothing is in them.
    func look(
        apps: [String], wanted: Set<ObjectKey>, as user: String?, now: Timestamp
    ) async -> (orphans: [ObjectKey]?, nextLook: Timestamp?) {
        let destination = environment.spec.destination
        guard destination.orphans == .warn else { return (nil, nil) }
        if let known = memory.orphans, known.wanted == wanted, now - known.at < Self.interval {
            return (known.orphans, known.at + Self.interval)
        }
        var namespaces = Set(wanted.map(\.namespace)).union(apps.map(destination.namespace(of:)))
        namespaces.remove("")
        let orphans = try? await cluster.orphans(in: namespaces, as: user)
        memory.orphans = Finding(at: now, wanted: wanted, orphans: orphans)
        return (orphans, now + Self.interval)
    }
}
