/// Which commits of the source must carry a signature that is in the list of signers.
package enum VerifyMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// No signature is asked for.
    case none = "None"
    /// The commit that is rendered.
    case head = "Head"
    /// Every commit since the last one that was accepted.
    case everyCommit = "EveryCommit"
}

/// How a commit reaches the branch.
package enum PushMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Sluice pushes to the branch.
    case direct = "Direct"
    /// Sluice opens a pull request and waits until it is merged.
    case pullRequest = "PullRequest"
}

/// Whose API a server of pull requests speaks.
package enum ForgeProvider: String, Sendable, Hashable, Codable, CaseIterable {
    /// github.com and GitHub Enterprise Server.
    case gitHub = "GitHub"
    /// gitlab.com and GitLab of one's own; its merge requests are pull requests here.
    case gitLab = "GitLab"
    /// Gitea, Forgejo and codeberg.org.
    case gitea = "Gitea"
}

/// How a pull request stands.
package enum PullRequestPhase: String, Sendable, Hashable, Codable, CaseIterable {
    /// It waits.
    case open = "Open"
    /// Its change is in the branch.
    case merged = "Merged"
    /// It was closed without a merge.
    case closed = "Closed"
}

/// What happens to objects in the destination namespaces that no manifest names.
package enum OrphanPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Nothing; they are not even looked for.
    case ignore = "Ignore"
    /// They are counted and named in an event; nothing is deleted.
    case warn = "Warn"
}

/// How an object's dependents go when it is deleted.
package enum PropagationPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Dependents first; the object stays until they are gone.
    case foreground = "Foreground"
    /// The object at once, its dependents after it.
    case background = "Background"
    /// Dependents stay.
    case orphan = "Orphan"
}

/// How many of the upstream environments must have proved a version.
package enum UpstreamMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every one of them.
    case all = "All"
    /// One of them.
    case oneOf = "OneOf"
}

/// What a window lets through or holds.
package enum WindowOperation: String, Sendable, Hashable, Codable, CaseIterable {
    /// The commit of a promotion.
    case promote = "Promote"
    /// Bringing a new revision to the cluster.
    case sync = "Sync"
    /// Undoing drift from the last synced revision.
    case selfHeal = "SelfHeal"
    /// The commit of a rollback.
    case rollback = "Rollback"
}

/// What becomes of a promotion whose window shuts before its commit is pushed.
package enum WindowCloseAction: String, Sendable, Hashable, Codable, CaseIterable {
    /// It waits for the next opening; approvals are checked again then.
    case pauseBeforeCommit = "PauseBeforeCommit"
    /// It goes on.
    case complete = "Complete"
    /// It ends.
    case abort = "Abort"
}

/// Through which door an approval may come.
package enum ApprovalSource: String, Sendable, Hashable, Codable, CaseIterable {
    /// An API user, stamped by the admission webhook.
    case admissionWebhook = "AdmissionWebhook"
    /// The signer of the commit that introduced the entry.
    case signedCommit = "SignedCommit"
}

/// A part in a change whose holder may not approve it.
package enum Duty: String, Sendable, Hashable, Codable, CaseIterable {
    /// Who asked for the promotion.
    case requester = "Requester"
    /// Who wrote the commits that are promoted.
    case changeAuthors = "ChangeAuthors"
}

/// Which of several waiting promotions goes first.
package enum PromotionOrder: String, Sendable, Hashable, Codable, CaseIterable {
    /// The newest.
    case latestWins = "LatestWins"
    /// The oldest.
    case fifo = "Fifo"
}

/// Which promotions a newer one of the same apps replaces.
package enum SupersedePolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Those that have not begun to commit.
    case pendingOnly = "PendingOnly"
    /// None; each one runs.
    case never = "Never"
}

/// What a metric without data means.
package enum NoDataPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Neither good nor bad; it is asked again until the time runs out.
    case inconclusive = "Inconclusive"
    /// It counts as good.
    case pass = "Pass"
    /// It counts as bad.
    case fail = "Fail"
}

/// What may set off an automatic rollback.
package enum RollbackTrigger: String, Sendable, Hashable, Codable, CaseIterable {
    /// An app fell ill after the promotion, within the time it is watched.
    case degraded = "Degraded"
    /// The promotion's verification failed.
    case verificationFailed = "VerificationFailed"
}

/// What a rollback does where a revert does not apply cleanly.
package enum ConflictPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// Puts back the trees of the paths that the promotion touched, as they were before it.
    case restorePaths = "RestorePaths"
    /// Changes nothing and ends in conflict.
    case fail = "Fail"
}

/// Whether rollbacks wait for approvals.
package enum RollbackApprovals: String, Sendable, Hashable, Codable, CaseIterable {
    /// They do not.
    case none = "None"
    /// They need the same approvals as a promotion.
    case required = "Required"
}

/// What becomes of the deployed objects when their Environment is deleted.
package enum DeletionPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    /// They stay.
    case orphan = "Orphan"
    /// They are deleted first.
    case prune = "Prune"
}

/// Where an environment stands, in one word.
package enum EnvironmentPhase: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is on its way to what Git says.
    case progressing = "Progressing"
    /// Everything is synced and healthy.
    case ready = "Ready"
    /// Something failed or is ill.
    case degraded = "Degraded"
    /// A freeze is in force.
    case frozen = "Frozen"
    /// `spec.suspend` is set.
    case suspended = "Suspended"
    /// It is being deleted.
    case terminating = "Terminating"
}

/// How the cluster compares to Git.
package enum SyncState: String, Sendable, Hashable, Codable, CaseIterable {
    /// As Git says.
    case synced = "Synced"
    /// It differs.
    case outOfSync = "OutOfSync"
    /// It is not known yet, or the manifests cannot be rendered.
    case unknown = "Unknown"
}

/// How well an object or an app is. The order of the cases is from best to worst.
package enum HealthState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It does what it should.
    case healthy = "Healthy"
    /// Somebody paused it.
    case suspended = "Suspended"
    /// It is on its way.
    case progressing = "Progressing"
    /// It is not known yet.
    case unknown = "Unknown"
    /// It is not there.
    case missing = "Missing"
    /// It failed.
    case degraded = "Degraded"
}

/// Where a promotion stands.
package enum PromotionPhase: String, Sendable, Hashable, Codable, CaseIterable {
    /// It waits for its turn.
    case queued = "Queued"
    /// Its change is being computed.
    case planning = "Planning"
    /// Its plan is ready; a gate holds it.
    case gated = "Gated"
    /// Its commit is being made and pushed.
    case committing = "Committing"
    /// The commit is in Git and on its way to the cluster.
    case syncing = "Syncing"
    /// It is in the cluster and being watched.
    case verifying = "Verifying"
    /// It is live and verified.
    case succeeded = "Succeeded"
    /// It could not be carried through.
    case failed = "Failed"
    /// Approvers refused it.
    case rejected = "Rejected"
    /// A newer promotion took its place.
    case superseded = "Superseded"
    /// It was not let through in time.
    case expired = "Expired"
    /// Somebody stopped it.
    case aborted = "Aborted"
    /// It was live and has been reverted.
    case rolledBack = "RolledBack"
    /// A dry run has its plan.
    case planned = "Planned"
}

/// Where a rollback stands.
package enum RollbackPhase: String, Sendable, Hashable, Codable, CaseIterable {
    /// It waits for its turn.
    case queued = "Queued"
    /// What it has to revert is being found.
    case planning = "Planning"
    /// A gate holds it.
    case gated = "Gated"
    /// The revert is being made and pushed.
    case reverting = "Reverting"
    /// The revert is in Git and on its way to the cluster.
    case syncing = "Syncing"
    /// It is in the cluster and being watched.
    case verifying = "Verifying"
    /// The earlier version is live and healthy.
    case succeeded = "Succeeded"
    /// It could not be carried through.
    case failed = "Failed"
    /// The revert does not apply cleanly and `onConflict` is Fail.
    case conflict = "Conflict"
    /// There was nothing to revert.
    case noOp = "NoOp"
}

/// Who set off a rollback.
package enum RollbackCause: String, Sendable, Hashable, Codable, CaseIterable {
    /// A person.
    case manual = "Manual"
    /// The operator, because a promotion failed.
    case automatic = "Automatic"
}

/// What an approver says.
package enum Decision: String, Sendable, Hashable, Codable, CaseIterable {
    /// Yes.
    case approve = "Approve"
    /// No.
    case reject = "Reject"
}

/// How an identity was learnt, and so what it is worth.
package enum IdentitySource: String, Sendable, Hashable, Codable, CaseIterable {
    /// Stamped by the admission webhook from the API request.
    case admissionWebhook = "AdmissionWebhook"
    /// The signer of the commit that introduced the entry.
    case signedCommit = "SignedCommit"
    /// The author that an unsigned commit names: a claim, never good for an approval.
    case unsignedCommit = "UnsignedCommit"
    /// The operator itself.
    case automatic = "Automatic"
    /// Nobody vouches for it.
    case unknown = "Unknown"
}

/// One thing that can hold a promotion or a rollback.
package enum GateName: String, Sendable, Hashable, Codable, CaseIterable {
    /// The environment is suspended.
    case suspended = "Suspended"
    /// The promotion's own earliest time.
    case notBefore = "NotBefore"
    /// The version is live, healthy and verified upstream.
    case upstream = "Upstream"
    /// The version has been healthy upstream for long enough.
    case soak = "Soak"
    /// The app is held.
    case held = "Held"
    /// The version is vetoed.
    case vetoed = "Vetoed"
    /// The windows are open and no freeze is in force.
    case window = "Window"
    /// Enough of the right people said yes.
    case approval = "Approval"
    /// The operator's clock agrees with the API server's.
    case clockSkew = "ClockSkew"
    /// The pull request was merged, where commits go through one.
    case merge = "Merge"
}

/// How a gate stands.
package enum GateState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It lets the work through.
    case open = "Open"
    /// It will open by itself or when somebody acts.
    case waiting = "Waiting"
    /// It will not open for this attempt.
    case closed = "Closed"
}

/// Why a gate is not open.
package enum GateReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// The version has not been verified upstream.
    case upstreamUnverified = "UpstreamUnverified"
    /// The version is not healthy upstream.
    case upstreamUnhealthy = "UpstreamUnhealthy"
    /// The version has not been healthy upstream for long enough.
    case soaking = "Soaking"
    /// No window is open.
    case windowClosed = "WindowClosed"
    /// As many promotions as `promotion.maxPerWindow` allows were committed in this opening.
    case windowFull = "WindowFull"
    /// A freeze is in force.
    case frozen = "Frozen"
    /// Approvals are missing.
    case awaitingApproval = "AwaitingApproval"
    /// Approvals were given to another plan.
    case approvalStale = "ApprovalStale"
    /// An approver is no longer in the list of signers or lost the right to approve.
    case approverRevoked = "ApproverRevoked"
    /// The only approvals are by people who may not approve this change.
    case selfApproval = "SelfApproval"
    /// Approvers refused it.
    case rejected = "Rejected"
    /// The version is vetoed.
    case vetoed = "Vetoed"
    /// The app is held.
    case held = "Held"
    /// The environment is suspended.
    case suspended = "Suspended"
    /// It is too early.
    case notBefore = "NotBefore"
    /// The operator's clock differs from the API server's.
    case clockSkew = "ClockSkew"
    /// The pull request is open.
    case awaitingMerge = "AwaitingMerge"
    /// Somebody else has committed to the branch of the pull request.
    case foreignChanges = "ForeignChanges"
}

/// Why a promotion or rollback ended or is stuck, beyond the gates.
package enum RunReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// The Git server refused the push.
    case pushRejected = "PushRejected"
    /// The change conflicts with what is in the branch.
    case gitConflict = "GitConflict"
    /// The manifests cannot be rendered.
    case renderFailed = "RenderFailed"
    /// The API server refused an object.
    case applyFailed = "ApplyFailed"
    /// The apps did not become healthy in time.
    case healthTimeout = "HealthTimeout"
    /// A metric broke its condition.
    case metricFailed = "MetricFailed"
    /// A verification job failed.
    case jobFailed = "JobFailed"
    /// The versions are live already.
    case alreadyLive = "AlreadyLive"
    /// The environment is being deleted.
    case environmentDeleted = "EnvironmentDeleted"
    /// There is no such environment.
    case environmentNotFound = "EnvironmentNotFound"
}

/// Why an approval does not count.
package enum InvalidReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is by the requester or by an author of the change.
    case selfApproval = "SelfApproval"
    /// It was given to another plan.
    case approvalStale = "ApprovalStale"
    /// It is too old.
    case expired = "Expired"
    /// Its author is none of those who are asked.
    case notInFrom = "NotInFrom"
    /// Its author's key or right to approve is gone.
    case revoked = "Revoked"
    /// No signed commit or API user stands behind it.
    case unsigned = "Unsigned"
    /// Somebody else wrote it in its author's name.
    case identityMismatch = "IdentityMismatch"
    /// It came through a door that the environment does not accept.
    case sourceNotAllowed = "SourceNotAllowed"
    /// The same key already signed for another person.
    case sharedKey = "SharedKey"
    /// The same person counted already.
    case duplicatePerson = "DuplicatePerson"
    /// The operator itself is nobody's approver.
    case operatorIdentity = "OperatorIdentity"
    /// It is dated in the future.
    case notYetValid = "NotYetValid"
}

/// How one verification stands.
package enum CheckState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It has not begun.
    case pending = "Pending"
    /// It is under way.
    case running = "Running"
    /// It is good.
    case passed = "Passed"
    /// It is bad.
    case failed = "Failed"
    /// There was nothing to judge by.
    case inconclusive = "Inconclusive"
}
