import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Forge
@testable import Git

extension PromotionStory {
    /// The same story in an environment whose commits go through pull requests.
    static func throughPullRequest() throws -> PromotionStory {
        var story = try PromotionStory()
        story.environment.spec.source.push.mode = .pullRequest
        return story
    }

    func proposal(_ state: PullRequest.State?, _ content: Proposal.Content) -> Proposal {
        Proposal(
            branch: "sluice/shop/cart-v2", content: content,
            pullRequest: state.map {
                PullRequest(
                    number: 7, url: "https://forge.example/7", state: $0, head: commit.hex, title: "", description: "")
            },
            nextLook: now + .seconds(60))
    }

    func plan(_ proposal: Proposal?) -> PromotionPlan {
        var observation = observation
        observation.proposal = proposal.map { .success($0) }
        return PromotionPlanner.plan(observation, now: now)
    }
}

@Suite("Promotion planner, through a pull request")
struct PromotionProposalTests {
    @Test("proposes its commit once every other gate is open")
    func proposes() throws {
        let story = try PromotionStory.throughPullRequest()
        let none = story.proposal(nil, .none)
        let plan = story.plan(none)
        #expect(plan.action == .propose(story.change, over: none))
        #expect(plan.status.phase == .gated)
        #expect(plan.status.pullRequest == nil)
        // Pushed before a crash, not opened yet.
        let pushed = story.proposal(nil, .ours(story.commit, isCurrent: true))
        #expect(story.plan(pushed).action == .propose(story.change, over: pushed))
    }

    @Test("the merge is the last gate, and opens by nothing but itself")
    func waits() throws {
        let story = try PromotionStory.throughPullRequest()
        let plan = story.plan(story.proposal(.open, .ours(story.commit, isCurrent: true)))
        #expect(plan.action == nil || plan.action == .recordPlan(story.change))
        #expect(plan.status.phase == .gated)
        #expect(plan.status.reason == "AwaitingMerge")
        #expect(plan.status.message == "pull request https://forge.example/7 waits to be merged")
        #expect(
            plan.status.gates == [
                Gate(
                    name: .merge, state: .waiting, reason: .awaitingMerge,
                    message: "pull request https://forge.example/7 waits to be merged")
            ])
        #expect(
            plan.status.pullRequest
                == PullRequestState(
                    number: 7, url: "https://forge.example/7", phase: .open, commit: story.commit.hex))
        #expect(plan.requeueAt == story.now + .seconds(60))
        #expect(plan.withdraws == nil)
    }

    @Test("brings an open pull request up to date when the plan or the branch below it changed")
    func updates() throws {
        let story = try PromotionStory.throughPullRequest()
        let old = story.proposal(.open, .ours(story.commit, isCurrent: false))
        #expect(story.plan(old).action == .propose(story.change, over: old))
    }

    @Test("overwrites nothing that somebody else put on the branch, and says who")
    func foreign() throws {
        let story = try PromotionStory.throughPullRequest()
        for state in [PullRequest.State.open, nil] {
            let plan = story.plan(story.proposal(state, .foreign(story.change.base, by: "Mallory <m@example.com>")))
            #expect(plan.status.reason == "ForeignChanges")
            #expect(plan.status.message.contains("aaaaaaaaaaaa by Mallory <m@example.com>"))
            #expect(plan.status.gates.last?.reason == .foreignChanges)
            if case .propose? = plan.action { Issue.record("it proposes over somebody else's commit") }
        }
    }

    @Test("the commit that a status vouches for stays its own, whatever comes on top")
    func foreignKeepsRecord() throws {
        var story = try PromotionStory.throughPullRequest()
        story.advance(story.plan(story.proposal(.open, .ours(story.commit, isCurrent: true))))
        let plan = story.plan(story.proposal(.open, .foreign(story.change.base, by: "Mallory")))
        #expect(plan.status.pullRequest?.commit == story.commit.hex)
    }

    @Test("ends when somebody closes it, and takes it back when it ends otherwise")
    func ends() throws {
        var story = try PromotionStory.throughPullRequest()
        let closed = story.plan(story.proposal(.closed, .none))
        #expect(closed.status.phase == .aborted)
        #expect(closed.status.reason == "PullRequestClosed")
        #expect(closed.status.message == "pull request https://forge.example/7 was closed without a merge")
        #expect(closed.withdraws == nil)

        let open = story.proposal(.open, .ours(story.commit, isCurrent: true))
        story.promotion.spec.abort = true
        let aborted = story.plan(open)
        #expect(aborted.status.phase == .aborted)
        #expect(aborted.status.reason == "Aborted")
        #expect(aborted.withdraws == open)
        #expect(aborted.status.pullRequest?.phase == .closed)
        story.promotion.spec.abort = false
        story.promotion.metadata.creationTimestamp = story.now - .seconds(80 * 3600)
        let expired = story.plan(open)
        #expect(expired.status.phase == .expired)
        #expect(expired.withdraws == open)
    }

    @Test("is superseded while it waits for its merge")
    func superseded() throws {
        var story = try PromotionStory.throughPullRequest()
        let open = story.proposal(.open, .ours(story.commit, isCurrent: true))
        story.advance(story.plan(open))
        var observation = story.observation
        observation.proposal = .success(open)
        observation.others = [.init(name: "cart-v3", created: story.now, phase: .gated, apps: ["cart"])]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.phase == .superseded)
        #expect(plan.withdraws == open)
    }

    @Test("leaves it open, and says that it is not to be merged, while another gate is shut again")
    func shut() throws {
        let story = try PromotionStory.throughPullRequest()
        var observation = story.observation
        observation.proposal = .success(story.proposal(.open, .ours(story.commit, isCurrent: false)))
        observation.gates = [
            Gate(name: .window, state: .waiting, reason: .windowClosed, message: "window opens at 10:00")
        ]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.reason == "WindowClosed")
        #expect(
            plan.status.message
                == "window opens at 10:00; pull request https://forge.example/7 is open and not to be merged until then"
        )
        #expect(plan.withdraws == nil)
    }

    @Test("tells why the forge does not answer, and when it is asked again")
    func failures() throws {
        let story = try PromotionStory.throughPullRequest()
        var observation = story.observation
        let later = story.now + .seconds(1800)
        for (disposition, until) in [
            (Disposition.transient, story.now + .seconds(10)), (.terminal, story.now + .seconds(60)),
            (.waitUntil(later), later),
        ] {
            observation.proposal = .failure(ChangeError("ForgeUnauthorized", "401", disposition: disposition))
            let plan = PromotionPlanner.plan(observation, now: story.now)
            #expect(plan.status.phase == .gated)
            #expect(plan.status.reason == "ForgeUnauthorized")
            #expect(plan.requeueAt == until)
        }
    }

    @Test("after the merge it goes on as after a push, timed from when the merge was seen")
    func merged() throws {
        var story = try PromotionStory.throughPullRequest()
        story.advance(story.plan(story.proposal(.open, .ours(story.commit, isCurrent: true))))
        var observation = story.observation
        observation.change = nil
        observation.commit = try story.record()
        observation.apps = [story.progress(sync: .outOfSync, hasCommit: false)]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.phase == .syncing)
        #expect(plan.status.pullRequest?.phase == .merged)
        #expect(plan.status.timestamps.committed == story.now)
        #expect(plan.status.conditions[ConditionType.committed]?.reason == "Merged")
        #expect(plan.status.gates.isEmpty)
    }

    @Test("what was merged outside a window waits for it, without its time running")
    func mergedOutsideWindow() throws {
        var story = try PromotionStory.throughPullRequest()
        let opens = story.now + .seconds(14 * 3600)
        story.environment.status.window = .init(open: false, reason: "no window is open", nextOpen: opens)
        story.advance(story.plan(story.proposal(.open, .ours(story.commit, isCurrent: true))))
        var observation = story.observation
        observation.commit = try story.record()
        observation.apps = [story.progress(sync: .outOfSync, hasCommit: false)]
        let plan = PromotionPlanner.plan(observation, now: story.now)
        #expect(plan.status.phase == .syncing)
        #expect(plan.status.reason == "WindowClosed")
        #expect(plan.requeueAt == opens)
        story.advance(plan)
        story.environment.status.window = .init(open: true)
        observation.promotion = story.promotion
        observation.target = .present(story.environment)
        let open = PromotionPlanner.plan(observation, now: opens)
        #expect(open.status.phase == .syncing)
        #expect(open.status.reason == "Syncing")
    }
}

@Suite("Rollback planner, through a pull request")
struct RollbackProposalTests {
    private func observation(_ proposal: Proposal?, release: Bool = false) throws -> RollbackObservation {
        let story = try PromotionStory.throughPullRequest()
        var rollback = Rollback(
            metadata: ObjectMeta(name: "undo", namespace: "shop"),
            spec: RollbackSpec(environment: "production", target: .init(promotion: "cart-v2")))
        rollback.metadata.creationTimestamp = story.now - .seconds(5)
        var observation = RollbackObservation(rollback: rollback, target: .present(story.environment))
        observation.change = .success(try change())
        observation.proposal = proposal.map { .success($0) }
        return observation
    }

    private func change() throws -> RollbackChange {
        let story = try PromotionStory()
        return RollbackChange(
            base: story.change.base, commits: [story.commit], restoreFrom: story.change.base,
            paths: ["apps/cart/overlays/production"], apps: ["cart"], vetoes: ["cart v2"],
            what: "promotion shop/cart-v2")
    }

    @Test("holds and vetoes from the moment that it proposes")
    func proposes() throws {
        let story = try PromotionStory()
        let none = story.proposal(nil, .none)
        let plan = RollbackPlanner.plan(try observation(none), now: story.now)
        #expect(plan.action == .propose(try change(), over: none))
        #expect(plan.status.phase == .gated)
        #expect(plan.status.holds == ["cart"])
        #expect(plan.status.vetoes == ["cart v2"])
    }

    @Test("waits for its merge, and ends without its holds when somebody closes it")
    func ends() throws {
        let story = try PromotionStory()
        let waiting = RollbackPlanner.plan(
            try observation(story.proposal(.open, .ours(story.commit, isCurrent: true))), now: story.now)
        #expect(waiting.status.phase == .gated)
        #expect(waiting.status.reason == "AwaitingMerge")
        #expect(waiting.status.gates.map(\.name) == [.merge])
        let closed = RollbackPlanner.plan(try observation(story.proposal(.closed, .none)), now: story.now)
        #expect(closed.status.phase == .failed)
        #expect(closed.status.reason == "PullRequestClosed")
        #expect(closed.status.holds.isEmpty)
        #expect(closed.status.vetoes.isEmpty)
    }
}

@Suite("Proposals")
struct ProposalTests {
    private func subject(_ name: String, namespace: String = "shop") -> ProposalSubject {
        ProposalSubject(
            Promotion(
                metadata: ObjectMeta(name: name, namespace: namespace), spec: PromotionSpec(environment: "e", items: [])
            ))
    }

    @Test("every name makes a branch of its own that Git takes")
    func branches() {
        #expect(subject("cart-v1.2.5").branch == "sluice/shop/cart-v1.2.5")
        let long = String(repeating: "a", count: 250)
        let names = ["p", "p.lock", long + "b", long + "c", String(repeating: "a", count: 120)]
        let branches = names.map { subject($0, namespace: String(repeating: "n", count: 63)).branch }
        #expect(Set(branches).count == names.count)
        for branch in branches { #expect(GitReference.isValid(name: branch), "\(branch)") }
        let rollback = Rollback(
            metadata: ObjectMeta(name: "p", namespace: "shop"), spec: RollbackSpec(environment: "e", target: .init()))
        #expect(ProposalSubject(rollback).branch != subject("p").branch)
    }

    @Test("the description ends in the commit's trailers, so that it is known again")
    func text() throws {
        let story = try PromotionStory()
        let message = CommitMessage.promotion(story.promotion, into: story.environment, story.change)
        let mine = ProposalSubject(story.promotion)
        let text = ProposalText(message: message, subject: mine, plan: "cart-v2-plan")
        #expect(text.title == "Promote cart to production: v1 -> v2")
        let trailers = CommitTrailers(message: text.description)
        #expect(trailers == CommitTrailers(message: message))
        #expect(mine.isNamed(in: trailers))
        #expect(mine.attempt(in: trailers) == 1)
        #expect(!subject("cart").isNamed(in: trailers))
        // A forge's web editor writes other line ends.
        #expect(CommitTrailers(message: text.description.replacing("\n", with: "\r\n")) == trailers)
        #expect(text.description.contains("ConfigMap `shop/cart-v2-plan`"))
    }

    @Test("the book forgets in time, with the branch, and on news; but who was put off stays so")
    func book() throws {
        let now = Timestamp(seconds: 100)
        let head = try PromotionStory().commit
        let book = ProposalBook()
        let (a, b, c) = (
            ProposalBook.Key(subject("a")), ProposalBook.Key(subject("b")),
            ProposalBook.Key(subject("a", namespace: "other"))
        )
        let until = now + .seconds(10)
        let seen = ProposalBook.Entry(sighting: .success(.init(pullRequest: nil, tip: nil)), head: head, until: until)
        book.note(a, seen)
        book.note(b, .init(sighting: .failure(ChangeError("ForgeRateLimited", "429")), head: head, until: until))
        book.note(c, seen)
        #expect(book.entry(a, head: head, now: now + .seconds(9)) != nil)
        #expect(book.entry(a, head: head, now: until) == nil)
        // The branch moved: it may have been the merge. Who was put off is not to ask for that reason.
        let moved = try PromotionStory().change.base
        #expect(book.entry(a, head: moved, now: now) == nil)
        #expect(book.entry(b, head: moved, now: now) != nil)
        book.expire(namespace: "shop")
        #expect(book.entry(a, head: head, now: now) == nil)
        #expect(book.entry(b, head: head, now: now) != nil)
        #expect(book.entry(c, head: head, now: now) != nil)
        book.expire(b)
        #expect(book.entry(b, head: head, now: now) == nil)
    }

    @Test("a ledger takes in a merge that no trailers tell of, once, by its time")
    func adoption() throws {
        var story = try PromotionStory()
        var ledger = Ledger()
        story.promotion.status.attempt = 1
        story.promotion.status.commit = story.commit.hex
        story.promotion.status.items = story.change.items
        story.promotion.status.timestamps.committed = story.now
        #expect(ledger.adopting([story.promotion], [], in: story.environment.namespacedName).entries.isEmpty)
        story.promotion.status.pullRequest = PullRequestState(number: 7, url: "", phase: .merged, commit: "")
        let adopted = ledger.adopting([story.promotion, story.promotion], [], in: story.environment.namespacedName)
        #expect(adopted.entries.map(\.commit) == [story.commit])
        #expect(adopted.entries.first?.apps == ["cart"])
        #expect(adopted.standingPromotions(into: "shop/production").count == 1)
        #expect(
            ledger.adopting([story.promotion], [], in: NamespacedName(namespace: "shop", name: "dev")).entries.isEmpty)
        // What Git tells itself goes first.
        let record = try story.record()
        ledger.adopt(record)
        #expect(ledger.adopting([story.promotion], [], in: story.environment.namespacedName).entries == [record])
    }
}
