internal import Core
package import SluiceAPI

extension SyncPolicy {
    package init(_ sync: EnvironmentSpec.Sync) {
        self.init()
        prune = sync.prune
        selfHeal = sync.selfHeal
        allowEmpty = sync.allowEmpty
        pruneLast = sync.pruneLast
    }
}

extension IgnoreRules {
    /// The rules of `spec.sync.ignoreDifferences`; throws ``SyncError`` for a text that is no JSON pointer.
    package init(_ sync: EnvironmentSpec.Sync) throws(SyncError) {
        var rules: [IgnoreRule] = []
        for rule in sync.ignoreDifferences {
            rules.append(
                try IgnoreRule(
                    group: rule.group, kind: rule.kind, namespace: rule.namespace, name: rule.name,
                    jsonPointers: rule.jsonPointers, managers: rule.managers))
        }
        self.init(rules)
    }
}

extension ScopePolicy {
    /// The scope of one app.
    ///
    /// - Parameter namespace: the app's own namespace, the only one that is allowed where the spec lists none.
    package init(_ destination: EnvironmentSpec.Destination, namespace: String) {
        let allowed = destination.allowedNamespaces.isEmpty ? [namespace] : destination.allowedNamespaces
        self.init(
            allowedNamespaces: GlobList(allowed),
            clusterAllow: destination.clusterResources.allow.map(ResourcePattern.init),
            clusterDeny: destination.clusterResources.deny.map(ResourcePattern.init),
            namespacedAllow: destination.namespacedResources.allow.map(ResourcePattern.init),
            namespacedDeny: destination.namespacedResources.deny.map(ResourcePattern.init))
    }
}

extension ResourcePattern {
    init(_ pattern: EnvironmentSpec.KindPattern) {
        self.init(group: pattern.group, kind: pattern.kind)
    }
}
