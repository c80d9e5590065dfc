import Core
import Forge
import KubernetesModel
import Notifications
import SluiceAPI
import Synchronization
import TestSupport
import Testing

@testable import Controllers

private func key(_ name: String = "chat", _ environment: String = "dev") -> RecipientKey {
    RecipientKey(environment: NamespacedName(namespace: "shop", name: environment), name: name)
}

private let now = Timestamp(seconds: 1_774_256_400)

/// One for all, so that equal notices are equal.
private let trace = TraceContext()

private func notice(_ number: Int) -> Letter {
    let notice = TraceContext.$current.withValue(trace) {
        Notice(.syncFailed, at: now, namespace: "shop", environment: "dev", message: "\(number)", id: "\(number)")
    }
    return Letter(.notice(notice), at: now)
}

private func report(_ commit: String, _ state: CommitStatus.State = .pending) throws -> Letter {
    var status = EnvironmentStatus()
    status.revision.observed = commit
    status.revision.synced = state == .success ? commit : ""
    status.counts = .init(apps: 1, synced: state == .success ? 1 : 0, healthy: 1)
    let environment = Environment(
        metadata: ObjectMeta(name: "dev", namespace: "shop"),
        spec: EnvironmentSpec(source: .init(repository: "https://git.example.com/x.git", path: "a")))
    return Letter(.report(try #require(CommitReport(status, of: environment))), at: now)
}

extension Outbox.Taken {
    fileprivate var letter: Letter? {
        guard case .letter(let letter) = self else { return nil }
        return letter
    }
}

@Suite("What waits to be told") struct OutboxTests {
    @Test func `stands in line for each recipient, first come, first served`() {
        var box = Outbox()
        for number in 0..<3 { #expect(box.add(notice(number), for: key()) == 0) }
        #expect(box.add(notice(9), for: key("other")) == 0)
        #expect(box.take(for: key(), now: now).letter == notice(0))
        #expect(box.finish(key()) == true)
        #expect(box.take(for: key(), now: now).letter == notice(1))
        #expect(box.finish(key()) == true)
        #expect(box.take(for: key(), now: now).letter == notice(2))
        #expect(box.finish(key()) == false)
        #expect(box.take(for: key(), now: now) == .nothing)
        #expect(box.take(for: key("other"), now: now).letter == notice(9))
        #expect(box.finish(key("other")) == false)
        #expect(box.isEmpty)
    }

    @Test func `is bounded for each recipient, and a full line holds up nobody else`() {
        var box = Outbox()
        let lost = (0..<100).reduce(0) { $0 + box.add(notice($1), for: key()) }
        #expect(lost == 100 - Outbox.lineLimit)
        #expect(box.count == Outbox.lineLimit)
        #expect(box.add(notice(1), for: key("other")) == 0)
        #expect(box.drop(key()) == Outbox.lineLimit)
        #expect(box.count == 1)
    }

    @Test func `is bounded in all`() {
        var box = Outbox()
        var lost = 0
        for recipient in 0..<200 {
            for number in 0..<Outbox.lineLimit { lost += box.add(notice(number), for: key("r\(recipient)")) }
        }
        #expect(box.count == Outbox.limit)
        #expect(lost == 200 * Outbox.lineLimit - Outbox.limit)
    }

    @Test func `what failed stays first, counts its failures and waits its time`() {
        var box = Outbox()
        _ = box.add(notice(0), for: key())
        _ = box.add(notice(1), for: key())
        #expect(box.take(for: key(), now: now).letter?.failures == 0)
        let later = now + .seconds(5)
        box.putBack(key(), failed: true, notBefore: later)
        #expect(box.take(for: key(), now: now) == .wait(until: later))
        let again = box.take(for: key(), now: later).letter
        #expect(again?.content == notice(0).content)
        #expect(again?.failures == 1)
        // Where only its turn had not come, that is no failure.
        box.putBack(key(), failed: false)
        #expect(box.take(for: key(), now: later).letter?.failures == 1)
    }

    @Test func `a newer word on a commit takes the place of an older one, unless that is on its way`() throws {
        var box = Outbox()
        let commit = String(repeating: "a", count: 40)
        #expect(try box.add(report(commit), for: key()) == 0)
        #expect(try box.add(report(commit, .success), for: key()) == 0)
        #expect(box.count == 1)
        #expect(try box.take(for: key(), now: now).letter == report(commit, .success))
        #expect(try box.add(report(commit), for: key()) == 0)
        #expect(box.count == 2)
        #expect(box.finish(key()) == true)
        #expect(try box.take(for: key(), now: now).letter == report(commit))
    }

    @Test func `of many commits the oldest are given up first`() throws {
        var box = Outbox()
        var lost = 0
        for number in 0..<100 {
            let digits = String(number, radix: 16)
            lost += try box.add(report(String(repeating: "0", count: 40 - digits.count) + digits), for: key())
        }
        #expect(lost == 100 - Outbox.lineLimit)
        let first = try #require(box.take(for: key(), now: now).letter)
        #expect(try first == report(String(repeating: "0", count: 38) + "24"))
    }

    @Test func `a recipient that is gone while it is told leaves nothing behind`() {
        var box = Outbox()
        _ = box.add(notice(0), for: key())
        _ = box.take(for: key(), now: now)
        #expect(box.drop(key()) == 1)
        #expect(box.finish(key()) == false)
        box.putBack(key(), failed: true, notBefore: now)
        #expect(box.isEmpty)
        #expect(box.recipients.isEmpty)
    }
}

@Suite("Notification desk") struct NotificationDeskTests {
    private func environment(_ recipients: [EnvironmentSpec.Notification]) -> Environment {
        var spec = EnvironmentSpec(source: .init(repository: "https://git.example.com/x.git", path: "apps/{app}"))
        spec.notifications = recipients
        return Environment(metadata: ObjectMeta(name: "dev", namespace: "shop"), spec: spec)
    }

    private func failed(_ apps: String...) -> Notice {
        Notice(
            .syncFailed, at: now, namespace: "shop", environment: "dev", apps: apps.map { .init(name: $0) },
            isByApp: true)
    }

    @Test func `puts into each line what its recipient wants to hear`() {
        let desk = NotificationDesk(clock: ManualClock()) { _ in }
        let environment = environment([
            .init(name: "all", type: .slack),
            .init(name: "rollbacks", type: .slack, events: [.rolledBack]),
            .init(name: "web", type: .webhook, url: "https://x.example", apps: ["web"]),
            .init(name: "commits", type: .commitStatus),
        ])
        desk.post([failed("cart", "web")], of: environment)
        #expect(desk.take(key("all"), now: now).letter != nil)
        #expect(desk.take(key("rollbacks"), now: now) == .nothing)
        guard case .notice(let narrowed)? = desk.take(key("web"), now: now).letter?.content else {
            Issue.record("nothing for web")
            return
        }
        #expect(narrowed.apps.map(\.name) == ["web"])
        #expect(desk.take(key("commits"), now: now) == .nothing)
        desk.post([failed("cart")], of: environment)
        #expect(desk.finish(key("web"), .webhook, .delivered) == false)
    }

    @Test func `lets so many deliveries go to one host and no more, and leaves the others alone`() {
        let desk = NotificationDesk(clock: ManualClock()) { _ in }
        #expect(desk.enter("slow.example"))
        #expect(desk.enter("slow.example"))
        #expect(!desk.enter("slow.example"))
        #expect(desk.enter("other.example"))
        desk.leave("slow.example")
        #expect(desk.enter("slow.example"))
    }

    @Test func `tells an environment when a recipient cannot be told, and when it can again, and not in between`() {
        let told = Mutex(0)
        let desk = NotificationDesk(clock: ManualClock()) { _ in told.withLock { $0 += 1 } }
        let environment = environment([.init(name: "chat", type: .slack), .init(name: "other", type: .slack)])
        #expect(desk.note(key(), failure: "no"))
        #expect(!desk.note(key(), failure: "no"))
        #expect(desk.failures(of: environment) == ["chat": "no"])
        #expect(desk.note(key(), failure: nil))
        #expect(!desk.note(key(), failure: nil))
        #expect(desk.failures(of: environment).isEmpty)
        #expect(told.withLock { $0 } == 2)
    }

    @Test func `forgets an environment that is gone`() {
        let desk = NotificationDesk(clock: ManualClock()) { _ in }
        desk.post([failed("cart")], of: environment([.init(name: "chat", type: .slack)]))
        #expect(!desk.isEmpty)
        desk.forget(NamespacedName(namespace: "shop", name: "dev"))
        #expect(desk.isEmpty)
    }
}
