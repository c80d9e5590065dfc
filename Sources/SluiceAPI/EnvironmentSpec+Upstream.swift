package import KubernetesModel

extension EnvironmentSpec {
    /// The environments that must have proved a version before it is promoted.
    package struct Upstream: Sendable, Hashable, Codable {
        /// Their names, in this namespace.
        package var environments: [String]
        /// Whether all of them or any one must have proved the version.
        package var mode: UpstreamMode
        /// Asks that a promotion of the version succeeded there, not only that it is live and healthy.
        package var requireVerified: Bool
        /// How long the version must have been live and healthy there.
        package var soak: GoDuration
        /// Begins the count anew when the version falls ill there.
        package var soakResetOnUnhealthy: Bool

        package init(
            environments: [String], mode: UpstreamMode = .all, requireVerified: Bool = true,
            soak: GoDuration = .seconds(0), soakResetOnUnhealthy: Bool = true
        ) {
            self.environments = environments
            self.mode = mode
            self.requireVerified = requireVerified
            self.soak = soak
            self.soakResetOnUnhealthy = soakResetOnUnhealthy
        }
    }
}
