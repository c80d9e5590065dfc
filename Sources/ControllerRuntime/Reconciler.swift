package import Core
package import KubernetesModel
package import Logging

/// What a reconciler is called for; its metadata is on every log line of the reconcile.
package protocol ReconcileKey: Hashable, Sendable, CustomStringConvertible {
    var logMetadata: Logger.Metadata { get }
}

extension NamespacedName: ReconcileKey {
    package var logMetadata: Logger.Metadata {
        Logger.Metadata([.namespace: namespace, .name: name])
    }
}

/// When a reconciler wants to be called again, all being well; a change of what it watches calls it in any case.
package enum ReconcileResult: Sendable, Hashable {
    /// Only when something changes.
    case done
    /// After this time at the latest.
    case requeue(after: Duration)
    /// At this time of the wall clock at the latest, for example when a window opens.
    case requeueAt(Timestamp)
}

/// What one call of a reconciler has at hand.
package struct ReconcileContext: Sendable {
    /// Carries the controller, the object and the reconcile's id.
    package let logger: Logger
    /// Unique within the process; the same on all log lines of one call.
    package let reconcileID: String
    /// How often in a row this key has failed before.
    package let failures: Int

    package init(logger: Logger, reconcileID: String, failures: Int) {
        self.logger = logger
        self.reconcileID = reconcileID
        self.failures = failures
    }
}

/// Brings the world closer to what one object says.
///
/// A ``Controller`` calls it, never twice at a time for one key. It reads the present state of things and not an event,
/// so that a call too many does nothing. It may be cancelled at any `await` (timeout, loss of leadership) and must
/// leave nothing behind that the next call does not mend.
///
/// A thrown error that is a ``SluiceError`` is treated by its disposition: *transient* is tried again after a growing
/// backoff, *terminal* waits for a change, *wait until* waits for its moment. Every other error is transient.
package protocol Reconciler: Sendable {
    associatedtype Key: ReconcileKey

    func reconcile(_ key: Key, _ context: ReconcileContext) async throws -> ReconcileResult
}

/// A reconcile took longer than it may.
package struct ReconcileTimeout: SluiceError, Hashable {
    package let limit: Duration

    package var reason: String { "ReconcileTimeout" }
    package var message: String { "the reconcile was stopped after \(limit)" }
    package var disposition: Disposition { .transient }
}
