import Core
import Testing

@testable import KubernetesClient

@Suite("The server's clock")
struct ServerClockTests {
    @Test("reads HTTP's dates")
    func reads() throws {
        let date = try #require(Timestamp(httpDate: "Mon, 23 Nov 2026 03:55:10 GMT"))
        #expect(date.rfc3339 == "2026-11-23T03:55:10Z")
    }

    @Test(
        "refuses what is no date",
        arguments: [
            "", "Mon, 31 Feb 2026 03:55:10 GMT", "Mon, 23 Nov 2026 25:55:10 GMT", "2026-11-23T03:55:10Z",
            "Mon, 23 Nov 2026 03:55:10 CET",
        ])
    func refuses(text: String) {
        #expect(Timestamp(httpDate: text) == nil)
    }

    @Test("tells the skew, and keeps it when an answer was slow or says nothing")
    func skew() throws {
        let clock = ServerClock()
        let now = try #require(Timestamp(rfc3339: "2026-11-23T03:56:10Z"))
        #expect(clock.skew == nil)
        clock.observe("Mon, 23 Nov 2026 03:55:10 GMT", took: .milliseconds(3), now: now)
        #expect(clock.skew == .seconds(60))
        clock.observe("Mon, 23 Nov 2026 03:50:10 GMT", took: .seconds(40), now: now)
        clock.observe(nil, took: .zero, now: now)
        #expect(clock.skew == .seconds(60))
    }
}
