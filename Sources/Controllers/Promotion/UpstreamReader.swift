internal import Core
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// Tells how versions stand in the environments that must have proved them, by those environments' own statuses.
struct UpstreamReader: Sendable {
    /// All environments of the namespace.
    let environments: [Environment]
    /// All promotions of the namespace, for what was verified.
    let promotions: [Promotion]

    /// One observation for each upstream environment.
    func observations(
        of items: [PromotionStatus.ItemState], in policy: EnvironmentSpec.Upstream?
    ) -> [UpstreamObservation] {
        (policy?.environments ?? []).map { name in
            guard let environment = environments.first(where: { $0.metadata.name == name }) else {
                return UpstreamObservation(environment: name, exists: false)
            }
            return UpstreamObservation(
                environment: name, apps: items.filter { !$0.noop }.map { app($0, in: environment) })
        }
    }

    private func app(_ item: PromotionStatus.ItemState, in environment: Environment) -> UpstreamObservation.App {
        let live = environment.app(item.app)
        let images = live?.images.map(ImageReference.init) ?? []
        // Files were taken from what is live there; what counts is that it still stands well.
        let isLive =
            item.image.isEmpty
            || images.contains { $0.name == item.image && ($0.version == item.to || $0.tag == item.to) }
        // A version that reached an environment by a plain commit is proved by its health alone.
        let mine = promotions.filter { $0.spec.environment == environment.metadata.name }.filter { promotion in
            !promotion.spec.dryRun
                && promotion.status.items.contains {
                    // One that found its version there already has verified nothing.
                    !$0.noop && $0.app == item.app && $0.image == item.image && $0.to == item.to
                }
        }
        let isVerified = mine.isEmpty ? live?.health == .healthy : mine.contains(where: \.isVerified)
        return UpstreamObservation.App(
            name: item.app, version: item.image.isEmpty ? "files" : item.to, isLive: isLive && live?.sync == .synced,
            health: live?.health ?? .unknown, isVerified: isVerified, healthySince: soakStart(live, item))
    }

    /// Since when this very version is live and healthy: health from before it came does not count.
    private func soakStart(_ app: EnvironmentStatus.App?, _ item: PromotionStatus.ItemState) -> Timestamp? {
        let since = item.image.isEmpty ? app?.contentSince : app?.since
        guard let since, let healthy = app?.healthySince else { return nil }
        return max(since, healthy)
    }
}

extension Promotion {
    /// Whether its versions were verified and have not turned out bad since.
    fileprivate var isVerified: Bool {
        status.phase == .succeeded && status.conditions[ConditionType.verified]?.status != .no
    }
}

extension CandidateVersion {
    /// The versions of a promotion's images; files have none.
    static func versions(of items: [PromotionStatus.ItemState]) -> [CandidateVersion] {
        items.filter { !$0.image.isEmpty }.map { item in
            item.to.hasPrefix("sha256:")
                ? CandidateVersion(app: item.app, image: item.image, digest: item.to)
                : CandidateVersion(app: item.app, image: item.image, tag: item.to)
        }
    }
}
