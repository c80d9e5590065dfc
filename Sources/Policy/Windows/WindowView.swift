import Core

/// A calendar as some apps see it: only the rules that are for them.
struct WindowView {
    struct State {
        let reason: WindowReason
        let active: [String]
    }

    /// The rules of one or several apps that share them.
    private struct Share {
        let allow: [Int]
        let deny: [Int]
        let freezes: [Int]
    }

    private let calendar: WindowCalendar
    private let shares: [Share]

    init(_ calendar: WindowCalendar, apps: [String]) {
        self.calendar = calendar
        func indices(_ rules: [WindowCalendar.Rule], _ app: String) -> [Int] {
            rules.indices.filter { rules[$0].apps.matches(app) }
        }
        var seen: Set<[[Int]]> = []
        shares = apps.compactMap { app in
            let rules = [indices(calendar.allow, app), indices(calendar.deny, app), indices(calendar.freezes, app)]
            guard seen.insert(rules).inserted else { return nil }
            return Share(allow: rules[0], deny: rules[1], freezes: rules[2])
        }
    }

    /// The state at a moment; of several apps the one that is shut, freezes before denials, decides.
    func state(at now: Timestamp) -> State {
        let states = shares.map { state(of: $0, at: now) }
        return states.min { WindowView.rank($0.reason) < WindowView.rank($1.reason) }
            ?? State(reason: .noWindow, active: [])
    }

    private static func rank(_ reason: WindowReason) -> Int {
        switch reason {
        case .frozen: 0
        case .denied: 1
        case .outsideAllow: 2
        case .allowed: 3
        case .noWindow: 4
        case .overridden: 5
        }
    }

    private func state(of share: Share, at now: Timestamp) -> State {
        func active(_ rules: [WindowCalendar.Rule], _ indices: [Int]) -> [String] {
            indices.filter { rules[$0].span.coverage(at: now, horizon: now + .seconds(1)).isCovered }
                .map { rules[$0].name }
        }
        let frozen = active(calendar.freezes, share.freezes)
        if !frozen.isEmpty { return State(reason: .frozen, active: frozen) }
        let denied = active(calendar.deny, share.deny)
        if !denied.isEmpty { return State(reason: .denied, active: denied) }
        if share.allow.isEmpty { return State(reason: .noWindow, active: []) }
        let allowed = active(calendar.allow, share.allow)
        return State(reason: allowed.isEmpty ? .outsideAllow : .allowed, active: allowed)
    }

    /// The first moment after one at which the whole is no longer as `isOpen` says, before `horizon`; nil if none.
    ///
    /// It goes from one change of any group of rules (the allowed, the denied, the frozen) to the next.
    func change(after start: Timestamp, from isOpen: Bool, horizon: Timestamp) -> Timestamp? {
        var now = start
        while now < horizon {
            var next: Timestamp?
            var allOpen = true
            for share in shares {
                let (open, until) = stretch(of: share, at: now, horizon: horizon)
                allOpen = allOpen && open
                if let until { next = min(next ?? until, until) }
            }
            if allOpen != isOpen { return now }
            guard let next, next < horizon else { return nil }
            now = next
        }
        return nil
    }

    /// Whether a share is open, and a moment until which that surely stays so.
    private func stretch(of share: Share, at now: Timestamp, horizon: Timestamp) -> (open: Bool, until: Timestamp?) {
        let frozen = union(calendar.freezes, share.freezes, at: now, horizon: horizon)
        if frozen.isCovered { return (false, frozen.until) }
        let denied = union(calendar.deny, share.deny, at: now, horizon: horizon)
        if denied.isCovered { return (false, denied.until) }
        if share.allow.isEmpty { return (true, earliest(frozen.until, denied.until)) }
        let allowed = union(calendar.allow, share.allow, at: now, horizon: horizon)
        return (
            allowed.isCovered,
            allowed.isCovered ? earliest(earliest(frozen.until, denied.until), allowed.until) : allowed.until
        )
    }

    private func earliest(_ a: Timestamp?, _ b: Timestamp?) -> Timestamp? {
        guard let a, let b else { return a ?? b }
        return min(a, b)
    }

    /// Whether any of the rules covers a moment. If so, until when at least one of them surely does; if not, when the
    /// first of them begins.
    private func union(
        _ rules: [WindowCalendar.Rule], _ indices: [Int], at now: Timestamp, horizon: Timestamp
    ) -> (isCovered: Bool, until: Timestamp?) {
        var covered = false
        var end: Timestamp?
        var begin: Timestamp?
        for index in indices {
            let (isCovered, until) = rules[index].span.coverage(at: now, horizon: horizon)
            guard isCovered else {
                begin = earliest(begin, until)
                continue
            }
            guard let until else { return (true, nil) }
            end = max(end ?? until, until)
            covered = true
        }
        return covered ? (true, end) : (false, begin)
    }
}

extension WindowCalendar.Span {
    func coverage(at now: Timestamp, horizon: Timestamp) -> (isCovered: Bool, until: Timestamp?) {
        switch self {
        case .recurring(let recurrence): return recurrence.coverage(at: now, horizon: horizon)
        case .fixed(let start, let end):
            if now < start { return (false, start < horizon ? start : nil) }
            return now < end ? (true, end < horizon ? end : nil) : (false, nil)
        }
    }
}
