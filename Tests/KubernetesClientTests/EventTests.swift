internal import Core
internal import HTTP
internal import KubernetesModel
internal import Logging
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import KubernetesClient

@Suite("Events", .timeLimit(.minutes(1)))
struct EventTests {
    let start = Timestamp(seconds: 1_767_225_600)

    func event(_ note: String = "n", object: String = "web") -> ObjectEvent {
        ObjectEvent(
            regarding: ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "shop", name: object),
            reason: "Healed", action: "Apply", note: note)
    }

    @Test("the same about the same within ten minutes is one series")
    func series() {
        var series = EventSeries()
        #expect(series.add(event(), now: start, suffix: "1") == .create(name: "web.1"))
        #expect(series.add(event(), now: start + .seconds(599), suffix: "2") == .count(name: "web.1", count: 2))
        #expect(series.add(event(), now: start + .seconds(1198), suffix: "3") == .count(name: "web.1", count: 3))
        #expect(series.add(event("other"), now: start + .seconds(1198), suffix: "4") == .create(name: "web.4"))
        #expect(series.add(event(), now: start + .seconds(1798), suffix: "5") == .create(name: "web.5"))
    }

    @Test("an object may say 25 things at once, then one every 30 seconds")
    func rateLimit() {
        var series = EventSeries()
        let steps = (0..<30).map { series.add(event("\($0)"), now: start, suffix: "\($0)") }
        #expect(steps.filter { $0 == .drop }.count == 5)
        #expect(series.add(event("x"), now: start + .seconds(29), suffix: "x") == .drop)
        #expect(series.add(event("y"), now: start + .seconds(31), suffix: "y") == .create(name: "web.y"))
        // Others are not held up.
        #expect(series.add(event(object: "db"), now: start, suffix: "z") == .create(name: "db.z"))
    }

    @Test("what it remembers is bounded")
    func bounded() {
        var series = EventSeries()
        for index in 0..<(3 * EventSeries.capacity) {
            let step = series.add(event(object: "o\(index)"), now: start + .seconds(index), suffix: "s")
            #expect(step == .create(name: "o\(index).s"))
        }
    }

    func recorder(_ fixture: Fixture) -> EventRecorder {
        let next = Mutex(0)
        return EventRecorder(
            client: fixture.client, controller: "sluice.dev/operator", instance: "pod-0",
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), clock: fixture.clock
        ) {
            next.withLock { value in
                value += 1
                return String(value)
            }
        }
    }

    /// Runs the recorder until the script is played.
    func run(_ recorder: EventRecorder, _ fixture: Fixture) async {
        let task = Task { await recorder.run() }
        while !fixture.transport.outstanding.isEmpty { await Task.yield() }
        task.cancel()
        await task.value
        fixture.transport.finish()
    }

    static let served = ScriptedAnswer.json(
        #"{"resources":[{"name":"events","namespaced":true,"kind":"Event","verbs":["create"]}]}"#)

    @Test("writes one event and counts the second")
    func writes() async {
        let fixture = Fixture()
        let path = "/apis/events.k8s.io/v1/namespaces/shop/events"
        fixture.transport.expect("GET", "/apis/events.k8s.io/v1", EventTests.served)
        fixture.transport.expect("POST", path, .json(#"{"metadata":{}}"#, status: 201)) { request in
            let body = try? JSONValue(parsing: request.body)
            #expect(body?["metadata"]?["name"] == "web.1")
            #expect(body?["eventTime"] == "2026-01-01T00:00:00.000000Z")
            #expect(body?["regarding"]?["name"] == "web")
            #expect(body?["reportingController"] == "sluice.dev/operator")
        }
        fixture.transport.expect("PATCH", path + "/web.1", .json(#"{"metadata":{}}"#)) { request in
            #expect((try? JSONValue(parsing: request.body))?["series"]?["count"] == 2)
        }
        let recorder = recorder(fixture)
        recorder.record(event())
        recorder.record(event())
        await run(recorder, fixture)
    }

    @Test("falls back to what the server has")
    func fallback() async {
        let fixture = Fixture()
        fixture.transport.expect("GET", "/apis/events.k8s.io/v1", .status(404, "NotFound"))
        fixture.transport.expect("GET", "/apis/events.k8s.io/v1beta1", .status(404, "NotFound"))
        fixture.transport.expect("GET", "/api/v1", EventTests.served)
        fixture.transport.expect("POST", "/api/v1/namespaces/shop/events", .json(#"{"metadata":{}}"#)) { request in
            let body = try? JSONValue(parsing: request.body)
            #expect(body?["involvedObject"]?["name"] == "web")
            #expect(body?["message"] == "n")
        }
        let recorder = recorder(fixture)
        recorder.record(event())
        await run(recorder, fixture)
    }

    @Test("a refused event is lost, counted and begun anew")
    func refused() async {
        let fixture = Fixture()
        let path = "/apis/events.k8s.io/v1/namespaces/shop/events"
        fixture.transport.expect("GET", "/apis/events.k8s.io/v1", EventTests.served)
        fixture.transport.expect("POST", path, .status(403, "Forbidden"))
        fixture.transport.expect("POST", path, .json(#"{"metadata":{}}"#))
        let recorder = recorder(fixture)
        recorder.record(event())
        recorder.record(event())
        await run(recorder, fixture)
        #expect(recorder.lost == 1)
    }

    @Test("a full queue loses events instead of growing")
    func fullQueue() {
        let recorder = recorder(Fixture())
        for index in 0..<(EventRecorder.queueLimit + 5) { recorder.record(event("\(index)")) }
        #expect(recorder.lost == 5)
    }
}
