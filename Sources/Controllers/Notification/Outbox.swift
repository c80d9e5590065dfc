package import Core
package import KubernetesModel
package import Notifications

/// One entry of an Environment's `spec.notifications`.
package struct RecipientKey: Hashable, Sendable {
    package let environment: NamespacedName
    package let name: String

    package init(environment: NamespacedName, name: String) {
        self.environment = environment
        self.name = name
    }
}

/// Something to be told to one recipient.
package struct Letter: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        case notice(Notice)
        case report(CommitReport)
    }

    package let content: Content
    package let at: Timestamp
    /// How often it could not be delivered.
    package var failures = 0
    /// When it may be tried again.
    package var notBefore: Timestamp?

    package init(_ content: Content, at: Timestamp) {
        self.content = content
        self.at = at
    }
}

/// What waits to be told: a short line for each recipient, and an end to all lines together. Pure.
///
/// | what comes                            | and the line is full                | then                        |
/// |---------------------------------------|-------------------------------------|-----------------------------|
/// | a notice                              | no                                  | it stands at the end        |
/// | a notice                              | yes                                 | it is lost                  |
/// | a report on a commit that is in line  |                                     | it takes the other's place  |
/// | a report on another commit            | yes                                 | the oldest one is lost      |
package struct Outbox: Sendable {
    /// The most that waits for one recipient.
    package static let lineLimit = 64
    /// The most that waits in all.
    package static let limit = 8192

    private struct Line {
        var letters: [(ticket: UInt64, letter: Letter)] = []
        /// The ticket of the letter that is on its way.
        var underway: UInt64?
    }

    private var lines: [RecipientKey: Line] = [:]
    private var tickets: UInt64 = 0
    /// How many wait.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Puts a letter in line; returns how many are lost by that.
    package mutating func add(_ letter: Letter, for key: RecipientKey) -> Int {
        var line = lines[key] ?? Line()
        defer { if !line.letters.isEmpty { lines[key] = line } }
        if case .report(let report) = letter.content,
            let index = line.letters.firstIndex(where: {
                $0.ticket != line.underway && $0.letter.content.isReport(on: report)
            })
        {
            line.letters[index].letter = letter
            return 0
        }
        var lost = 0
        if line.letters.count >= Self.lineLimit || count >= Self.limit {
            guard case .report = letter.content,
                let oldest = line.letters.firstIndex(where: { $0.ticket != line.underway })
            else { return 1 }
            line.letters.remove(at: oldest)
            count -= 1
            lost = 1
        }
        tickets += 1
        line.letters.append((tickets, letter))
        count += 1
        return lost
    }

    /// What a recipient's line has now.
    package enum Taken: Sendable, Hashable {
        case nothing
        /// The first of it may not be tried before this time.
        case wait(until: Timestamp)
        /// The first of it, which is on its way from now on.
        case letter(Letter)
    }

    package mutating func take(for key: RecipientKey, now: Timestamp) -> Taken {
        guard let first = lines[key]?.letters.first else { return .nothing }
        if let notBefore = first.letter.notBefore, notBefore > now { return .wait(until: notBefore) }
        lines[key]?.underway = first.ticket
        return .letter(first.letter)
    }

    /// The letter that was on its way is done with, one way or the other; returns whether more wait.
    package mutating func finish(_ key: RecipientKey) -> Bool {
        guard var line = lines[key], let ticket = line.underway else { return lines[key] != nil }
        if line.letters.first?.ticket == ticket {
            line.letters.removeFirst()
            count -= 1
        }
        line.underway = nil
        lines[key] = line.letters.isEmpty ? nil : line
        return !line.letters.isEmpty
    }

    /// The letter that was on its way stays first in line.
    ///
    /// - Parameter notBefore: when it may be tried again; nil for any time.
    package mutating func putBack(_ key: RecipientKey, failed: Bool, notBefore: Timestamp? = nil) {
        guard let line = lines[key], let ticket = line.underway else { return }
        lines[key]?.underway = nil
        guard line.letters.first?.ticket == ticket else { return }
        if failed { lines[key]?.letters[0].letter.failures += 1 }
        lines[key]?.letters[0].letter.notBefore = notBefore
    }

    /// For whom something waits.
    package var recipients: [RecipientKey] { Array(lines.keys) }

    /// Drops a recipient that is there no more; returns how many are lost by that.
    package mutating func drop(_ key: RecipientKey) -> Int {
        let lost = lines.removeValue(forKey: key)?.letters.count ?? 0
        count -= lost
        return lost
    }
}

extension Letter.Content {
    fileprivate func isReport(on other: CommitReport) -> Bool {
        guard case .report(let report) = self else { return false }
        return report.commit == other.commit
    }
}
