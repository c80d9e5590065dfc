internal import Core
internal import HTTP
internal import KubernetesModel
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import KubernetesClient

@Suite("The lease", .timeLimit(.minutes(1)))
struct LeaseTests {
    let fixture = Fixture()
    let journal = Journal()
    let path = "/apis/coordination.k8s.io/v1/namespaces/sluice/leases/leader"
    let collection = "/apis/coordination.k8s.io/v1/namespaces/sluice/leases"

    func lease(_ holder: String, version: Int = 1, renewed: String = "2026-01-01T00:00:00.000000Z") -> ScriptedAnswer {
        .json(
            #"{"metadata":{"name":"leader","namespace":"sluice","resourceVersion":"\#(version)"},"spec":"#
                + #"{"holderIdentity":"\#(holder)","leaseDurationSeconds":15,"renewTime":"\#(renewed)","leaseTransitions":3}}"#
        )
    }

    func elector() -> LeaseElector {
        LeaseElector(
            client: fixture.client, namespace: "sluice", name: "leader", identity: "me", clock: fixture.clock,
            wallClock: fixture.clock, random: { 0 })
    }

    func start() -> Task<Void, Never> {
        let journal = journal
        return Task { [elector = elector()] in await elector.run { journal.note("\($0)") } }
    }

    /// Waits for the elector to sleep, then lets that time pass.
    func pass(_ duration: Duration) async {
        let deadline: Duration = fixture.clock.now() + duration
        await fixture.clock.untilSlept(for: deadline)
        fixture.clock.advance(by: duration)
    }

    func checkHolder(_ holder: String) -> @Sendable (HTTPRequest) -> Void {
        { request in #expect((try? JSONValue(parsing: request.body))?["spec"]?["holderIdentity"] == .string(holder)) }
    }

    @Test("is created, renewed with one request each time, and given up at the end")
    func lifeCycle() async {
        fixture.transport.expect("GET", path, .status(404, "NotFound"))
        fixture.transport.expect("POST", collection, lease("me", version: 1), check: checkHolder("me"))
        let task = start()
        await journal.until("true")
        fixture.transport.expect("PUT", path, lease("me", version: 2), check: checkHolder("me"))
        await pass(.seconds(2))
        fixture.transport.expect("PUT", path, lease("", version: 3), check: checkHolder(""))
        let deadline: Duration = fixture.clock.now() + .seconds(2)
        await fixture.clock.untilSlept(for: deadline)
        task.cancel()
        await task.value
        #expect(journal.lines == ["true", "false"])
        fixture.transport.finish()
    }

    @Test("somebody else's is taken only after it stood unrenewed for its duration before our eyes")
    func takesOver() async {
        // Its renewTime is long past by our clock; only what we see counts.
        for _ in 0...7 { fixture.transport.expect("GET", path, lease("other")) }
        let task = start()
        for _ in 0..<7 { await pass(.seconds(2)) }
        #expect(journal.lines.isEmpty)
        fixture.transport.expect("GET", path, lease("other"))
        fixture.transport.expect("PUT", path, lease("me", version: 2)) { request in
            #expect((try? JSONValue(parsing: request.body))?["spec"]?["leaseTransitions"] == 4)
            #expect((try? JSONValue(parsing: request.body))?["metadata"]?["resourceVersion"] == "1")
        }
        await pass(.seconds(2))
        await journal.until("true")
        fixture.transport.expect("PUT", path, lease(""))
        task.cancel()
        await task.value
        fixture.transport.finish()
    }

    @Test("a renewed one is not taken")
    func renewedByOther() async {
        var state = LeaseState(identity: "me", timing: LeaseElector.Timing())
        func seen(_ renewed: String, at seconds: Int) -> Bool {
            state.mayTake(
                Manifest([
                    "spec": ["holderIdentity": "other", "leaseDurationSeconds": 15, "renewTime": .string(renewed)]
                ]),
                now: .seconds(seconds))
        }
        #expect(!seen("a", at: 0))
        #expect(!seen("b", at: 10))
        #expect(!seen("b", at: 24))
        #expect(seen("b", at: 25))
        #expect(!seen("c", at: 26))
    }

    @Test("a free lease is taken at once")
    func free() async {
        fixture.transport.expect("GET", path, lease(""))
        fixture.transport.expect("PUT", path, lease("me", version: 2), check: checkHolder("me"))
        let task = start()
        await journal.until("true")
        fixture.transport.expect("PUT", path, lease(""))
        task.cancel()
        await task.value
        fixture.transport.finish()
    }

    @Test("steps down when it cannot renew in time")
    func stepsDown() async {
        fixture.transport.expect("GET", path, lease(""))
        fixture.transport.expect("PUT", path, lease("me", version: 2))
        let task = start()
        await journal.until("true")
        fixture.transport.allow("GET", path, .failure(HTTPError(.connectFailed, "refused")))
        fixture.transport.allow("PUT", path, .failure(HTTPError(.connectFailed, "refused")))
        for _ in 0..<5 {
            #expect(journal.lines == ["true"])
            await pass(.seconds(2))
        }
        await journal.until("false")
        let now: Duration = fixture.clock.now()
        #expect(now == .seconds(10))
        task.cancel()
        await task.value
        #expect(journal.lines == ["true", "false"])
    }

    @Test("steps down at once when somebody else holds it")
    func robbed() async {
        fixture.transport.expect("GET", path, lease(""))
        fixture.transport.expect("PUT", path, lease("me", version: 2))
        let task = start()
        await journal.until("true")
        fixture.transport.expect("PUT", path, .status(409, "Conflict"))
        fixture.transport.expect("GET", path, lease("other", version: 9))
        await pass(.seconds(2))
        await journal.until("false")
        task.cancel()
        await task.value
        fixture.transport.finish()
    }

    @Test("a conflict with a write that left us the holder is no loss")
    func touched() async {
        fixture.transport.expect("GET", path, lease(""))
        fixture.transport.expect("PUT", path, lease("me", version: 2))
        let task = start()
        await journal.until("true")
        fixture.transport.expect("PUT", path, .status(409, "Conflict"))
        fixture.transport.expect("GET", path, lease("me", version: 9))
        await pass(.seconds(2))
        fixture.transport.expect("PUT", path, lease("me", version: 10)) { request in
            #expect((try? JSONValue(parsing: request.body))?["metadata"]?["resourceVersion"] == "9")
        }
        await pass(.seconds(2))
        fixture.transport.expect("PUT", path, lease(""))
        let deadline: Duration = fixture.clock.now() + .seconds(2)
        await fixture.clock.untilSlept(for: deadline)
        #expect(journal.lines == ["true"])
        task.cancel()
        await task.value
        fixture.transport.finish()
    }
}
