import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Forge
@testable import Git
@testable import Policy

@Suite("Rollbacks, approved and released")
struct ReleaseAndApprovalTests {
    private let now = Timestamp(seconds: 1_774_256_400)
    private let commit = CommitID(hex: String(repeating: "c", count: 40))
    private let head = CommitID(hex: String(repeating: "d", count: 40))

    private func rollback(_ change: (inout Rollback) -> Void = { _ in }) -> Rollback {
        var rollback = Rollback(
            metadata: ObjectMeta(name: "undo", namespace: "shop", generation: 2),
            spec: RollbackSpec(environment: "production", target: .init(promotion: "cart-v2")))
        change(&rollback)
        return rollback
    }

    private func change(base: CommitID) -> RollbackChange {
        RollbackChange(
            base: base, commits: [base], restoreFrom: base, paths: ["apps/cart/overlays/production"], apps: ["cart"],
            vetoes: ["cart v2"], what: "promotion shop/cart-v2")
    }

    private func observation(_ rollback: Rollback) throws -> RollbackObservation {
        var observation = RollbackObservation(
            rollback: rollback, target: .present(AutomaticStory.environment("production")))
        observation.change = .success(change(base: try #require(head)))
        observation.head = head
        return observation
    }

    private func finished(release: Bool) -> Rollback {
        rollback {
            $0.spec.release = release
            $0.status.attempt = 1
            $0.status.phase = .succeeded
            $0.status.commit = commit?.hex ?? ""
            $0.status.holds = ["cart"]
            $0.status.vetoes = ["cart v2"]
        }
    }

    private func record() throws -> LedgerEntry {
        var story = AutomaticStory()
        story.commit([(Trailer.rollback, "shop/undo"), (Trailer.hold, "cart")], at: now)
        let first = try #require(story.history.first)
        return try #require(LedgerEntry(first))
    }

    @Test("waits for approvals where they are asked for, and binds them to what is undone")
    func approvals() throws {
        var observation = try observation(rollback())
        observation.approvals = .init(required: 1)
        observation.gates = [Gate(name: .approval, state: .waiting, reason: .awaitingApproval, message: "0 of 1")]
        let plan = RollbackPlanner.plan(observation, now: now)
        #expect(plan.status.phase == .gated)
        #expect(plan.action == nil)
        #expect(plan.status.approvals.required == 1)
        let (head, other) = (try #require(head), try #require(commit))
        #expect(plan.status.planDigest == change(base: head).digest)
        #expect(plan.status.planDigest != change(base: other).digest)
        // Nothing is held before it is decided.
        #expect(plan.status.holds.isEmpty)
        observation.gates = [Gate(name: .approval, state: .closed, reason: .rejected, message: "rejected by alice")]
        let rejected = RollbackPlanner.plan(observation, now: now)
        #expect(rejected.status.phase == .failed)
        #expect(rejected.status.reason == GateReason.rejected.rawValue)
        observation.gates = [Gate(name: .approval, state: .open)]
        #expect(RollbackPlanner.plan(observation, now: now).status.phase == .reverting)
    }

    @Test("a release is committed once, and lifts the holds of the status at once")
    func release() throws {
        var observation = try observation(finished(release: true))
        observation.commit = try record()
        observation.releasedBy = Identity(user: "carol", source: .signedCommit)
        let plan = RollbackPlanner.plan(observation, now: now)
        let head = try #require(head)
        #expect(plan.action == .release(by: observation.releasedBy, base: head))
        #expect(plan.status.holds.isEmpty && plan.status.vetoes.isEmpty)
        #expect(plan.status.conditions[ConditionType.released]?.status == .no)
        observation.isReleased = true
        let done = RollbackPlanner.plan(observation, now: now)
        #expect(done.action == nil)
        #expect(done.status.conditions.isTrue(ConditionType.released))
        #expect(RollbackPlanner.plan(try self.observation(finished(release: false)), now: now).action == nil)
    }

    @Test("a release waits for its merge where commits go through pull requests")
    func proposedRelease() throws {
        let (commit, head) = (try #require(commit), try #require(head))
        var observation = try observation(finished(release: true))
        observation.commit = try record()
        observation.releasedBy = Identity(user: "carol", source: .signedCommit)
        func plan(_ state: PullRequest.State?, _ content: Proposal.Content) -> RollbackPlan {
            observation.proposal = .success(
                Proposal(
                    branch: "sluice-release/shop/undo", content: content,
                    pullRequest: state.map {
                        PullRequest(number: 7, url: "u", state: $0, head: commit.hex, title: "", description: "")
                    }, nextLook: now + .seconds(60)))
            return RollbackPlanner.plan(observation, now: now)
        }
        let none = Proposal(
            branch: "sluice-release/shop/undo", content: .none, pullRequest: nil, nextLook: now + .seconds(60))
        #expect(plan(nil, .none).action == .proposeRelease(by: observation.releasedBy, base: head, over: none))
        let waiting = plan(.open, .ours(commit, isCurrent: true))
        #expect(waiting.action == nil)
        #expect(waiting.status.conditions[ConditionType.released]?.reason == "AwaitingMerge")
        #expect(waiting.status.holds.isEmpty)
        #expect(waiting.requeueAt == now + .seconds(60))
        let closed = plan(.closed, .none)
        #expect(closed.action == nil)
        #expect(closed.status.phase == .succeeded)
        #expect(closed.status.conditions[ConditionType.released]?.reason == "PullRequestClosed")
        observation.isReleased = true
        #expect(plan(.merged(commit: commit.hex), .none).status.conditions.isTrue(ConditionType.released))
    }

    @Test("a release has a branch of its own and is known by its trailers")
    func releaseSubject() throws {
        let rollback = finished(release: true)
        let subject = ProposalSubject(releaseOf: rollback)
        #expect(subject.branch == "sluice-release/shop/undo")
        #expect(ProposalSubject(rollback).branch == "sluice-rollback/shop/undo")
        let message = CommitMessage.release(rollback, in: AutomaticStory.environment("production"), by: Identity())
        let trailers = CommitTrailers(message: message)
        #expect(subject.isNamed(in: trailers) && subject.attempt(in: trailers) == 1)
        #expect(!ProposalSubject(rollback).isNamed(in: trailers))
    }

    @Test("the commit of a release names the rollback and who released it, and is read as such")
    func releaseMessage() throws {
        let environment = AutomaticStory.environment("production")
        let message = CommitMessage.release(
            finished(release: true), in: environment, by: Identity(user: "carol", source: .signedCommit))
        let trailers = CommitTrailers(message: message)
        #expect(trailers[Trailer.release] == "shop/undo")
        #expect(trailers[Trailer.environment] == "shop/production")
        #expect(trailers[Trailer.requestedBy] == "carol")
    }

    @Test("says of a requester whom nobody has proved whether anybody looked")
    func unproved() {
        var environment = AutomaticStory.environment("production")
        let claim = Identity(user: "bob@company.example", source: .unsignedCommit)
        func requester() -> String? {
            CommitTrailers(message: CommitMessage.release(rollback(), in: environment, by: claim))[Trailer.requestedBy]
        }
        #expect(requester() == "bob@company.example (not verified)")
        environment.spec.source.verify.signersRef = .init(name: "allowed-signers")
        #expect(requester() == "bob@company.example (not signed)")
    }
}

@Suite("Overrides on record")
struct OverrideRecordTests {
    @Test("say who passed over what, and why; those that do not count say nothing")
    func text() {
        var environment = AutomaticStory.environment("production")
        environment.spec.override = .init(reason: "INC-8", until: Timestamp(seconds: 9))
        let bob = Identity(user: "bob", source: .signedCommit)
        let carol = Identity(user: "carol", source: .signedCommit)
        let own = GateOverride(gates: [.window, .soak], reason: "INC-7")
        let granted = OverrideDecision.granted(until: Timestamp(seconds: 9))
        #expect(
            OverrideRecord.text(own, granted, by: bob, environment: environment, granted, by: carol)
                == "Window, Soak by bob: INC-7; windows of production by carol: INC-8")
        #expect(
            OverrideRecord.text(own, .refused("no"), by: bob, environment: environment, .none, by: carol).isEmpty)
    }
}
