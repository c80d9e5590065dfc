import Core
import TestSupport
import Testing

/// What depends on the time of day, on the real API server with real Git, by a clock that the test moves.
@Suite(World.isThere, .serialized) struct ClockIntegrationTests {
    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    private func field(_ stage: Stage, _ name: String, _ path: String) throws -> String {
        try stage.field("promotion", name, path)
    }

    private func gate(_ stage: Stage, _ promotion: String, _ gate: String, _ of: String) throws -> String {
        try field(stage, promotion, ".status.gates[?(@.name==\"\(gate)\")].\(of)")
    }

    /// When the one commit of a promotion was made.
    private func committed(_ stage: Stage, _ promotion: String) throws -> String {
        let commits = try stage.commits(with: "Promotion: \(stage.namespace)/\(promotion)")
        #expect(commits.count == 1)
        return try stage.time(of: try #require(commits.first))
    }

    @Test func `ill health at minute 50 of 60 begins the soak anew, and the version goes on by itself after it`()
        async throws
    {
        try await Stage.with(at: "2026-03-24T08:00:00Z") { stage, clock in
            let upstream = "  upstream: {environments: [dev], soak: 60m}"
            try await stage.applyEnvironments([
                "dev": stage.environment("dev"),
                "staging": stage.environment("staging", more: upstream + "\n  promotion: {auto: true}"),
                "production": stage.environment("production", more: upstream),
            ])
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
            try stage.commit("web v2")
            func healthy() throws -> String { try stage.field("environment", "dev", ".status.apps[0].healthySince") }
            func health() throws -> String { try stage.field("environment", "dev", ".status.apps[0].health") }
            func since() throws -> String { try stage.field("environment", "dev", ".status.apps[0].since") }
            try await stage.eventually("v2 is live in dev") {
                try stage.field("environment", "dev", ".status.apps[0].images").contains("v2")
                    && stage.field("environment", "dev", ".status.apps[0].sync") == "Synced" && health() == "Healthy"
            }
            let begun = max(try moment(try healthy()), try moment(try since()))
            try stage.apply(stage.promotion("p", into: "production", item: "{app: web, fromEnvironment: dev}"))
            try await stage.eventually("the promotion soaks") {
                try gate(stage, "p", "Soak", "until") == (begun + .seconds(3600)).rfc3339
            }

            clock.advance(to: begun + .seconds(50 * 60))
            try await stage.degrade("web", in: "dev", until: "dev is ill") { try health() != "Healthy" }
            try await stage.eventually("dev is well again") { try health() == "Healthy" }
            let again = try moment(try healthy())
            #expect(again >= begun + .seconds(50 * 60))
            try await stage.eventually("the soak has begun anew") {
                try gate(stage, "p", "Soak", "until") == (again + .seconds(3600)).rfc3339
            }

            // Seventy minutes after the version came.
            clock.advance(to: begun + .seconds(70 * 60))
            try await stage.eventually("the promotion was looked at") { try stage.phase("promotion", "p") == "Gated" }
            #expect(try field(stage, "p", ".status.reason") == "Soaking")
            #expect(try stage.kubectl("get", "promotions", "-o", "name") == "promotion.sluice.dev/p")

            clock.advance(to: again + .seconds(3600))
            try await stage.untilPhase("promotion", "p", "Succeeded")
            try await stage.eventually("staging has it, unasked") {
                try stage.image("web", "staging") == "company/web:v2"
            }
            let automatic = try stage.commits(with: "Requested-By: system:auto")
            #expect(automatic.count == 1)
            for time in [try committed(stage, "p"), try stage.time(of: try #require(automatic.first))] {
                #expect(try moment(time) >= again + .seconds(3600))
            }
        }
    }

    @Test func `approved on Sunday it starts by itself on Monday at ten; what ran out before is gated again`()
        async throws
    {
        try await Stage.with(at: "2026-03-22T11:00:00Z") { stage, clock in
            let more = """
                  approvals: {required: 1, sources: [SignedCommit], signersRef: {name: allowed-signers}, expiresAfter: 24h}
                  windows:
                    timeZone: Europe/Berlin
                    operations: [Promote]
                    allow: [{name: office, schedule: "0 10 * * 1-5", duration: 8h}]
                """
            try await stage.deliver(["production": stage.environment("production", more: more)])
            func ask(_ name: String, _ tag: String) async throws {
                let yaml = stage.promotion(name, into: "production", item: stage.image("web", tag: tag))
                try stage.add("\(name).yaml", yaml, by: "bob")
                try await stage.untilPhase("promotion", name, "Gated")
            }
            try await ask("p", "v2")
            try stage.approve("p", by: "carol")
            try await stage.eventually("carol's approval counts") {
                try field(stage, "p", ".status.approvals.valid") == "1"
            }
            #expect(try field(stage, "p", ".status.reason") == "WindowClosed")
            #expect(try gate(stage, "p", "Window", "until") == "2026-03-23T09:00:00Z")
            clock.advance(to: try moment("2026-03-23T08:59:00Z"))
            #expect(try stage.phase("promotion", "p") == "Gated")
            clock.advance(to: try moment("2026-03-23T09:00:00Z"))
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try committed(stage, "p").hasPrefix("2026-03-23T09:00"))

            // On the Saturday before the clocks change.
            clock.advance(to: try moment("2026-03-28T20:00:00Z"))
            try await ask("q", "v3")
            try stage.approve("q", by: "carol")
            try await stage.eventually("carol's approval counts") {
                try field(stage, "q", ".status.approvals.valid") == "1"
            }
            #expect(try gate(stage, "q", "Window", "until") == "2026-03-30T08:00:00Z")
            clock.advance(to: try moment("2026-03-29T20:10:00Z"))
            try await stage.eventually("carol's approval has run out") {
                try field(stage, "q", ".status.approvals.records[0].invalidReason") == "Expired"
            }
            clock.advance(to: try moment("2026-03-30T08:00:30Z"))
            try await stage.eventually("the window is open, and somebody is missing") {
                try gate(stage, "q", "Window", "state") == "Open"
                    && field(stage, "q", ".status.reason") == "AwaitingApproval"
            }
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/q").isEmpty)
            try stage.approve("q", by: "dave")
            try await stage.untilPhase("promotion", "q", "Succeeded")
            let message = try stage.message(
                of: try #require(try stage.commits(with: "Promotion: \(stage.namespace)/q").first))
            #expect(message.filter { $0.hasPrefix("Approved-By:") } == ["Approved-By: dave"])
        }
    }

    /// The three environments, each with another answer to a window that closes.
    private static let answers = ["dev": "PauseBeforeCommit", "staging": "Complete", "production": "Abort"]

    /// Open from ten to twelve, for promotions and for syncs.
    private func windows(_ environment: String) -> String {
        """
          windows:
            timeZone: UTC
            operations: [Promote, Sync]
            onClose: \(Self.answers[environment] ?? "")
            allow: [{name: morning, schedule: "0 10 * * *", duration: 2h}]
        """
    }

    private func environments(_ stage: Stage, _ more: String) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: Self.answers.keys.map {
                ($0, stage.environment($0, more: windows($0) + "\n" + more))
            })
    }

    @Test func `a window that closes over a promotion that waits for its approval`() async throws {
        try await Stage.with(at: "2026-06-01T10:05:00Z") { stage, clock in
            let approvals =
                "  approvals: {required: 1, sources: [SignedCommit], signersRef: {name: allowed-signers}}"
            try await stage.deliver(environments(stage, approvals))
            let names = Self.answers.keys.sorted()
            let all = names.map { stage.promotion($0, into: $0, item: stage.image("web", tag: "v2")) }
            try stage.add("promotions.yaml", all.joined(separator: "\n---\n"), by: "bob")
            for name in names {
                try await stage.untilPhase("promotion", name, "Gated")
                #expect(try field(stage, name, ".status.reason") == "AwaitingApproval")
            }
            clock.advance(to: try moment("2026-06-01T12:00:00Z"))
            try await stage.untilPhase("promotion", "production", "Aborted")
            #expect(try field(stage, "production", ".status.reason") == "WindowClosed")
            try await stage.eventually("the others know that it is shut") {
                try ["dev", "staging"].allSatisfy { try gate(stage, $0, "Window", "state") != "Open" }
            }
            #expect(try field(stage, "staging", ".status.reason") == "AwaitingApproval")
            try approve(stage, ["dev", "staging"], by: "carol")
            // It goes on, and what it pushed is synced although the window for syncs is shut too.
            try await stage.untilPhase("promotion", "staging", "Succeeded")
            #expect(try stage.image("web", "staging") == "company/web:v2")
            try await stage.eventually("carol's approval counts") {
                try field(stage, "dev", ".status.approvals.valid") == "1"
            }
            #expect(try field(stage, "dev", ".status.reason") == "WindowClosed")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/dev").isEmpty)
            clock.advance(to: try moment("2026-06-02T10:00:00Z"))
            try await stage.untilPhase("promotion", "dev", "Succeeded")
            #expect(try committed(stage, "dev").hasPrefix("2026-06-02T10:00"))
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/production").isEmpty)
        }
    }

    /// Approves several promotions of one file in one commit.
    private func approve(_ stage: Stage, _ names: [String], by person: String) throws {
        try stage.pull()
        var documents = Files.read("\(stage.work)/delivery/promotions.yaml").split(separator: "---\n").map(String.init)
        for name in names {
            let digest = try field(stage, name, ".status.planDigest")
            guard let index = documents.firstIndex(where: { $0.contains("  name: \(name)\n") }) else { continue }
            documents[index] += "  approvals:\n  - {user: \(person), decision: Approve, planDigest: \"\(digest)\"}\n"
        }
        try stage.write("delivery/promotions.yaml", documents.joined(separator: "---\n"))
        try stage.commit("Approve", by: person)
    }

    @Test func `a window that closes over a promotion that verifies, and over one that waits its turn`() async throws {
        try await Stage.with(apps: ["web", "api"], at: "2026-06-01T11:45:00Z") { stage, clock in
            let verification = "  verification: {timeout: 2h, health: {stableFor: 30m}}"
            try await stage.applyEnvironments(environments(stage, verification))
            let names = Self.answers.keys.sorted()
            for name in names {
                try stage.apply(stage.promotion("\(name)-1", into: name, item: stage.image("web", tag: "v2")))
                try await stage.untilPhase("promotion", "\(name)-1", "Verifying")
                try stage.apply(stage.promotion("\(name)-2", into: name, item: stage.image("api", tag: "v2")))
                try await stage.untilPhase("promotion", "\(name)-2", "Queued")
            }
            clock.advance(to: try moment("2026-06-01T12:00:01Z"))
            try await stage.untilPhase("promotion", "production-2", "Aborted")
            try await stage.untilPhase("promotion", "dev-2", "Gated")
            try await stage.eventually("staging's knows that it is shut") {
                try gate(stage, "staging-2", "Window", "state") != "Open"
            }
            for name in names { #expect(try stage.phase("promotion", "\(name)-1") == "Verifying") }
            #expect(try stage.phase("promotion", "staging-2") == "Queued")

            clock.advance(to: try moment("2026-06-01T12:20:00Z"))
            for name in names { try await stage.untilPhase("promotion", "\(name)-1", "Succeeded") }
            try await stage.untilPhase("promotion", "staging-2", "Verifying")
            #expect(try committed(stage, "staging-2").hasPrefix("2026-06-01T12:20"))
            #expect(try stage.image("api", "staging") == "company/api:v2")
            #expect(try stage.phase("promotion", "dev-2") == "Gated")
            clock.advance(to: try moment("2026-06-02T10:00:00Z"))
            try await stage.untilPhase("promotion", "dev-2", "Verifying")
            #expect(try committed(stage, "dev-2").hasPrefix("2026-06-02T10:00"))
            try await stage.untilPhase("promotion", "staging-2", "Succeeded")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/production-2").isEmpty)
        }
    }

    @Test func `a window that closes over a push`() async throws {
        try await Stage.with(at: "2026-06-01T11:50:00Z") { stage, clock in
            try await stage.applyEnvironments(environments(stage, ""))
            /// A push that lasts until the window has closed, and is refused then or taken.
            func push(_ name: String, into environment: String, tag: String, day: Int, taken: Bool) async throws {
                clock.advance(to: try moment("2026-06-0\(day)T11:59:30Z"))
                try stage.holdPush(name)
                try stage.apply(stage.promotion(name, into: environment, item: stage.image("web", tag: tag)))
                try await stage.untilHeld(name)
                clock.advance(to: try moment("2026-06-0\(day)T12:00:10Z"))
                try stage.letPush(name, pass: taken)
            }
            try await push("pause", into: "dev", tag: "v2", day: 1, taken: false)
            try await stage.untilPhase("promotion", "pause", "Gated")
            #expect(try field(stage, "pause", ".status.reason") == "WindowClosed")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/pause").isEmpty)
            clock.advance(to: try moment("2026-06-02T10:00:00Z"))
            try await stage.untilPhase("promotion", "pause", "Succeeded")
            #expect(try committed(stage, "pause").hasPrefix("2026-06-02T10:00"))

            try await push("go-on", into: "staging", tag: "v2", day: 2, taken: false)
            try await stage.untilPhase("promotion", "go-on", "Succeeded")
            #expect(try committed(stage, "go-on").hasPrefix("2026-06-02T12:00"))
            #expect(try stage.image("web", "staging") == "company/web:v2")

            try await push("stop", into: "production", tag: "v2", day: 3, taken: false)
            try await stage.untilPhase("promotion", "stop", "Aborted")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/stop").isEmpty)

            // The push is the point of no return, whatever the environment says of windows.
            for (index, environment) in Self.answers.keys.sorted().enumerated() {
                let name = "done-\(environment)"
                try await push(name, into: environment, tag: "v3", day: 4 + index, taken: true)
                try await stage.untilPhase("promotion", name, "Succeeded")
                #expect(try committed(stage, name).hasPrefix("2026-06-0\(4 + index)T11:59"))
                #expect(try stage.image("web", environment) == "company/web:v3")
            }
        }
    }

    /// What a zone does to a window on the night in which its clocks change.
    private struct Change {
        let zone: String
        let schedule: String
        let duration: String
        let opens: String
        let closes: String
        /// When it opens next after that.
        let next: String
    }

    private static let changes = [
        // 02:30 is not: it opens at 03:00 EDT.
        Change(
            zone: "America/New_York", schedule: "30 2 * * *", duration: "1h", opens: "2026-03-08T07:00:00Z",
            closes: "2026-03-08T08:00:00Z", next: "2026-03-09T06:30:00Z"),
        // 02:30 is not: it opens at 03:00 CEST.
        Change(
            zone: "Europe/Berlin", schedule: "30 2 * * *", duration: "1h", opens: "2026-03-29T01:00:00Z",
            closes: "2026-03-29T02:00:00Z", next: "2026-03-30T00:30:00Z"),
        // 01:45 is twice, half an hour apart: it opens at the first.
        Change(
            zone: "Australia/Lord_Howe", schedule: "45 1 * * *", duration: "30m", opens: "2026-04-04T14:45:00Z",
            closes: "2026-04-04T15:15:00Z", next: "2026-04-05T15:15:00Z"),
        // 02:15 is not: it opens at 02:30 of summer time.
        Change(
            zone: "Australia/Lord_Howe", schedule: "15 2 * * *", duration: "1h", opens: "2026-10-03T15:30:00Z",
            closes: "2026-10-03T16:30:00Z", next: "2026-10-04T15:15:00Z"),
        // 02:30 is twice: it opens at the first, CEST.
        Change(
            zone: "Europe/Berlin", schedule: "30 2 * * *", duration: "1h", opens: "2026-10-25T00:30:00Z",
            closes: "2026-10-25T01:30:00Z", next: "2026-10-26T01:30:00Z"),
        // 01:30 is twice: it opens at the first, EDT.
        Change(
            zone: "America/New_York", schedule: "30 1 * * *", duration: "1h", opens: "2026-11-01T05:30:00Z",
            closes: "2026-11-01T06:30:00Z", next: "2026-11-02T06:30:00Z"),
    ]

    @Test func `windows in the nights in which the clocks change, in three zones`() async throws {
        try await Stage.with(at: "2026-03-01T00:00:00Z") { stage, clock in
            for (index, change) in Self.changes.enumerated() {
                let opens = try moment(change.opens)
                clock.advance(to: opens - .seconds(600))
                let windows = """
                      windows:
                        timeZone: \(change.zone)
                        operations: [Promote]
                        allow: [{name: night, schedule: "\(change.schedule)", duration: \(change.duration)}]
                    """
                try await stage.applyEnvironments(["dev": stage.environment("dev", more: windows)])
                func ask(_ name: String, _ tag: String) async throws {
                    let more = "  expiresAfter: 8760h"
                    try stage.apply(
                        stage.promotion(name, into: "dev", item: stage.image("web", tag: tag), more: more))
                    try await stage.untilPhase("promotion", name, "Gated")
                    #expect(try field(stage, name, ".status.reason") == "WindowClosed")
                }
                let name = "p\(index)"
                try await ask(name, "v\(index + 2)")
                #expect(try gate(stage, name, "Window", "until") == change.opens)
                clock.advance(to: opens - .seconds(5))
                #expect(try stage.phase("promotion", name) == "Gated")
                clock.advance(to: opens)
                try await stage.untilPhase("promotion", name, "Succeeded")
                let made = try moment(try committed(stage, name))
                #expect(made >= opens && made < opens + .seconds(60))
                // Shut to the second, also where the wall shows the hour of its opening once more.
                clock.advance(to: try moment(change.closes))
                try await ask("late\(index)", "late\(index)")
                #expect(try gate(stage, "late\(index)", "Window", "until") == change.next)
                try stage.kubectl("delete", "promotion", "late\(index)")
            }
        }
    }

    @Test func `with a clock that is off nothing is promoted, but everything rolled back, until it is set right`()
        async throws
    {
        let behind = (SystemClock().now() - .seconds(90)).wholeSeconds.rfc3339
        try await Stage.with(at: behind, asksServer: true) { stage, clock in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            try stage.write("apps/web/overlays/dev/kustomization.yaml", Stage.overlay("web", "v2"))
            let bad = try stage.commit("web v2")
            try await stage.eventually("v2 is live") { try stage.image("web", "dev") == "company/web:v2" }
            try stage.apply(stage.promotion("p", into: "dev", item: stage.image("web", tag: "v3")))
            try await stage.untilPhase("promotion", "p", "Gated")
            #expect(try field(stage, "p", ".status.reason") == "ClockSkew")
            let message = try field(stage, "p", ".status.message")
            #expect(message.contains("the operator's clock is -"), "\(message)")
            let more = "  pin: false\n  veto: false"
            try stage.apply(stage.rollback("r", of: "dev", target: "{commit: \(bad)}", more: more))
            try await stage.untilPhase("rollback", "r", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v1")
            #expect(try stage.phase("promotion", "p") == "Gated")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").isEmpty)
            // Somebody sets the clock; nobody tells the operator.
            clock.advance(by: .seconds(90))
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v3")
        }
    }
}
