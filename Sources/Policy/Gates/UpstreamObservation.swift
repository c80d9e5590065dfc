package import Core
package import SluiceAPI

/// How the versions of a promotion stand in one upstream environment.
package struct UpstreamObservation: Sendable, Hashable {
    /// One app of the promotion.
    package struct App: Sendable, Hashable {
        package let name: String
        /// The version that is to be promoted, for messages.
        package let version: String
        /// Whether exactly this version is what runs there.
        package let isLive: Bool
        package let health: HealthState
        /// Whether a promotion of this version succeeded there.
        package let isVerified: Bool
        /// Since when it is live and healthy without a break; nil if it is not, or if the record was lost.
        package let healthySince: Timestamp?
        /// When it was first live and healthy; nil if that is not known, and then ``healthySince`` stands in for it.
        package let firstHealthy: Timestamp?

        package init(
            name: String, version: String, isLive: Bool, health: HealthState, isVerified: Bool,
            healthySince: Timestamp?, firstHealthy: Timestamp? = nil
        ) {
            self.name = name
            self.version = version
            self.isLive = isLive
            self.health = health
            self.isVerified = isVerified
            self.healthySince = healthySince
            self.firstHealthy = firstHealthy
        }
    }

    package let environment: String
    /// Whether there is such an environment.
    package let exists: Bool
    package let apps: [App]

    package init(environment: String, exists: Bool = true, apps: [App] = []) {
        self.environment = environment
        self.exists = exists
        self.apps = apps
    }
}

/// What one upstream environment has to say: how far it has proved the versions.
struct UpstreamProof {
    let reason: GateReason?
    let message: String
    /// Since when everything is healthy; nil while something is missing.
    let soakStart: Timestamp?

    init(_ observation: UpstreamObservation, _ policy: EnvironmentSpec.Upstream) {
        let place = observation.environment
        func fail(_ reason: GateReason, _ message: String) -> (GateReason?, String, Timestamp?) {
            (reason, message, nil)
        }
        var result: (GateReason?, String, Timestamp?) = (nil, "proved in \(place)", nil)
        if !observation.exists {
            result = fail(.upstreamUnverified, "there is no environment \(place)")
        } else if observation.apps.isEmpty {
            // Nothing seen is nothing proved.
            result = fail(.upstreamUnverified, "nothing is known of the versions in \(place)")
        } else if let app = observation.apps.first(where: { !$0.isLive }) {
            result = fail(.upstreamUnverified, "\(app.name) \(app.version) is not live in \(place)")
        } else if let app = observation.apps.first(where: { $0.health != .healthy }) {
            result = fail(.upstreamUnhealthy, "\(app.name) is \(app.health.rawValue) in \(place)")
        } else if policy.requireVerified, let app = observation.apps.first(where: { !$0.isVerified }) {
            result = fail(.upstreamUnverified, "\(app.name) \(app.version) is not verified in \(place)")
        } else {
            // An app whose record was lost has no start, and so the whole has none: a lost record begins the soak anew.
            let starts = observation.apps.map { app in
                policy.soakResetOnUnhealthy ? app.healthySince : app.firstHealthy ?? app.healthySince
            }
            result.2 = starts.contains(nil) ? nil : starts.compactMap { $0 }.max()
        }
        (reason, message, soakStart) = result
    }
}
