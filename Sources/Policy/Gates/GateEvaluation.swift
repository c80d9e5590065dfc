package import Core
import KubernetesModel
package import SluiceAPI

/// How every gate of a promotion or rollback stands: all of them, so that a person sees every blocker at once.
package struct GateEvaluation: Sendable, Hashable {
    /// How far the operator's clock may be from the API server's.
    package static let clockSkewLimit = Duration.seconds(30)

    /// Whether clocks that differ by this much are too far from each other for anything to be promoted.
    package static func isOff(_ skew: Duration) -> Bool {
        skew > clockSkewLimit || skew < .zero - clockSkewLimit
    }

    /// In the order in which they are named to people.
    package let gates: [Gate]
    /// When the answer may change by itself: a gate opens, an approval runs out, a window shuts.
    package let nextChange: Timestamp?

    /// Whether every gate lets the work through.
    package var isOpen: Bool { gates.allSatisfy { $0.state == .open } }
    /// Whether a gate will not open for this attempt.
    package var isClosed: Bool { gates.contains { $0.state == .closed } }

    /// The reason of the first gate that holds; one that will not open goes before one that waits.
    package var reason: GateReason? {
        (gates.first { $0.state == .closed } ?? gates.first { $0.state == .waiting })?.reason
    }

    /// What holds, for people: `1 of 2 approvals; window opens Mon 10:00 Europe/Berlin`. Empty if nothing does.
    package var message: String {
        gates.filter { $0.state != .open }.map(\.message).joined(separator: "; ").bounded(to: 1024)
    }

    /// When all gates that wait will have opened by themselves, if all of them say so.
    package var until: Timestamp? {
        let waiting = gates.filter { $0.state == .waiting }
        let times = waiting.compactMap(\.until)
        return times.count == waiting.count ? times.max() : nil
    }

    /// Evaluates every gate that the work has.
    ///
    /// A rollback has fewer: neither holds nor vetoes nor upstream stand in its way, nor does a wrong clock.
    package static func evaluate(_ input: GateInput, now: Timestamp) -> GateEvaluation {
        var evaluator = GateEvaluator(input: input, now: now)
        evaluator.run()
        return GateEvaluation(gates: evaluator.gates, nextChange: evaluator.nextChange)
    }
}

/// Collects gates one after another.
private struct GateEvaluator {
    let input: GateInput
    let now: Timestamp
    private(set) var gates: [Gate] = []
    private(set) var nextChange: Timestamp?

    init(input: GateInput, now: Timestamp) {
        self.input = input
        self.now = now
    }

    mutating func run() {
        suspended()
        if input.work == .promotion {
            notBefore()
            upstream()
            held()
            vetoed()
        }
        approval()
        window()
        if input.work == .promotion { clockSkew() }
    }

    private mutating func willChange(at time: Timestamp?) {
        guard let time, time > now else { return }
        nextChange = min(nextChange ?? time, time)
    }

    /// Adds a gate; one that is passed over by an override that counts is open.
    private mutating func add(
        _ name: GateName, _ reason: GateReason?, until: Timestamp? = nil, closed: Bool = false, _ message: String
    ) {
        guard let reason else {
            gates.append(Gate(name: name, state: .open, message: message.bounded(to: 1024)))
            return
        }
        willChange(at: until)
        if name != .approval, let override = input.override, override.gates.contains(name) {
            switch input.overrideDecision {
            case .granted(let end):
                willChange(at: end)
                let text = "passed over (\(override.reason)): \(message)"
                gates.append(Gate(name: name, state: .open, message: text.bounded(to: 1024)))
                return
            case .refused(let why):
                let text = "\(message); not passed over: \(why)"
                gates.append(
                    Gate(
                        name: name, state: closed ? .closed : .waiting, reason: reason, until: until?.wholeSeconds,
                        message: text.bounded(to: 1024)))
                return
            case .none: break
            }
        }
        gates.append(
            Gate(
                name: name, state: closed ? .closed : .waiting, reason: reason, until: until?.wholeSeconds,
                message: message.bounded(to: 1024)))
    }

    private mutating func suspended() {
        add(
            .suspended, input.environment.suspend ? .suspended : nil,
            input.environment.suspend ? "environment is suspended" : "")
    }

    private mutating func notBefore() {
        guard let time = input.notBefore else { return }
        let early = now < time
        add(
            .notBefore, early ? .notBefore : nil, until: early ? time : nil,
            early ? "not before \(input.calendar.zone.describe(time, now: now))" : "")
    }

    private mutating func upstream() {
        guard let policy = input.environment.upstream, !policy.environments.isEmpty else { return }
        let proofs = policy.environments.map { name in
            UpstreamProof(
                input.upstream.first { $0.environment == name }
                    ?? UpstreamObservation(environment: name, exists: false),
                policy)
        }
        let lacking = proofs.filter { $0.reason != nil }
        let isProved = policy.mode == .all ? lacking.isEmpty : lacking.count < proofs.count
        if isProved {
            add(.upstream, nil, proofs.filter { $0.reason == nil }.map(\.message).joined(separator: "; "))
        } else {
            add(.upstream, lacking.first?.reason, lacking.map(\.message).joined(separator: "; "))
        }
        let soak = policy.soak.duration
        guard soak > .zero else { return }
        guard isProved else {
            add(.soak, .soaking, "the soak of \(policy.soak) begins once the version is proved upstream")
            return
        }
        let ends = proofs.filter { $0.reason == nil }.map { proof in proof.soakStart.map { $0 + soak } }
        // Of several that suffice alone the first that is done counts; else the last.
        let end =
            policy.mode == .oneOf
            ? ends.compactMap { $0 }.min() : ends.contains(nil) ? nil : ends.compactMap { $0 }.max()
        guard let end else {
            add(
                .soak, .soaking,
                "the soak of \(policy.soak) begins anew: since when the version is healthy is not known")
            return
        }
        let isSoaking = now < end
        add(
            .soak, isSoaking ? .soaking : nil, until: isSoaking ? end : nil,
            isSoaking ? "soaking until \(input.calendar.zone.describe(end, now: now))" : "soaked for \(policy.soak)")
    }

    private mutating func held() {
        let holds =
            input.environment.holds.map { ($0.app, $0.reason, "") }
            + input.holds.map { ($0.app, $0.reason, $0.rollback) }
        var texts: [String] = []
        for app in input.apps {
            guard let hold = holds.first(where: { Glob($0.0).matches(app) }) else { continue }
            let origin = hold.2.isEmpty ? "" : " by rollback \(hold.2)"
            texts.append("\(app) is held\(origin)" + (hold.1.isEmpty ? "" : " (\(hold.1))"))
        }
        add(.held, texts.isEmpty ? nil : .held, texts.joined(separator: "; "))
    }

    private mutating func vetoed() {
        let vetoes =
            input.environment.vetoes.map { ($0.app, $0.version, $0.reason, $0.until) }
            + input.vetoes.map { ($0.app, $0.version, $0.reason, $0.until) }
        var texts: [String] = []
        var ends: [Timestamp?] = []
        for version in input.versions {
            for veto in vetoes {
                if let end = veto.3, end <= now { continue }
                guard Glob(veto.0).matches(version.app), version.matches(veto.1) else { continue }
                texts.append("\(version.app) \(veto.1) is vetoed" + (veto.2.isEmpty ? "" : " (\(veto.2))"))
                ends.append(veto.3)
            }
        }
        let end = ends.contains(nil) ? nil : ends.compactMap { $0 }.max()
        add(.vetoed, texts.isEmpty ? nil : .vetoed, until: end, texts.joined(separator: "; "))
    }

    private mutating func approval() {
        if input.work == .rollback, input.environment.rollback.approvals == .none { return }
        guard let verdict = input.approvals else {
            // Whoever asks for approvals and gets no answer waits: never the other way round.
            if input.environment.approvals != nil {
                add(.approval, .awaitingApproval, "approvals have not been weighed yet")
            }
            return
        }
        willChange(at: verdict.nextExpiry)
        add(.approval, verdict.reason, closed: verdict.isRejected, verdict.message)
    }

    private mutating func window() {
        let operation: WindowOperation = input.work == .promotion ? .promote : .rollback
        let verdict = input.calendar.verdict(
            operation, apps: input.apps, at: now, overriddenUntil: input.environmentOverride.until)
        if verdict.open { willChange(at: verdict.nextClose) }
        let limit = input.environment.promotion.maxPerWindow
        if verdict.open, input.work == .promotion, limit > 0, input.committedInOpening >= limit {
            let next = verdict.nextOpen.map { "; the next opens \(input.calendar.zone.describe($0, now: now))" } ?? ""
            add(
                .window, .windowFull, until: verdict.nextOpen,
                "\(input.committedInOpening) of \(limit) promotions of this opening are made\(next)")
            return
        }
        var message = verdict.message(now: now)
        if !verdict.open, case .refused(let why) = input.environmentOverride { message += "; override refused: \(why)" }
        let reason: GateReason? = verdict.open ? nil : verdict.reason == .frozen ? .frozen : .windowClosed
        add(.window, reason, until: verdict.open ? nil : verdict.nextOpen, message)
    }

    private mutating func clockSkew() {
        guard let skew = input.clockSkew else { return add(.clockSkew, nil, "") }
        let isOff = GateEvaluation.isOff(skew)
        let seconds = skew.components.seconds
        add(
            .clockSkew, isOff ? .clockSkew : nil,
            isOff ? "the operator's clock is \(seconds) s off the API server's; mend the machine's time" : "")
    }
}
