package import Core
package import Git
package import KubernetesModel
internal import SluiceAPI

/// What one commit of this project says about itself in its trailers: the audit trail's unit.
package struct LedgerEntry: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case promotion = "Promotion"
        case rollback = "Rollback"
        /// Changes no file: it says that what a rollback holds and vetoes is lifted.
        case release = "Release"
    }

    package let commit: CommitID
    package let time: Timestamp
    package let subject: String
    package let kind: Kind
    /// The object that asked for it, `namespace/name`.
    package let object: String
    package let attempt: Int
    /// The environment that was changed, `namespace/name`; empty where the commit does not say.
    package let environment: String
    package let apps: [String]
    package let planDigest: String
    package let requestedBy: String
    package let approvedBy: [String]
    package let reason: String
    /// Commits that a rollback reverts.
    package let reverts: [String]
    /// Apps that a rollback holds.
    package let holds: [String]
    /// `app version` pairs that a rollback vetoes.
    package let vetoes: [String]
    package let override: String
    /// The fingerprint of the SSH key that signed the commit; empty without a signature that belongs to it.
    package let signedBy: String

    /// Reads a commit; nil for one that carries no trailers of this project.
    package init?(_ commit: CommitInfo) {
        self.init(commit, trailers: commit.trailers)
    }

    /// Reads a commit whose trailers stand elsewhere, as those of a squashed one may.
    package init?(_ commit: CommitInfo, trailers: CommitTrailers) {
        if let name = trailers[Trailer.rollback] {
            kind = .rollback
            object = name
            attempt = trailers[Trailer.rollbackAttempt].flatMap(Int.init) ?? 1
        } else if let name = trailers[Trailer.promotion] {
            kind = .promotion
            object = name
            attempt = trailers[Trailer.promotionAttempt].flatMap(Int.init) ?? 1
        } else if let name = trailers[Trailer.release] {
            kind = .release
            object = name
            attempt = trailers[Trailer.rollbackAttempt].flatMap(Int.init) ?? 1
        } else {
            return nil
        }
        self.commit = commit.id
        time = commit.time
        subject = commit.subject
        environment = trailers[Trailer.environment] ?? ""
        apps = trailers.all(Trailer.app)
        planDigest = trailers[Trailer.planDigest] ?? ""
        requestedBy = trailers[Trailer.requestedBy] ?? ""
        approvedBy = trailers.all(Trailer.approvedBy)
        reason = trailers[Trailer.reason] ?? ""
        reverts = trailers.all(Trailer.reverts)
        holds = trailers.all(Trailer.hold)
        vetoes = trailers.all(Trailer.veto)
        override = trailers[Trailer.override] ?? ""
        signedBy = commit.signingKey ?? ""
    }

    /// What is known of a commit that tells nothing itself.
    package init(
        commit: CommitID, time: Timestamp, kind: Kind, object: String, attempt: Int, environment: String,
        apps: [String], planDigest: String = "", requestedBy: String = "", reason: String = "",
        reverts: [String] = [], holds: [String] = [], vetoes: [String] = []
    ) {
        self.commit = commit
        self.time = time
        subject = ""
        self.kind = kind
        self.object = object
        self.attempt = attempt
        self.environment = environment
        self.apps = apps
        self.planDigest = planDigest
        self.requestedBy = requestedBy
        approvedBy = []
        signedBy = ""
        self.reason = reason
        self.reverts = reverts
        self.holds = holds
        self.vetoes = vetoes
        override = ""
    }

    /// The entry as `sluice audit -o json` prints it.
    package var json: JSONValue {
        var object: JSONObject = [
            "commit": .string(commit.hex), "time": .string(time.rfc3339), "kind": .string(kind.rawValue),
            "object": .string(self.object), "attempt": .int(Int64(attempt)), "environment": .string(environment),
            "apps": .array(apps.map(JSONValue.string)),
            "subject": .string(subject), "requestedBy": .string(requestedBy), "reason": .string(reason),
            "approvedBy": .array(approvedBy.map(JSONValue.string)),
        ]
        if !planDigest.isEmpty { object["planDigest"] = .string(planDigest) }
        if !signedBy.isEmpty { object["signedBy"] = .string(signedBy) }
        if !override.isEmpty { object["override"] = .string(override) }
        for (key, values) in [("reverts", reverts), ("holds", holds), ("vetoes", vetoes)] where !values.isEmpty {
            object[key] = .array(values.map(JSONValue.string))
        }
        return .object(object)
    }
}
