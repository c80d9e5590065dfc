import Core
import Forge
import KubernetesModel
import Notifications
import SluiceAPI
import Testing

@testable import Controllers

private let now = Timestamp(seconds: 1_774_256_400)
private let commit = String(repeating: "c", count: 40)

@Suite("News of an environment") struct EnvironmentNewsTests {
    private let environment = Environment(
        metadata: ObjectMeta(name: "dev", namespace: "shop"),
        spec: EnvironmentSpec(source: .init(repository: "https://token@git.example.com/x.git?k=v", path: "apps/{app}")))

    private func status(_ apps: EnvironmentStatus.App...) -> EnvironmentStatus {
        var status = EnvironmentStatus()
        status.apps = apps
        status.revision.observed = commit
        status.counts = .init(
            apps: apps.count, synced: apps.count { $0.sync == .synced }, healthy: apps.count { $0.health == .healthy })
        return status
    }

    private func app(
        _ name: String = "cart", _ trouble: [NotificationEvent] = [], failed: String = ""
    ) -> EnvironmentStatus.App {
        EnvironmentStatus.App(
            name: name, sync: trouble.contains(.syncFailed) || trouble.contains(.outOfSync) ? .outOfSync : .synced,
            health: trouble.contains(.degraded) ? .degraded : .healthy, trouble: trouble, failedContent: failed,
            message: trouble.isEmpty ? "" : "why")
    }

    private func told(_ before: EnvironmentStatus, _ after: EnvironmentStatus) -> [String] {
        EnvironmentNews(environment, before: before, after: after, now: now).notices.map { notice in
            "\(notice.event.rawValue) \(notice.apps.map(\.name).joined(separator: ","))"
        }
    }

    @Test func `a trouble is told once, with all apps that are in it, and its end too`() {
        let well = status(app("cart"), app("web"))
        let ill = status(app("cart", [.syncFailed], failed: "d1"), app("web", [.syncFailed], failed: "d2"))
        #expect(told(well, ill) == ["SyncFailed cart,web"])
        #expect(told(ill, ill) == [])
        #expect(told(ill, well) == ["Recovered cart,web"])
        #expect(told(well, well) == [])
    }

    @Test func `a first status tells what is wrong in it`() {
        #expect(told(EnvironmentStatus(), status(app("cart", [.degraded]))) == ["Degraded cart"])
        #expect(told(EnvironmentStatus(), status(app("cart"))) == [])
    }

    @Test func `another version that fails is another failure`() {
        let one = status(app("cart", [.syncFailed], failed: "d1"))
        #expect(told(one, status(app("cart", [.syncFailed], failed: "d2"))) == ["SyncFailed cart"])
        // While it is tried again, nothing is known of it, and that is no news.
        #expect(told(one, status(app("cart", [.syncFailed], failed: ""))) == [])
    }

    @Test func `one trouble beside another is told, and only that`() {
        let one = status(app("cart", [.outOfSync]))
        #expect(told(one, status(app("cart", [.outOfSync, .degraded]))) == ["Degraded cart"])
        #expect(told(status(app("cart", [.outOfSync, .degraded])), status(app("cart", [.degraded]))) == [])
    }

    @Test func `an app that is gone with its trouble has not recovered`() {
        #expect(told(status(app("cart", [.degraded]), app("web")), status(app("web"))) == [])
    }

    @Test func `a fight is told when it begins`() throws {
        var fight = status(app())
        fight.conditions.set(
            Condition(
                type: ConditionType.contested, status: true, reason: "DriftReturns", message: "app cart: x",
                generation: 1,
                at: now))
        let notices = EnvironmentNews(environment, before: status(app()), after: fight, now: now).notices
        #expect(notices.map(\.event) == [.driftContested])
        #expect(notices.first?.message == "app cart: x")
        #expect(told(fight, fight) == [])
        #expect(told(fight, status(app())) == [])
    }

    @Test func `a notice names the commit, its trace, and the repository without its credentials`() throws {
        let notice = try #require(
            EnvironmentNews(environment, before: status(app()), after: status(app("cart", [.degraded])), now: now)
                .notices.first)
        #expect(notice.commit == commit)
        #expect(notice.trace.traceID == commit.prefix(32))
        #expect(notice.repository == "https://git.example.com/x.git")
        #expect(notice.apps == [.init(name: "cart", message: "why")])
    }

    @Test func `a commit is reported when its state changes, and to who is new`() {
        let pending = status(app("cart", [.outOfSync]))
        var synced = status(app("cart"))
        synced.revision.synced = commit
        let failed = status(app("cart", [.syncFailed]), app("web"))
        func report(_ before: EnvironmentStatus, _ after: EnvironmentStatus) -> CommitReport? {
            EnvironmentNews(environment, before: before, after: after, now: now).report
        }
        #expect(report(EnvironmentStatus(), pending)?.status.state == .pending)
        #expect(report(pending, synced)?.status.state == .success)
        #expect(report(pending, synced)?.status.description == "1 app is synced and healthy")
        #expect(report(synced, synced) == nil)
        #expect(report(synced, failed)?.status.state == .failure)
        #expect(report(synced, failed)?.status.description == "SyncFailed: cart")
        #expect(report(synced, failed)?.status.context == "sluice/shop/dev")
        #expect(report(synced, EnvironmentStatus()) == nil)
        var next = synced
        next.observedGeneration = 2
        #expect(report(synced, next)?.status.state == .success)
    }
}

@Suite("News of promotions and rollbacks") struct PromotionNewsTests {
    private var promotion: Promotion {
        Promotion(
            metadata: ObjectMeta(name: "p", namespace: "shop"),
            spec: PromotionSpec(
                environment: "dev", items: [.init(app: "cart", image: .init(name: "company/cart", newTag: "v2"))]))
    }

    private func told(
        _ before: (inout PromotionStatus) -> Void, _ after: (inout PromotionStatus) -> Void, dryRun: Bool = false
    ) -> NotificationEvent? {
        var promotion = promotion
        promotion.spec.dryRun = dryRun
        promotion.status.attempt = 1
        before(&promotion.status)
        var next = promotion.status
        after(&next)
        return PromotionNews.notice(promotion, became: next, repository: "r", now: now)?.event
    }

    @Test(
        arguments: [
            (nil, .queued, nil), (.planning, .gated, .promotionWaiting), (.gated, .committing, nil),
            (.verifying, .succeeded, .promotionSucceeded), (.syncing, .failed, .promotionFailed),
            (.gated, .rejected, .promotionRefused), (.gated, .expired, .promotionRefused),
            (.queued, .aborted, .promotionRefused), (.queued, .superseded, nil), (.verifying, .rolledBack, nil),
            (.succeeded, .succeeded, nil),
        ] as [(PromotionPhase?, PromotionPhase, NotificationEvent?)])
    func `each turn has its event`(from: PromotionPhase?, to: PromotionPhase, event: NotificationEvent?) {
        #expect(told({ $0.phase = from }, { $0.phase = to }) == event)
        #expect(told({ $0.phase = from }, { $0.phase = to }, dryRun: true) == nil)
    }

    @Test func `approvers are told when it is their turn, and gates that come and go are not told`() {
        func reason(_ text: String) -> (inout PromotionStatus) -> Void {
            {
                $0.phase = .gated; $0.reason = text
            }
        }
        #expect(told(reason("Soaking"), reason("WindowClosed")) == nil)
        #expect(told(reason("Soaking"), reason("AwaitingApproval")) == .promotionWaiting)
        #expect(told(reason("AwaitingApproval"), reason("AwaitingApproval")) == nil)
    }

    @Test func `its commit is its start, in each attempt`() {
        #expect(
            told(
                { $0.phase = .committing },
                {
                    $0.phase = .syncing; $0.commit = commit
                }) == .promotionStarted)
        #expect(
            told(
                {
                    $0.phase = .syncing; $0.commit = commit
                }, { $0.phase = .verifying }) == nil)
        #expect(
            told(
                {
                    $0.phase = .failed; $0.commit = "old"
                },
                {
                    $0.attempt = 2; $0.phase = .syncing; $0.commit = commit
                })
                == .promotionStarted)
        #expect(
            told(
                { $0.phase = .planning },
                {
                    $0.phase = .succeeded; $0.commit = commit
                }) == .promotionSucceeded)
    }

    @Test func `what falls ill after its success has failed, once`() {
        func ill(_ status: inout PromotionStatus) {
            status.phase = .succeeded
            status.conditions.set(
                Condition(
                    type: ConditionType.verified, status: false, reason: "Degraded", message: "", generation: 1, at: now
                ))
        }
        #expect(told({ $0.phase = .succeeded }, { ill(&$0) }) == .promotionFailed)
        #expect(told({ ill(&$0) }, { ill(&$0) }) == nil)
    }

    @Test func `a notice says what changes and who asked`() throws {
        var next = promotion.status
        next.phase = .gated
        next.reason = "AwaitingApproval"
        next.requester.user = "bob"
        next.items = [
            .init(app: "cart", image: "company/cart", from: "v1", to: "v2"), .init(app: "cart"),
            .init(app: "web", image: "company/web", from: "v1", to: "v1", noop: true),
        ]
        let notice = try #require(PromotionNews.notice(promotion, became: next, repository: "r", now: now))
        #expect(notice.apps.map(\.name) == ["cart", "web"])
        #expect(notice.changes == [.init(app: "cart", image: "company/cart", from: "v1", to: "v2")])
        #expect(notice.requester == "bob")
        #expect(notice.object == .init(kind: "Promotion", name: "p"))
    }

    @Test(
        arguments: [
            (.verifying, .succeeded, .rolledBack), (.planning, .noOp, nil), (.reverting, .conflict, .rollbackFailed),
            (.syncing, .failed, .rollbackFailed), (.succeeded, .succeeded, nil), (nil, .planning, nil),
        ] as [(RollbackPhase?, RollbackPhase, NotificationEvent?)])
    func `a rollback is told at its end`(from: RollbackPhase?, to: RollbackPhase, event: NotificationEvent?) {
        var rollback = Rollback(
            metadata: ObjectMeta(name: "undo", namespace: "shop"),
            spec: RollbackSpec(environment: "dev", target: .init(promotion: "p")))
        rollback.status.phase = from
        var next = rollback.status
        next.phase = to
        #expect(RollbackNews.notice(rollback, became: next, repository: "r", now: now)?.event == event)
    }
}
