package import Core
internal import Git
internal import KubernetesModel
package import Policy
package import SluiceAPI

/// Decides which promotions an Environment with `promotion.auto` is to have now. Pure.
///
/// An app gets a promotion of its own, with its versions written down, once upstream has proved and soaked them and
/// neither a hold nor a veto is against them. Windows and approvals are the promotion's own business.
///
/// | upstream runs | this environment runs | then                                                          |
/// |---------------|-----------------------|---------------------------------------------------------------|
/// | v2, proved    | v1                    | a promotion to v2                                             |
/// | v2, proved    | v1, v2 was rolled back| nothing: the name that it would have is taken, in Git forever |
/// | v2, proved    | v1, v2 is vetoed      | nothing                                                       |
/// | v2, proved    | v9, by a person since | nothing: what a person promoted over it stands                |
/// | v1 again      | v2                    | a promotion to v1                                             |
package struct AutomaticPromotionPlanner: Sendable {
    package let environment: Environment
    /// All environments of the namespace.
    package let environments: [Environment]
    /// All promotions of the namespace.
    package let promotions: [Promotion]
    package let ledger: Ledger
    package let restraints: Restraints
    package let calendar: WindowCalendar
    /// The promotion by which each app came to what Git has now.
    private let standing: [String: LedgerEntry]

    package init(
        environment: Environment, environments: [Environment], promotions: [Promotion], ledger: Ledger,
        restraints: Restraints, calendar: WindowCalendar
    ) {
        self.environment = environment
        self.environments = environments
        self.promotions = promotions
        self.ledger = ledger
        self.restraints = restraints
        self.calendar = calendar
        standing = Dictionary(
            ledger.standingPromotions(into: "\(environment.namespacedName)").flatMap { entry in
                entry.apps.map { ($0, entry) }
            }, uniquingKeysWith: { newest, _ in newest })
    }

    /// What is to be created, and when the answer may change by itself.
    package struct Plan: Sendable, Hashable {
        package var promotions: [Promotion] = []
        package var requeueAt: Timestamp?

        package init() {}
    }

    /// How long such a promotion waits for its gates: longer than a person's, for it has nobody to ask again.
    private static let patience = GoDuration.hours(720)
    /// A person's promotion counts as made over what upstream runs only if it came clearly later: clocks and statuses
    /// are seconds apart.
    private static let tolerance = Duration.seconds(60)

    package func plan(now: Timestamp) -> Plan {
        var plan = Plan()
        guard environment.spec.promotion.auto, environment.spec.source.isBranch, !environment.spec.suspend else {
            return plan
        }
        for app in environment.status.apps where app.sync == .synced {
            guard !isAwaitedByPerson(app.name), let candidate = candidate(for: app, now: now, &plan) else { continue }
            let promotion = promotion(of: candidate, app.name)
            let name = promotion.namespacedName
            guard !promotions.contains(where: { $0.namespacedName == name || $0.isOnItsWay(with: promotion) }),
                ledger.entries(.promotion, "\(name)").isEmpty
            else { continue }
            plan.promotions.append(promotion)
        }
        return plan
    }

    /// What one upstream environment offers an app.
    private struct Candidate {
        let upstream: String
        let since: Timestamp
        /// Empty where this environment runs the same already.
        let items: [PromotionStatus.ItemState]
    }

    /// The versions that an app is to get, if there are any: the newest that upstream offers and has proved.
    private func candidate(for app: EnvironmentStatus.App, now: Timestamp, _ plan: inout Plan) -> Candidate? {
        let offers = offers(for: app)
        // Where all must have proved a version any of them tells which it is.
        let considered = environment.spec.upstream?.mode == .oneOf ? offers[...] : offers.prefix(1)
        for offer in considered {
            guard !offer.items.isEmpty else { return nil }
            let verdict = gates(for: offer, app.name, now: now)
            let blocking = verdict.gates.filter { Self.decisive.contains($0.name) && $0.state != .open }
            guard blocking.isEmpty else {
                for until in blocking.compactMap(\.until) { plan.requeueAt = min(plan.requeueAt ?? until, until) }
                continue
            }
            return isOverruled(offer, app.name) ? nil : offer
        }
        return nil
    }

    private static let decisive: Set<GateName> = [.suspended, .upstream, .soak, .held, .vetoed]

    private func gates(for offer: Candidate, _ app: String, now: Timestamp) -> GateEvaluation {
        GateEvaluation.evaluate(
            GateInput(
                work: .promotion, environment: environment.spec, calendar: calendar, apps: [app],
                versions: CandidateVersion.versions(of: offer.items), holds: restraints.holds,
                vetoes: restraints.vetoes,
                upstream: UpstreamReader(environments: environments, promotions: promotions)
                    .observations(of: offer.items, in: environment.spec.upstream)),
            now: now)
    }

    /// What upstream environments run of an app, what came live last first.
    private func offers(for app: EnvironmentStatus.App) -> [Candidate] {
        let here = app.images.map(ImageReference.init)
        let names = environment.spec.upstream?.environments ?? []
        return names.compactMap { name -> Candidate? in
            guard let upstream = environments.first(where: { $0.metadata.name == name }),
                let live = upstream.app(app.name), let since = live.since
            else { return nil }
            let items = live.images.map(ImageReference.init).compactMap { image -> PromotionStatus.ItemState? in
                let mine = here.filter { $0.name == image.name }
                guard !image.version.isEmpty, let first = mine.first,
                    mine.contains(where: { $0.version != image.version })
                else {
                    return nil
                }
                return PromotionStatus.ItemState(
                    app: app.name, image: image.name, from: first.version, to: image.version)
            }
            return Candidate(upstream: name, since: since, items: items.sorted { $0.image < $1.image })
        }.sorted { $0.since > $1.since }
    }

    /// Whether a person's promotion of the app is under way; it goes first.
    private func isAwaitedByPerson(_ app: String) -> Bool {
        promotions.contains { promotion in
            promotion.spec.environment == environment.metadata.name && promotion.metadata.labels[Label.automatic] == nil
                && !promotion.hasEnded && !promotion.spec.dryRun && promotion.concerns(app)
        }
    }

    /// Whether a person has promoted something else over what upstream offers since it came live there.
    private func isOverruled(_ offer: Candidate, _ app: String) -> Bool {
        guard let last = standing[app] else { return false }
        return last.requestedBy != SystemUser.automatic && offer.since + Self.tolerance < last.time
    }

    /// The promotion of a candidate. Its name says from where to where, and on top of what: made again it is the same
    /// object, and Git remembers the name when the object is gone.
    private func promotion(of candidate: Candidate, _ app: String) -> Promotion {
        let ground = standing[app]?.commit.hex ?? ""
        let seed = candidate.items.map { "\($0.image) \($0.from) \($0.to)" } + [app, ground]
        let hash = SHA256Digest(of: seed.joined(separator: "\n")).hex.prefix(10)
        let name = "\(ObjectNames.prefix("\(environment.metadata.name)-\(app)", limit: 40))-auto-\(hash)"
        let items = candidate.items.map { item in
            let isDigest = item.to.hasPrefix("sha256:")
            return PromotionSpec.Item(
                app: app,
                image: ImageOverride(
                    name: item.image, newTag: isDigest ? "" : item.to, digest: isDigest ? item.to : ""))
        }
        let versions = candidate.items.map { "\($0.image) \($0.to)" }.joined(separator: ", ")
        var promotion = Promotion(
            metadata: ObjectMeta(name: name, namespace: environment.metadata.namespace),
            spec: PromotionSpec(
                environment: environment.metadata.name, items: items,
                reason: "\(candidate.upstream) has proved \(versions)".bounded(to: 1024),
                expiresAfter: Self.patience))
        promotion.metadata.labels[Label.automatic] = ObjectNames.label(environment.metadata.name)
        return promotion
    }
}

extension Promotion {
    /// Whether it brings what another one is to bring: between its commit and the status that tells of it, the
    /// environment looks as if nobody had promoted anything.
    fileprivate func isOnItsWay(with other: Promotion) -> Bool {
        !hasEnded && spec.environment == other.spec.environment && spec.items == other.spec.items
    }

    /// Whether this attempt has come to its end.
    var hasEnded: Bool { status.attempt == spec.attempt && (status.phase?.isTerminal ?? false) }

    /// Whether it changes an app, as far as its plan or its spec tell.
    func concerns(_ app: String) -> Bool {
        if !status.items.isEmpty { return status.items.contains { $0.app == app && !$0.noop } }
        return spec.items.contains { $0.app == app || GlobList($0.apps).matches(app) }
    }
}
