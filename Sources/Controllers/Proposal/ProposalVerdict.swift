package import Core
internal import Forge
internal import Git
package import SluiceAPI

/// What becomes of an attempt whose commit goes through a pull request, once every other gate is open. Pure.
///
/// | pull request | branch              | verdict                                                |
/// |--------------|---------------------|--------------------------------------------------------|
/// | none         | none, ours          | push what would be committed now, open one             |
/// | open         | ours, current       | wait for the merge                                     |
/// | open         | none, ours, old     | push anew, bring its text up to date                   |
/// | none, open   | somebody else's     | wait: nothing of theirs is overwritten                 |
/// | merged       |                     | wait until the branch that it went into is fetched     |
package enum ProposalVerdict: Sendable, Hashable {
    /// Push the commit to the branch, then open the pull request or bring it up to date.
    case propose(Proposal)
    case wait(Gate, until: Timestamp)
    /// The forge cannot be asked.
    case fail(reason: String, message: String, until: Timestamp)

    /// What is pushed and asked to be merged now; nil while the attempt waits.
    package var proposal: Proposal? {
        if case .propose(let proposal) = self { proposal } else { nil }
    }

    /// The merge, as one more gate of the attempt.
    package var gate: Gate? {
        if case .wait(let gate, _) = self { gate } else { nil }
    }

    /// Why the attempt is not committed yet, as its status says it.
    package var reason: String {
        switch self {
        case .propose: GateReason.awaitingMerge.rawValue
        case .wait(let gate, _): (gate.reason ?? .awaitingMerge).rawValue
        case .fail(let reason, _, _): reason
        }
    }

    package var message: String {
        switch self {
        case .propose: "a pull request is being opened"
        case .wait(let gate, _): gate.message
        case .fail(_, let message, _): message
        }
    }

    /// When to look again although nothing happens.
    package var until: Timestamp? {
        switch self {
        case .propose: nil
        case .wait(_, let until), .fail(_, _, let until): until
        }
    }

    /// Why an attempt ends whose pull request somebody closed; nil where nobody did.
    package static func closing(_ proposal: Proposal) -> String? {
        guard let closed = proposal.pullRequest, closed.state == .closed else { return nil }
        return "pull request \(closed.url) was closed without a merge"
    }

    /// How long a failure that only a person can mend is left alone.
    private static let patience = Duration.seconds(60)
    /// How long a passing failure is left alone.
    private static let pause = Duration.seconds(10)

    package static func judge(_ seen: Result<Proposal, ChangeError>?, now: Timestamp) -> ProposalVerdict {
        switch seen {
        case nil:
            return .fail(
                reason: "ForgeUnavailable", message: "the forge has not been asked yet", until: now + Self.pause)
        case .failure(let error)?:
            let until: Timestamp =
                switch error.disposition {
                case .terminal: now + Self.patience
                case .transient: now + Self.pause
                case .waitUntil(let time): max(time, now + .seconds(1))
                }
            return .fail(reason: error.reason, message: error.message, until: until)
        case .success(let proposal)?: return judge(proposal)
        }
    }

    private static func judge(_ proposal: Proposal) -> ProposalVerdict {
        func wait(_ reason: GateReason, _ message: String) -> ProposalVerdict {
            .wait(
                Gate(name: .merge, state: .waiting, reason: reason, message: message.bounded(to: 1024)),
                until: proposal.nextLook)
        }
        let url = proposal.pullRequest?.url ?? ""
        switch proposal.pullRequest?.state {
        case .merged?: return wait(.awaitingMerge, "pull request \(url) is merged; its commit is being fetched")
        case .open?, .closed?, nil:
            switch proposal.content {
            case .foreign(let commit, let author):
                return wait(
                    .foreignChanges,
                    "branch \(proposal.branch) holds commit \(commit.short) by \(author), which Sluice did not make: "
                        + (url.isEmpty ? "delete the branch" : "take it off, or merge or close \(url)"))
            case .ours(_, isCurrent: true) where proposal.pullRequest != nil:
                return wait(.awaitingMerge, "pull request \(url) waits to be merged")
            case .none, .ours: return .propose(proposal)
            }
        }
    }
}
