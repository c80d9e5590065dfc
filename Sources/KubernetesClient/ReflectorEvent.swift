package import KubernetesModel

/// What a ``Reflector`` tells, one event after the other.
///
/// Between `begin` and `finish` comes everything that exists; what was known before and is not named in between is
/// gone. A second `begin` without a `finish` starts that over. After `finish` every change follows as it happens.
package enum ReflectorEvent: Sendable {
    case begin
    case upsert(Manifest)
    /// The last state of an object that is gone.
    case delete(Manifest)
    case finish
    /// The watch is open: what is known is current.
    case connected
    /// What is known may be old, until `connected`. Told once for each failed try.
    case disconnected(KubernetesError)
}
