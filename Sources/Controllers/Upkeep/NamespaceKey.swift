internal import ControllerRuntime
internal import Core
package import Logging

/// A namespace as the key of a queue: what is looked at for all of its Environments together.
package struct NamespaceKey: ReconcileKey, ShardedKey {
    package let namespace: String

    package init(_ namespace: String) {
        self.namespace = namespace
    }

    package var description: String { namespace }
    package var logMetadata: Logger.Metadata { Logger.Metadata([.namespace: namespace]) }
}
