import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git
@testable import Policy

/// Staging runs cart v2, healthy for an hour; production runs v1 and promotes automatically after 30 minutes of soak.
struct AutomaticStory {
    let now = Timestamp(seconds: 1_774_256_400)
    var staging: Environment
    var production: Environment
    var promotions: [Promotion] = []
    var history: [CommitInfo] = []
    var rollbacks: [String: Rollback] = [:]

    init() {
        staging = Self.environment("staging")
        production = Self.environment("production")
        production.spec.promotion.auto = true
        production.spec.upstream = .init(environments: ["staging"], soak: .minutes(30))
        staging.status.apps = [app("company/cart:v2", since: now - .seconds(3600))]
        production.status.apps = [app("company/cart:v1", since: now - .seconds(90_000))]
    }

    static func environment(_ name: String) -> Environment {
        Environment(
            metadata: ObjectMeta(name: name, namespace: "shop"),
            spec: EnvironmentSpec(
                source: .init(repository: "https://git.example.com/gitops.git", path: "apps/{app}/overlays/\(name)")))
    }

    func app(_ image: String, since: Timestamp, health: HealthState = .healthy) -> EnvironmentStatus.App {
        EnvironmentStatus.App(
            name: "cart", images: [image], revision: String(repeating: "a", count: 40), sync: .synced, health: health,
            since: since, healthySince: health == .healthy ? since : nil)
    }

    /// Adds a commit with trailers on top of the history.
    mutating func commit(_ trailers: [(String, String)], at time: Timestamp) {
        let who = GitIdentity(name: "Sluice", email: "sluice@example.com")
        var list = CommitTrailers()
        for (key, value) in trailers { list.append(key, value) }
        let digit = "0123456789abcdef".map(String.init)[history.count % 16]
        guard let id = CommitID(hex: String(repeating: digit, count: 40)) else { return }
        let message = list.message(subject: "x")
        history.insert(
            CommitInfo(
                id: id, parents: [], author: who, committer: who, time: time, message: message,
                trailers: CommitTrailers(message: message), signature: nil), at: 0)
    }

    mutating func promoted(_ name: String, by user: String, at time: Timestamp) {
        commit(
            [
                (Trailer.promotion, "shop/\(name)"), (Trailer.environment, "shop/production"), (Trailer.app, "cart"),
                (Trailer.requestedBy, user),
            ], at: time)
    }

    var ledger: Ledger {
        var ledger = Ledger()
        if let head = history.first?.id { ledger.advance(to: head, commits: history) }
        return ledger
    }

    func plan(at time: Timestamp? = nil) throws -> AutomaticPromotionPlanner.Plan {
        AutomaticPromotionPlanner(
            environment: production, environments: [staging, production], promotions: promotions, ledger: ledger,
            restraints: Restraints(environment: production, ledger: ledger, rollbacks: rollbacks),
            calendar: try WindowCalendar(production.spec.windows)
        ).plan(now: time ?? now)
    }
}

@Suite("Automatic promotion")
struct AutomaticPromotionPlannerTests {
    @Test("makes one promotion for each app that upstream has proved and soaked, with the version written down")
    func proved() throws {
        let story = AutomaticStory()
        let plan = try story.plan()
        let promotion = try #require(plan.promotions.first)
        #expect(plan.promotions.count == 1)
        #expect(promotion.spec.environment == "production")
        #expect(promotion.spec.items == [.init(app: "cart", image: .init(name: "company/cart", newTag: "v2"))])
        #expect(promotion.spec.reason == "staging has proved company/cart v2")
        #expect(promotion.metadata.labels[Label.automatic] == "production")
        #expect(promotion.metadata.name.hasPrefix("production-cart-auto-"))
        #expect(Policy.validate(promotion).isEmpty)
    }

    @Test("makes the same one again, until it exists")
    func deterministic() throws {
        var story = AutomaticStory()
        let first = try story.plan().promotions
        #expect(try story.plan(at: story.now + .seconds(7)).promotions == first)
        story.promotions = first
        #expect(try story.plan().promotions.isEmpty)
        // It is pushed, and the environment does not say so yet: the next one would have another name.
        let name = try #require(first.first?.metadata.name)
        story.promoted(name, by: SystemUser.automatic, at: story.now)
        #expect(try story.plan().promotions.isEmpty)
    }

    @Test("waits for the soak, which ill health begins anew, and says when it is over")
    func soak() throws {
        var story = AutomaticStory()
        story.production.spec.upstream?.soak = .minutes(90)
        let plan = try story.plan()
        #expect(plan.promotions.isEmpty)
        #expect(plan.requeueAt == story.now + .seconds(1800))
        // Ill at minute 50 of 60, healthy again ten minutes later.
        story.production.spec.upstream?.soak = .minutes(60)
        story.staging.status.apps = [
            story.app("company/cart:v2", since: story.now - .seconds(3000), health: .degraded)
        ]
        #expect(try story.plan().promotions.isEmpty)
        story.staging.status.apps[0].health = .healthy
        story.staging.status.apps[0].healthySince = story.now + .seconds(600)
        let healed = story.now + .seconds(600)
        #expect(try story.plan(at: healed + .seconds(3599)).promotions.isEmpty)
        #expect(try story.plan(at: healed + .seconds(3599)).requeueAt == healed + .seconds(3600))
        #expect(try story.plan(at: healed + .seconds(3600)).promotions.count == 1)
    }

    @Test("takes no version that failed its verification upstream, whatever its health says now")
    func unverified() throws {
        var story = AutomaticStory()
        var failed = Promotion(
            metadata: ObjectMeta(name: "p", namespace: "shop"),
            spec: PromotionSpec(environment: "staging", items: [.init(app: "cart")]))
        failed.status.attempt = 1
        failed.status.phase = .failed
        failed.status.items = [.init(app: "cart", image: "company/cart", from: "v1", to: "v2")]
        story.promotions = [failed]
        #expect(try story.plan().promotions.isEmpty)
        // One that found the version there already has verified nothing.
        var already = failed
        already.metadata.name = "q"
        already.status.phase = .succeeded
        already.status.items[0].noop = true
        story.promotions = [failed, already]
        #expect(try story.plan().promotions.isEmpty)
        story.promotions[0].status.phase = .succeeded
        #expect(try story.plan().promotions.count == 1)
        // It turned out bad after its success.
        story.promotions[0].status.conditions.set(
            Condition(
                type: ConditionType.verified, status: false, reason: "Degraded", message: "", generation: 1,
                at: story.now))
        #expect(try story.plan().promotions.isEmpty)
    }

    @Test("never brings back what was rolled back: vetoed, or released, or with its object gone")
    func rolledBack() throws {
        var story = AutomaticStory()
        let name = try #require(try story.plan().promotions.first?.metadata.name)
        story.promoted(name, by: SystemUser.automatic, at: story.now)
        let commit = try #require(story.history.first?.id.hex)
        story.commit(
            [
                (Trailer.rollback, "shop/\(name)-auto-1"), (Trailer.environment, "shop/production"),
                (Trailer.app, "cart"), (Trailer.reverts, commit), (Trailer.hold, "cart"), (Trailer.veto, "cart v2"),
            ], at: story.now + .seconds(60))
        #expect(try story.plan(at: story.now + .seconds(120)).promotions.isEmpty)
        story.commit(
            [(Trailer.release, "shop/\(name)-auto-1"), (Trailer.environment, "shop/production")],
            at: story.now + .seconds(90))
        #expect(
            Restraints(environment: story.production, ledger: story.ledger, rollbacks: [:]).vetoes.isEmpty)
        #expect(try story.plan(at: story.now + .seconds(120)).promotions.isEmpty)
        // The next version is another matter.
        story.staging.status.apps = [story.app("company/cart:v3", since: story.now + .seconds(100))]
        #expect(try story.plan(at: story.now + .seconds(4000)).promotions.count == 1)
    }

    @Test("respects a veto and a hold of the spec")
    func restrained() throws {
        var story = AutomaticStory()
        story.production.spec.vetoes = [.init(app: "cart", version: "v2")]
        #expect(try story.plan().promotions.isEmpty)
        story.production.spec.vetoes = []
        story.production.spec.holds = [.init(app: "cart")]
        #expect(try story.plan().promotions.isEmpty)
    }

    @Test("leaves what a person promoted over it, and waits while one is about to")
    func persons() throws {
        var story = AutomaticStory()
        story.promoted("hotfix", by: "bob", at: story.now - .seconds(600))
        story.production.status.apps = [story.app("company/cart:v9", since: story.now - .seconds(590))]
        #expect(try story.plan().promotions.isEmpty)
        // What came live upstream after the hotfix follows as ever.
        story.staging.status.apps = [story.app("company/cart:v10", since: story.now - .seconds(500))]
        story.production.spec.upstream?.soak = .minutes(1)
        #expect(try story.plan().promotions.count == 1)
        story.promotions = [
            Promotion(
                metadata: ObjectMeta(name: "mine", namespace: "shop"),
                spec: PromotionSpec(
                    environment: "production", items: [.init(apps: ["c*"], fromEnvironment: "staging")]))
        ]
        #expect(try story.plan().promotions.isEmpty)
    }

    private func ended(_ promotion: Promotion) -> Promotion {
        var promotion = promotion
        promotion.status.phase = .succeeded
        promotion.status.attempt = promotion.spec.attempt
        return promotion
    }

    @Test("follows upstream back to an earlier version, under another name than the way there")
    func back() throws {
        var story = AutomaticStory()
        let there = try #require(try story.plan().promotions.first)
        story.promoted(there.metadata.name, by: SystemUser.automatic, at: story.now)
        story.promotions = [ended(there)]
        story.production.status.apps = [story.app("company/cart:v2", since: story.now)]
        #expect(try story.plan().promotions.isEmpty)
        story.staging.status.apps = [story.app("company/cart:v1", since: story.now + .seconds(100))]
        let back = try #require(try story.plan(at: story.now + .seconds(4000)).promotions.first)
        #expect(back.spec.items.first?.image?.newTag == "v1")
        story.promoted(back.metadata.name, by: SystemUser.automatic, at: story.now + .seconds(4000))
        story.promotions.append(ended(back))
        story.production.status.apps = [story.app("company/cart:v1", since: story.now + .seconds(4010))]
        story.staging.status.apps = [story.app("company/cart:v2", since: story.now + .seconds(4100))]
        let again = try #require(try story.plan(at: story.now + .seconds(9000)).promotions.first)
        #expect(Set([there, back, again].map(\.metadata.name)).count == 3)
    }

    @Test("of several upstreams asks all, or takes what came live last in one")
    func modes() throws {
        var story = AutomaticStory()
        var qa = AutomaticStory.environment("qa")
        qa.status.apps = [story.app("company/cart:v3", since: story.now - .seconds(2400))]
        story.production.spec.upstream = .init(environments: ["staging", "qa"], mode: .all, soak: .minutes(30))
        func plan(_ story: AutomaticStory) throws -> [String] {
            let ledger = story.ledger
            return AutomaticPromotionPlanner(
                environment: story.production, environments: [story.staging, qa, story.production], promotions: [],
                ledger: ledger,
                restraints: Restraints(environment: story.production, ledger: ledger, rollbacks: [:]),
                calendar: try WindowCalendar(story.production.spec.windows)
            ).plan(now: story.now).promotions.compactMap { $0.spec.items.first?.image?.newTag }
        }
        #expect(try plan(story) == [])
        story.production.spec.upstream?.mode = .oneOf
        #expect(try plan(story) == ["v3"])
        qa.status.apps[0].health = .degraded
        #expect(try plan(story) == ["v2"])
        qa.status.apps = [story.app("company/cart:v2", since: story.now - .seconds(2400))]
        story.production.spec.upstream?.mode = .all
        #expect(try plan(story) == ["v2"])
    }

    @Test("keeps names within what labels and objects may have")
    func names() throws {
        var story = AutomaticStory()
        let long = String(repeating: "a-very-long-name-", count: 6) + "x"
        story.production.metadata.name = long
        story.production.status.apps[0].name = long
        story.staging.status.apps[0].name = long
        let promotion = try #require(try story.plan().promotions.first)
        #expect(promotion.metadata.name.utf8.count <= 56)
        #expect((promotion.metadata.labels[Label.automatic]?.utf8.count ?? 99) <= 63)
    }
}
