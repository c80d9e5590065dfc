internal import ArgumentParser
internal import Core
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// How long one answer of the policy takes: of the windows, of all gates of a promotion.
struct Judge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Asks windows and gates for their verdict, again and again.",
        discussion: "Prints a line for each question with the microseconds that one answer takes.")

    @Option(help: "How many answers of each.")
    var count = 20_000

    func validate() throws {
        guard (100...10_000_000).contains(count) else { throw ValidationError("the count must lie in 100...10000000") }
    }

    func run() throws {
        let office = try WindowCalendar(Self.windows(allow: 1, deny: 0))
        let busy = try WindowCalendar(Self.windows(allow: 10, deny: 10))
        let shut = try WindowCalendar(
            EnvironmentSpec.Windows(
                timeZone: "Europe/Berlin",
                allow: [.init(name: "leap", schedule: "0 0 29 2 *", duration: .hours(1))]))
        measure("window, office hours") { office.verdict(.promote, app: "cart", at: $0).open }
        measure("window, 10 allow and 10 deny rules") { busy.verdict(.promote, app: "cart", at: $0).open }
        measure("window, shut for years") { shut.verdict(.promote, app: "cart", at: $0).open }
        let gates = Self.gates(office)
        measure("gates of a promotion of 1 app, 2 of 5 approvals") { now in
            var input = gates
            input.approvals = ApprovalEvaluation.evaluate(Self.approvals(now), now: now)
            return GateEvaluation.evaluate(input, now: now).isOpen
        }
    }

    /// One answer's time, at moments spread over four years so that no answer is the last one again.
    private func measure(_ what: String, _ ask: (Timestamp) -> Bool) {
        let start = Timestamp(seconds: 1_767_225_600)
        let step = Duration.seconds(4 * 365 * 86_400) / count
        var open = 0
        let begin = ContinuousClock.now
        for index in 0..<count where ask(start + step * index) { open += 1 }
        let wall = begin.duration(to: .now).inSeconds
        print("\(what): \(decimal(wall / Double(count) * 1e6)) us, open \(open * 100 / count) %")
    }

    private static func windows(allow: Int, deny: Int) -> EnvironmentSpec.Windows {
        func rules(_ name: String, _ count: Int, hour: Int, _ duration: GoDuration) -> [EnvironmentSpec.Window] {
            (0..<count).map { .init(name: "\(name)\($0)", schedule: "\($0 * 5) \(hour) * * 1-5", duration: duration) }
        }
        return EnvironmentSpec.Windows(
            timeZone: "Europe/Berlin", allow: rules("allow", allow, hour: 10, .hours(8)),
            deny: rules("deny", deny, hour: 12, .minutes(4)),
            freezes: [.init(name: "year-end", start: "2026-12-20T00:00", end: "2027-01-04T08:00")])
    }

    private static func approvals(_ now: Timestamp) -> ApprovalInput {
        let digest = "sha256:" + String(repeating: "a", count: 64)
        let claims = (0..<5).map { index in
            ApprovalClaim(
                entry: .init(user: "user\(index)", planDigest: digest),
                identity: Identity(user: "user\(index)", groups: ["sre"], source: .signedCommit, evidence: "c"),
                at: now - .seconds(600), keyFingerprint: "key\(index)")
        }
        return ApprovalInput(
            policy: .init(required: 2, from: [.init(group: "sre", min: 1)]), planDigest: digest, claims: claims,
            requester: Identity(user: "user0", source: .signedCommit), changeAuthors: ["user1"])
    }

    private static func gates(_ calendar: WindowCalendar) -> GateInput {
        var spec = EnvironmentSpec(source: .init(repository: "https://git.example.com/x.git", path: "apps/{app}"))
        spec.approvals = .init(required: 2)
        spec.upstream = .init(environments: ["staging"], soak: .hours(4))
        spec.vetoes = (0..<20).map { .init(app: "app\($0)", version: "v\($0)") }
        let healthy = Timestamp(seconds: 1_700_000_000)
        return GateInput(
            work: .promotion, environment: spec, calendar: calendar, apps: ["cart"],
            versions: [CandidateVersion(app: "cart", image: "company/cart", tag: "v1.2.5")],
            upstream: [
                UpstreamObservation(
                    environment: "staging",
                    apps: [
                        .init(
                            name: "cart", version: "v1.2.5", isLive: true, health: .healthy, isVerified: true,
                            healthySince: healthy)
                    ])
            ])
    }
}
