import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Policy

@Suite("Gates")
struct GateTests {
    /// Friday evening in Berlin.
    private let now = at("2026-11-20T19:00:00Z")

    private func spec(_ change: (inout EnvironmentSpec) -> Void = { _ in }) -> EnvironmentSpec {
        var spec = EnvironmentSpec(source: .init(repository: "https://git.example.com/x.git", path: "apps/{app}"))
        spec.windows = .init(
            timeZone: "Europe/Berlin", allow: [.init(name: "office", schedule: "0 10 * * 1-5", duration: .hours(8))])
        change(&spec)
        return spec
    }

    private func input(
        _ spec: EnvironmentSpec, work: GateInput.Work = .promotion, _ change: (inout GateInput) -> Void = { _ in }
    ) throws -> GateInput {
        var input = GateInput(
            work: work, environment: spec, calendar: try WindowCalendar(spec.windows), apps: ["cart"],
            versions: [CandidateVersion(app: "cart", image: "company/cart", tag: "v1.2.5", digest: "sha256:abc")])
        change(&input)
        return input
    }

    private func verdict(valid: Int, required: Int, rejected: Bool = false) -> ApprovalVerdict {
        ApprovalVerdict(
            required: required, valid: valid, rejections: rejected ? 1 : 0, records: [], missing: [],
            isRejected: rejected, nextExpiry: nil)
    }

    @Test("name every blocker at once, as the documentation shows it")
    func everyGate() throws {
        let spec = spec { $0.approvals = .init(required: 2) }
        let result = GateEvaluation.evaluate(
            try input(spec) { $0.approvals = verdict(valid: 1, required: 2) }, now: now)
        #expect(result.gates.map(\.name) == [.suspended, .held, .vetoed, .approval, .window, .clockSkew])
        #expect(result.gates.map(\.state) == [.open, .open, .open, .waiting, .waiting, .open])
        #expect(result.message == "1 of 2 approvals; window opens Mon 10:00 Europe/Berlin")
        #expect(result.reason == .awaitingApproval)
        #expect(result.until == nil)
        #expect(result.nextChange == at("2026-11-23T09:00:00Z"))
        #expect(!result.isOpen && !result.isClosed)
    }

    @Test("are all open when nothing holds")
    func open() throws {
        let result = GateEvaluation.evaluate(try input(spec()), now: at("2026-11-23T09:00:00Z"))
        #expect(result.isOpen)
        #expect(result.reason == nil)
        #expect(result.message == "")
        #expect(result.nextChange == at("2026-11-23T17:00:00Z"))
    }

    @Test("let so many promotions commit in one opening, and the next ones in the next")
    func quota() throws {
        let spec = spec { $0.promotion.maxPerWindow = 2 }
        let open = at("2026-11-23T09:30:00Z")
        #expect(GateEvaluation.evaluate(try input(spec) { $0.committedInOpening = 1 }, now: open).isOpen)
        let full = GateEvaluation.evaluate(try input(spec) { $0.committedInOpening = 2 }, now: open)
        #expect(full.reason == .windowFull)
        #expect(full.until == at("2026-11-24T09:00:00Z"))
        #expect(full.message == "2 of 2 promotions of this opening are made; the next opens Tue 10:00 Europe/Berlin")
        let rollback = try input(spec, work: .rollback) { $0.committedInOpening = 2 }
        #expect(GateEvaluation.evaluate(rollback, now: open).isOpen)
    }

    @Test("hold by suspension, time, holds, vetoes, freezes and clock")
    func single() throws {
        let open = at("2026-11-23T09:00:00Z")
        func reason(
            _ environment: (inout EnvironmentSpec) -> Void = { _ in }, _ change: (inout GateInput) -> Void = { _ in }
        ) throws -> GateReason? {
            GateEvaluation.evaluate(try input(spec(environment), change), now: open).reason
        }
        #expect(try reason({ $0.suspend = true }) == .suspended)
        #expect(try reason({ _ in }, { $0.notBefore = open + .seconds(1) }) == .notBefore)
        #expect(try reason({ _ in }, { $0.notBefore = open }) == nil)
        #expect(try reason({ $0.holds = [.init(app: "ca*", reason: "x")] }) == .held)
        #expect(try reason({ $0.holds = [.init(app: "web", reason: "x")] }) == nil)
        #expect(try reason({ _ in }, { $0.holds = [.init(app: "cart", rollback: "undo")] }) == .held)
        for version in [
            "v1.2.5", "sha256:abc", "company/cart:v1.2.5", "company/cart@sha256:abc", "company/cart:v1.2.5@sha256:abc",
        ] {
            #expect(try reason({ $0.vetoes = [.init(app: "cart", version: version)] }) == .vetoed, "\(version)")
        }
        let tagged = CandidateVersion(app: "cart", image: "company/cart", tag: "v1@sha256:abc")
        for version in ["v1", "sha256:abc", "company/cart:v1@sha256:abc"] { #expect(tagged.matches(version)) }
        #expect(!tagged.matches("v1@sha256") && !tagged.matches(""))
        #expect(try reason({ $0.vetoes = [.init(app: "cart", version: "v1.2.4")] }) == nil)
        #expect(try reason({ $0.vetoes = [.init(app: "web", version: "v1.2.5")] }) == nil)
        #expect(try reason({ $0.vetoes = [.init(app: "cart", version: "v1.2.5", until: open)] }) == nil)
        #expect(
            try reason({ _ in }, { $0.vetoes = [.init(app: "cart", version: "v1.2.5", rollback: "undo")] }) == .vetoed)
        #expect(
            try reason({ $0.windows.freezes = [.init(name: "f", start: "2026-11-23T00:00", end: "2026-11-24T00:00")] })
                == .frozen)
        #expect(try reason({ _ in }, { $0.clockSkew = .seconds(31) }) == .clockSkew)
        #expect(try reason({ _ in }, { $0.clockSkew = .seconds(-31) }) == .clockSkew)
        #expect(try reason({ _ in }, { $0.clockSkew = .seconds(30) }) == nil)
    }

    @Test("wait for approvals that were asked for and not weighed, and end at a rejection")
    func approvals() throws {
        let spec = spec { $0.approvals = .init() }
        #expect(GateEvaluation.evaluate(try input(spec), now: now).reason == .awaitingApproval)
        let rejected = GateEvaluation.evaluate(
            try input(spec) { $0.approvals = verdict(valid: 2, required: 1, rejected: true) }, now: now)
        #expect(rejected.isClosed)
        #expect(rejected.reason == .rejected)
    }

    @Test("let a rollback pass where a promotion waits")
    func rollback() throws {
        var spec = spec {
            $0.approvals = .init(required: 2)
            $0.holds = [.init(app: "*", reason: "x")]
            $0.vetoes = [.init(app: "*", version: "v1.2.5")]
            $0.upstream = .init(environments: ["staging"])
        }
        let result = GateEvaluation.evaluate(
            try input(spec, work: .rollback) { $0.clockSkew = .seconds(3600) }, now: now)
        #expect(result.isOpen)
        #expect(result.gates.map(\.name) == [.suspended, .window])
        spec.rollback.approvals = .required
        spec.windows.operations.append(.rollback)
        let strict = GateEvaluation.evaluate(try input(spec, work: .rollback), now: now)
        #expect(strict.gates.filter { $0.state == .waiting }.map(\.name) == [.approval, .window])
    }

    @Test("are passed over by an override that counts, and never the approval")
    func override() throws {
        let spec = spec { $0.approvals = .init() }
        let base = try input(spec) {
            $0.override = GateOverride(gates: [.window, .approval], reason: "INC-7")
            $0.overrideDecision = .granted(until: now + .seconds(3600))
        }
        let granted = GateEvaluation.evaluate(base, now: now)
        #expect(granted.gates.filter { $0.state != .open }.map(\.name) == [.approval])
        #expect(
            granted.gates.first { $0.name == .window }?.message
                == "passed over (INC-7): window opens Mon 10:00 Europe/Berlin")
        #expect(granted.nextChange == now + .seconds(3600))
        var refused = base
        refused.overrideDecision = .refused("nobody may override")
        let result = GateEvaluation.evaluate(refused, now: now)
        #expect(result.gates.first { $0.name == .window }?.state == .waiting)
        #expect(result.message.hasSuffix("window opens Mon 10:00 Europe/Berlin; not passed over: nobody may override"))
        var whole = try input(self.spec())
        whole.environmentOverride = .granted(until: now + .seconds(60))
        let opened = GateEvaluation.evaluate(whole, now: now)
        #expect(opened.isOpen)
        #expect(opened.nextChange == now + .seconds(60))
    }

    struct Upstream: Sendable, CustomTestStringConvertible {
        let name: String
        var mode = UpstreamMode.all
        var requireVerified = true
        var reset = true
        let observations: [UpstreamObservation]
        let upstream: GateReason?
        let soak: GateReason?
        var until: String?
        var testDescription: String { name }
    }

    private static func app(
        live: Bool = true, _ health: HealthState = .healthy, verified: Bool = true,
        since: String? = "2026-11-23T08:00:00Z",
        first: String? = nil
    ) -> UpstreamObservation.App {
        .init(
            name: "cart", version: "v1.2.5", isLive: live, health: health, isVerified: verified,
            healthySince: since.flatMap(Timestamp.init(rfc3339:)), firstHealthy: first.flatMap(Timestamp.init(rfc3339:))
        )
    }

    /// Four hours of soak, looked at from 11:00.
    static let upstreams: [Upstream] = [
        Upstream(
            name: "nothing seen", observations: [.init(environment: "staging")], upstream: .upstreamUnverified,
            soak: .soaking),
        Upstream(name: "no observation", observations: [], upstream: .upstreamUnverified, soak: .soaking),
        Upstream(
            name: "no such environment", observations: [.init(environment: "staging", exists: false)],
            upstream: .upstreamUnverified, soak: .soaking),
        Upstream(
            name: "not live", observations: [.init(environment: "staging", apps: [app(live: false)])],
            upstream: .upstreamUnverified, soak: .soaking),
        Upstream(
            name: "ill", observations: [.init(environment: "staging", apps: [app(.degraded)])],
            upstream: .upstreamUnhealthy, soak: .soaking),
        Upstream(
            name: "not verified", observations: [.init(environment: "staging", apps: [app(verified: false)])],
            upstream: .upstreamUnverified, soak: .soaking),
        Upstream(
            name: "not verified and not asked to be", requireVerified: false,
            observations: [.init(environment: "staging", apps: [app(verified: false, since: "2026-11-23T07:00:00Z")])],
            upstream: nil, soak: nil),
        Upstream(
            name: "soaking", observations: [.init(environment: "staging", apps: [app()])], upstream: nil,
            soak: .soaking, until: "2026-11-23T12:00:00Z"),
        Upstream(
            name: "soaked to the second",
            observations: [.init(environment: "staging", apps: [app(since: "2026-11-23T07:00:00Z")])], upstream: nil,
            soak: nil),
        Upstream(
            name: "ill in between, which begins it anew",
            observations: [.init(environment: "staging", apps: [app(first: "2026-11-23T01:00:00Z")])], upstream: nil,
            soak: .soaking, until: "2026-11-23T12:00:00Z"),
        Upstream(
            name: "ill in between, which does not matter", reset: false,
            observations: [.init(environment: "staging", apps: [app(first: "2026-11-23T01:00:00Z")])], upstream: nil,
            soak: nil),
        Upstream(
            name: "a lost record", observations: [.init(environment: "staging", apps: [app(since: nil)])],
            upstream: nil, soak: .soaking),
        Upstream(
            name: "the slowest app counts",
            observations: [
                .init(
                    environment: "staging",
                    apps: [app(since: "2026-11-23T07:00:00Z"), app(since: "2026-11-23T09:00:00Z")])
            ], upstream: nil, soak: .soaking, until: "2026-11-23T13:00:00Z"),
    ]

    @Test("wait until upstream has proved the version for long enough", arguments: upstreams)
    func upstream(_ example: Upstream) throws {
        let spec = spec {
            $0.upstream = .init(
                environments: ["staging"], mode: example.mode, requireVerified: example.requireVerified,
                soak: .hours(4), soakResetOnUnhealthy: example.reset)
        }
        let result = GateEvaluation.evaluate(
            try input(spec) { $0.upstream = example.observations }, now: at("2026-11-23T11:00:00Z"))
        let upstream = try #require(result.gates.first { $0.name == .upstream })
        let soak = try #require(result.gates.first { $0.name == .soak })
        #expect(upstream.reason == example.upstream)
        #expect(soak.reason == example.soak)
        #expect(soak.until == example.until.map { at($0) })
        #expect((upstream.state == .open) == (example.upstream == nil))
    }

    @Test("ask all upstream environments or any, as told")
    func modes() throws {
        let good = UpstreamObservation(environment: "a", apps: [Self.app(since: "2026-11-23T06:00:00Z")])
        let bad = UpstreamObservation(environment: "b", apps: [Self.app(.progressing)])
        for (mode, open) in [(UpstreamMode.all, false), (.oneOf, true)] {
            let spec = spec { $0.upstream = .init(environments: ["a", "b"], mode: mode, soak: .hours(4)) }
            let result = GateEvaluation.evaluate(
                try input(spec) { $0.upstream = [good, bad] }, now: at("2026-11-23T11:00:00Z"))
            #expect(result.isOpen == open)
        }
    }
}
