package import KubernetesClient

extension Leadership {
    /// Leads by holding a Lease.
    package init(_ elector: LeaseElector) {
        self.init { changed in await elector.run(changed) }
    }
}
