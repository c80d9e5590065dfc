package import Core
package import Git
internal import KubernetesModel
package import SluiceAPI

/// What the history of one branch says of promotions and rollbacks, newest first; kept up to date commit by commit.
///
/// It answers, without asking the API server or trusting any status, whether an attempt was committed already, and
/// which holds and vetoes are in force. It reaches ``depth`` commits back.
package struct Ledger: Sendable {
    /// How many commits of history are read at most.
    package static let depth = 10_000

    package private(set) var entries: [LedgerEntry] = []
    private var attempts: Set<Attempt> = []
    /// The commit up to which it reaches.
    package private(set) var head: CommitID?

    package init() {}

    private struct Attempt: Hashable {
        let kind: LedgerEntry.Kind
        let object: String
        let attempt: Int

        init(_ entry: LedgerEntry) {
            kind = entry.kind
            object = entry.object
            attempt = entry.attempt
        }
    }

    /// Adds what came since ``head``; `commits` are newest first and end before it.
    package mutating func advance(to head: CommitID, commits: [CommitInfo]) {
        let new = commits.compactMap { LedgerEntry($0) }
        attempts.formUnion(new.map(Attempt.init))
        entries = new + entries
        self.head = head
    }

    /// Only what the operator wrote itself, where it signs: without a key anybody's trailers count. What a forge merged
    /// without that signature is adopted from statuses afterwards.
    ///
    /// - Parameter keys: fingerprints of the operator's keys; nil where it does not sign.
    package func written(by keys: Set<String>?) -> Ledger {
        guard let keys else { return self }
        var own = self
        own.entries.removeAll { !keys.contains($0.signedBy) }
        own.attempts = Set(own.entries.map(Attempt.init))
        return own
    }

    /// Whether there is a commit of the same attempt.
    func knows(_ entry: LedgerEntry) -> Bool { attempts.contains(Attempt(entry)) }

    /// Puts in an entry by its time.
    mutating func insert(_ entry: LedgerEntry) {
        attempts.insert(Attempt(entry))
        entries.insert(entry, at: entries.firstIndex { $0.time <= entry.time } ?? entries.count)
    }

    /// The commit of one attempt of a Promotion or Rollback, `object` being `namespace/name`.
    package func entry(_ kind: LedgerEntry.Kind, _ object: String, attempt: Int) -> LedgerEntry? {
        entries.first { $0.kind == kind && $0.object == object && $0.attempt == attempt }
    }

    /// The commits of all attempts, newest first.
    package func entries(_ kind: LedgerEntry.Kind, _ object: String) -> [LedgerEntry] {
        entries.filter { $0.kind == kind && $0.object == object }
    }

    /// The promotions into an environment that no later rollback has reverted, newest first.
    package func standingPromotions(into environment: String) -> [LedgerEntry] {
        let reverted = Set(entries.flatMap(\.reverts))
        return entries.filter {
            $0.kind == .promotion && $0.environment == environment && !reverted.contains($0.commit.hex)
        }
    }

    /// The rollback that reverted a commit, if one did.
    package func rollback(of commit: CommitID) -> LedgerEntry? {
        entries.first { $0.kind == .rollback && $0.reverts.contains(commit.hex) }
    }

    /// Whether what a Rollback holds and vetoes was lifted after its last commit, `object` being `namespace/name`.
    package func isReleased(_ object: String) -> Bool {
        entries.first { $0.object == object && $0.kind != .promotion }?.kind == .release
    }

    /// The newest commit of a promotion or rollback that changed an app of an environment.
    package func latest(_ app: String, in environment: String) -> LedgerEntry? {
        entries.first { $0.kind != .release && $0.environment == environment && $0.apps.contains(app) }
    }

    /// How many promotions into an environment were committed since a moment.
    package func promotions(into environment: String, since start: Timestamp) -> Int {
        entries.count { $0.kind == .promotion && $0.environment == environment && $0.time >= start }
    }
}

/// Holds and vetoes in force: those of the spec, and those of rollbacks that Git tells of and nobody has released.
package struct Restraints: Sendable, Hashable {
    package var holds: [EnvironmentStatus.HoldState] = []
    package var vetoes: [EnvironmentStatus.VetoState] = []

    /// - Parameters:
    ///   - rollbacks: the Rollbacks of the environment's namespace that exist as objects, by name.
    package init(environment: Environment, ledger: Ledger, rollbacks: [String: Rollback]) {
        holds = environment.spec.holds.map { EnvironmentStatus.HoldState(app: $0.app, reason: $0.reason) }
        vetoes = environment.spec.vetoes.map {
            EnvironmentStatus.VetoState(app: $0.app, version: $0.version, reason: $0.reason, until: $0.until)
        }
        var seen: Set<String> = []
        for entry in ledger.entries
        where entry.kind != .promotion && entry.environment == "\(environment.namespacedName)" {
            let name = String(entry.object.split(separator: "/").last ?? "")
            // The newest word on a rollback counts: its own commit, or one that released it since.
            guard seen.insert(name).inserted, entry.kind == .rollback, rollbacks[name]?.wasReleased != true else {
                continue
            }
            add(holds: entry.holds, vetoes: entry.vetoes, reason: entry.reason, rollback: name)
        }
        // One that is about to push holds already: nothing may be promoted between its decision and its commit.
        for (name, rollback) in rollbacks.sorted(by: { $0.key < $1.key })
        where rollback.spec.environment == environment.metadata.name && !rollback.wasReleased && !seen.contains(name) {
            add(
                holds: rollback.status.holds, vetoes: rollback.status.vetoes, reason: rollback.spec.reason,
                rollback: name)
        }
    }

    private mutating func add(holds apps: [String], vetoes versions: [String], reason: String, rollback: String) {
        for app in apps {
            holds.append(EnvironmentStatus.HoldState(app: app, reason: reason, rollback: rollback))
        }
        for text in versions {
            guard let space = text.firstIndex(of: " ") else { continue }
            vetoes.append(
                EnvironmentStatus.VetoState(
                    app: String(text[..<space]), version: String(text[text.index(after: space)...]), reason: reason,
                    rollback: rollback))
        }
    }
}

extension Rollback {
    /// Whether the commit that lifts what it holds was seen in Git. That somebody asked for it is not enough.
    fileprivate var wasReleased: Bool { spec.release && status.conditions.isTrue(ConditionType.released) }
}
