internal import Core
internal import HTTP
internal import KubernetesModel
internal import TestSupport
internal import Testing

@testable internal import KubernetesClient

@Suite("The reflector", .timeLimit(.minutes(1)))
struct ReflectorTests {
    let fixture = Fixture()
    let journal = Journal()

    let list = "/api/v1/pods?limit=500"

    func watch(_ version: Int) -> String {
        "/api/v1/pods?watch=true&resourceVersion=\(version)&timeoutSeconds=450&allowWatchBookmarks=true"
    }

    /// Runs a reflector until `line` is told (or, with a delay, until it sleeps that long), then checks the script.
    func run(until line: String, advancing delays: [Duration] = [], streamsLists: Bool = false) async {
        let reflector = Reflector(
            client: fixture.client, resource: .pods, streamsLists: streamsLists, clock: fixture.clock,
            random: { 0.5 })
        let journal = journal
        let task = Task { await reflector.run { journal.note($0) } }
        for delay in delays {
            let deadline: Duration = fixture.clock.now() + delay
            await fixture.clock.untilSlept(for: deadline)
            fixture.clock.advance(by: delay)
        }
        await journal.until(line)
        task.cancel()
        await task.value
        fixture.transport.finish()
    }

    @Test("lists in pages, then follows the watch")
    func listAndWatch() async {
        fixture.transport.expect("GET", list, podList([pod("a", 1), pod("b", 2)], version: 10, continueToken: "c/1"))
        fixture.transport.expect("GET", list + "&continue=c%2F1", podList([pod("c", 3)], version: 10))
        fixture.transport.expect(
            "GET", watch(10),
            .stream(
                .line(event("ADDED", pod("d", 11))), .line(event("MODIFIED", pod("a", 12))),
                .line(event("DELETED", pod("b", 13))), .line(event("MODIFIED", pod("end", 14))), .hang))
        await run(until: "upsert end 14")
        #expect(
            journal.lines == [
                "begin", "upsert a 1", "upsert b 2", "upsert c 3", "finish", "connected", "upsert d 11",
                "upsert a 12", "delete b 13", "upsert end 14",
            ])
    }

    private func version(_ minor: String) -> ScriptedAnswer { .json(#"{"major":"1","minor":"\#(minor)"}"#) }

    private let streamed =
        "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=450"
        + "&allowWatchBookmarks=true"

    private func endOfList(_ version: Int) -> String {
        event(
            "BOOKMARK",
            #"{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"\#(version)","#
                + #""annotations":{"k8s.io/initial-events-end":"true"}}}"#)
    }

    @Test("takes the list from the beginning of a watch where the server can", arguments: ["32", "33+"])
    func streamsLists(minor: String) async {
        fixture.transport.expect("GET", "/version", version(minor))
        fixture.transport.expect(
            "GET", streamed,
            .stream(
                .line(event("ADDED", pod("a", 1))), .line(event("ADDED", pod("b", 2))), .line(endOfList(10)),
                .line(event("MODIFIED", pod("a", 11)))))
        fixture.transport.expect("GET", watch(11), .stream(.line(event("DELETED", pod("b", 12))), .hang))
        await run(until: "delete b 12", advancing: [.milliseconds(375)], streamsLists: true)
        #expect(
            journal.lines == [
                "begin", "upsert a 1", "upsert b 2", "finish", "connected", "upsert a 11", "connected", "delete b 12",
            ])
    }

    @Test("a streamed list that is cut begins anew")
    func streamedListCut() async {
        fixture.transport.expect("GET", "/version", version("34"))
        fixture.transport.expect(
            "GET", streamed,
            .stream(.line(event("ADDED", pod("a", 1))), .fail(HTTPError(.connectionLost, "cut"))))
        fixture.transport.expect(
            "GET", streamed,
            .stream(
                .line(event("ADDED", pod("b", 2))), .line(endOfList(10)), .line(event("ADDED", pod("c", 11))), .hang))
        await run(until: "upsert c 11", advancing: [.milliseconds(375)], streamsLists: true)
        #expect(
            journal.lines == [
                "begin", "upsert a 1", "disconnected ServerUnreachable", "begin", "upsert b 2", "finish", "connected",
                "upsert c 11",
            ])
    }

    @Test("lists in pages where the server refuses to stream")
    func pagesInstead() async {
        fixture.transport.expect("GET", "/version", version("32"))
        fixture.transport.expect("GET", streamed, .status(422, "Invalid", "sendInitialEvents is forbidden"))
        fixture.transport.expect("GET", list, podList([pod("a", 1)], version: 10))
        fixture.transport.expect("GET", watch(10), .stream(.line(event("ADDED", pod("b", 11))), .hang))
        await run(until: "upsert b 11", advancing: [.milliseconds(375)], streamsLists: true)
    }

    @Test("an old server is asked for its version once, and for pages")
    func oldServer() async {
        fixture.transport.expect("GET", "/version", version("20"))
        fixture.transport.expect("GET", list, podList([pod("a", 1)], version: 10))
        fixture.transport.expect("GET", watch(10), .status(410, "Expired", "too old"))
        fixture.transport.expect("GET", list, podList([pod("b", 2)], version: 30))
        fixture.transport.expect("GET", watch(30), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        await run(until: "upsert c 31", streamsLists: true)
    }

    @Test("resumes after the last event or bookmark when the server ends the watch")
    func resumes() async {
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect("GET", watch(10), .stream(.line(event("ADDED", pod("a", 11)))))
        fixture.transport.expect("GET", watch(11), .stream(.line(bookmark(20))))
        fixture.transport.expect("GET", watch(20), .stream(.line(event("ADDED", pod("b", 21))), .hang))
        // The scripted watches end at once, so each is followed by the shortest pause.
        await run(until: "upsert b 21", advancing: [.milliseconds(375), .milliseconds(375)])
        #expect(journal.lines.filter { $0 == "begin" }.count == 1)
    }

    @Test("a line cut in the middle is not an event, and nothing is lost")
    func cutMidLine() async {
        let whole = event("ADDED", pod("b", 12))
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect(
            "GET", watch(10),
            .stream(
                .line(event("ADDED", pod("a", 11))), .text(String(whole.prefix(30))),
                .fail(HTTPError(.connectionLost, "cut"))))
        fixture.transport.expect("GET", watch(11), .stream(.line(whole), .hang))
        await run(until: "upsert b 12", advancing: [.milliseconds(375)])
        #expect(
            journal.lines == [
                "begin", "finish", "connected", "upsert a 11", "disconnected ServerUnreachable", "connected",
                "upsert b 12",
            ])
    }

    @Test("410 at the start of a watch lists anew at once")
    func goneAtStart() async {
        fixture.transport.expect("GET", list, podList([pod("a", 1)], version: 10))
        fixture.transport.expect("GET", watch(10), .status(410, "Expired", "too old"))
        fixture.transport.expect("GET", list, podList([pod("b", 2)], version: 30))
        fixture.transport.expect("GET", watch(30), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        await run(until: "upsert c 31")
        #expect(
            journal.lines == [
                "begin", "upsert a 1", "finish", "disconnected Expired", "begin", "upsert b 2", "finish", "connected",
                "upsert c 31",
            ])
    }

    @Test("410 in the middle of a watch lists anew at once")
    func goneMidStream() async {
        let gone = event(
            "ERROR", #"{"kind":"Status","status":"Failure","reason":"Expired","code":410,"message":"too old"}"#)
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect("GET", watch(10), .stream(.line(event("ADDED", pod("a", 11))), .line(gone)))
        fixture.transport.expect("GET", list, podList([pod("a", 11)], version: 30))
        fixture.transport.expect("GET", watch(30), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        await run(until: "upsert c 31")
        #expect(journal.lines.filter { $0 == "begin" }.count == 2)
    }

    @Test("410 again and again is not a storm")
    func goneRepeatedly() async {
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect("GET", watch(10), .status(410, "Expired"))
        fixture.transport.expect("GET", list, podList([], version: 11))
        fixture.transport.expect("GET", watch(11), .status(410, "Gone"))
        fixture.transport.expect("GET", list, podList([], version: 12))
        fixture.transport.expect("GET", watch(12), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        // The first is answered at once, the second after a pause.
        await run(until: "upsert c 31", advancing: [.milliseconds(750)])
    }

    @Test("a list that grows too old in the middle begins anew")
    func goneMidList() async {
        fixture.transport.expect("GET", list, podList([pod("a", 1)], version: 10, continueToken: "x"))
        fixture.transport.expect("GET", list + "&continue=x", .status(410, "Expired"))
        fixture.transport.expect("GET", list, podList([pod("b", 2)], version: 20))
        fixture.transport.expect("GET", watch(20), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        await run(until: "upsert c 31")
        #expect(
            journal.lines == [
                "begin", "upsert a 1", "begin", "upsert b 2", "finish", "connected", "upsert c 31",
            ])
    }

    @Test("waits as long as Retry-After says")
    func retryAfter() async {
        fixture.transport.expect(
            "GET", list, .status(429, "TooManyRequests", headers: [("Retry-After", "7")]))
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect("GET", watch(10), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        await run(until: "upsert c 31", advancing: [.seconds(7)])
    }

    @Test("backs off with growing pauses while the server fails")
    func backsOff() async {
        for _ in 0..<2 { fixture.transport.expect("GET", list, .status(500, "InternalError")) }
        fixture.transport.expect("GET", list, .failure(HTTPError(.connectFailed, "refused")))
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect("GET", watch(10), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        await run(until: "upsert c 31", advancing: [.milliseconds(375), .milliseconds(750), .milliseconds(1500)])
        #expect(
            journal.lines.prefix(6) == [
                "begin", "disconnected InternalError", "begin", "disconnected InternalError", "begin",
                "disconnected ServerUnreachable",
            ])
    }

    @Test("pauses double to 30 s, of which a random half to whole")
    func backoffTable() {
        let whole = [1: 500, 2: 1000, 3: 2000, 6: 16_000, 7: 30_000, 1000: 30_000]
        for (failures, milliseconds) in whole {
            #expect(Reflector.backoff(failures: failures, random: 1) == .milliseconds(milliseconds))
            #expect(Reflector.backoff(failures: failures, random: 0) == .milliseconds(milliseconds / 2))
        }
    }

    @Test("malformed JSON and an event too large end the watch, not the process")
    func malformed() async {
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect("GET", watch(10), .stream(.line("{not json")))
        let huge = [UInt8](repeating: UInt8(ascii: "x"), count: WatchDecoder.eventLimit + 1)
        fixture.transport.expect("GET", watch(10), .stream(.bytes(huge)))
        fixture.transport.expect("GET", watch(10), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        await run(until: "upsert c 31", advancing: [.milliseconds(375), .milliseconds(750)])
        #expect(journal.lines.filter { $0 == "disconnected MalformedResponse" }.count == 2)
    }

    @Test("a server that ends every watch at once is left in peace between tries")
    func endsAtOnce() async {
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect("GET", watch(10), .stream())
        fixture.transport.expect("GET", watch(10), .stream())
        fixture.transport.expect("GET", watch(10), .stream(.line(event("ADDED", pod("c", 31))), .hang))
        await run(until: "upsert c 31", advancing: [.milliseconds(375), .milliseconds(750)])
        #expect(!journal.lines.contains { $0.hasPrefix("disconnected") })
    }

    @Test("a watch that the server ends in time is resumed at once")
    func resumesAtOnce() async {
        fixture.transport.expect("GET", list, podList([], version: 10))
        fixture.transport.expect("GET", watch(10), .stream(.line(event("ADDED", pod("a", 11)))))
        fixture.transport.expect("GET", watch(11), .stream(.line(event("ADDED", pod("b", 12))), .hang))
        let reflector = Reflector(client: fixture.client, resource: .pods, clock: fixture.clock, random: { 0.5 })
        let (journal, clock) = (journal, fixture.clock)
        let task = Task {
            await reflector.run { event in
                journal.note(event)
                // The watch has been open for its time when the server ends it.
                if case .upsert(let object) = event, object.name == "a" { clock.advance(by: .seconds(450)) }
            }
        }
        await journal.until("upsert b 12")
        task.cancel()
        await task.value
        #expect(fixture.clock.deadlines.isEmpty)
        #expect(journal.lines.last == "upsert b 12")
    }
}
