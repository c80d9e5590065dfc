/// What is heard of one watched Secret or ConfigMap.
package enum ReferenceEvent: Sendable {
    /// Its content now; nil if it does not exist.
    case current(ReferenceContent?)
    /// It cannot be read at the moment, and it is tried again by itself.
    case failed(any Error)
}

/// Watches single Secrets and ConfigMaps.
package protocol ReferenceSource: Sendable {
    /// Tells of one reference until the task is cancelled: once at first, then on each change.
    func watch(_ reference: Reference, _ handler: @escaping @Sendable (ReferenceEvent) -> Void) async
}
