package import KubernetesModel

/// An object that is in order by its schema and yet wrong: what is said about it spans several fields.
package struct BrokenRule: Sendable, CustomStringConvertible {
    package let kind: String
    private let part: String
    private let complaint: String

    /// - Parameters:
    ///   - part: the part of the spec that is wrong, in YAML's flow style.
    ///   - complaint: what is said about it. In both, `production` stands for the environment's name.
    private init(_ kind: String, _ part: String, _ complaint: String) {
        self.kind = kind
        self.part = part
        self.complaint = complaint
    }

    package var description: String { "\(kind) \(part)" }

    /// What is said of the object of that name.
    package func message(name: String) -> String { complaint.replacing("production", with: name) }

    /// The object: the part, and what else its spec must hold. A Promotion or Rollback is for the environment of its
    /// own name.
    package func manifest(name: String, namespace: String) throws -> Manifest {
        let rest =
            kind != "Environment"
            ? "environment: \(name), "
            : part.hasPrefix("source") ? "" : "source: {repository: 'https://git/x', path: a}, "
        return try Manifest(
            yaml: """
                apiVersion: sluice.dev/v1alpha1
                kind: \(kind)
                metadata: {name: \(name), namespace: \(namespace)}
                spec: {\(rest)\(part.replacing("production", with: name))}
                """)
    }

    /// Each rule, broken once.
    package static let all: [BrokenRule] = [
        BrokenRule(
            "Environment", "source: {repository: 'https://u:p@git/x', path: a}",
            "spec.source.repository: must not hold a password; put it into the Secret of credentialsRef"),
        BrokenRule(
            "Environment", "source: {repository: 'https://git/x', path: ../a}",
            "spec.source.path: must be a path within the repository, without .."),
        BrokenRule(
            "Environment", "source: {repository: 'https://git/x', path: /a}",
            "spec.source.path: must be a path within the repository, without .."),
        BrokenRule(
            "Environment", "source: {repository: 'https://git/x', path: '{app}/{app}'}",
            "spec.source.path: may hold {app} once"),
        BrokenRule(
            "Environment", "source: {repository: 'https://git/x', path: a, tag: v1, semver: '>=1'}",
            "spec.source: say at most one of tag, semver and commit"),
        BrokenRule(
            "Environment", "source: {repository: 'https://git/x', path: a, verify: {mode: Head}}",
            "spec.source.verify.signersRef: is required: without signers no signature is good"),
        BrokenRule(
            "Environment", "source: {repository: 'https://git/x', path: a, interval: 100ms}",
            "spec.source.interval: must be at least 1s"),
        BrokenRule(
            "Environment", "destination: {namespace: 'x-{app}'}",
            "spec.destination.namespace: holds {app}, but source.path does not: the one app is called production"),
        BrokenRule(
            "Environment", "destination: {namespace: x, allowedNamespaces: ['y*']}",
            "spec.destination.allowedNamespaces: must let in destination.namespace, x"),
        BrokenRule(
            "Environment", "sync: {timeout: 0s}",
            "spec.sync.timeout: must be more than zero"),
        BrokenRule(
            "Environment", "sync: {retry: {backoff: {duration: 10m}}}",
            "spec.sync.retry.backoff.duration: must not be longer than maxDuration"),
        BrokenRule(
            "Environment", "sync: {ignoreDifferences: [{kind: A}]}",
            "spec.sync.ignoreDifferences[0]: say jsonPointers or managers"),
        BrokenRule(
            "Environment", "sync: {ignoreDifferences: [{kind: A, jsonPointers: [spec]}]}",
            "spec.sync.ignoreDifferences[0].jsonPointers[0]: must be a JSON pointer such as /spec/replicas"),
        BrokenRule(
            "Environment", "promotion: {auto: true}",
            "spec.promotion.auto: needs upstream.environments to promote from"),
        BrokenRule(
            "Environment", "upstream: {environments: [production]}",
            "spec.upstream.environments: must not name this environment itself"),
        BrokenRule(
            "Environment", "approvals: {from: [{group: a, user: b}]}",
            "spec.approvals.from[0]: say either group or user"),
        BrokenRule(
            "Environment", "approvals: {from: [{user: b, min: 2}]}",
            "spec.approvals.from[0].min: cannot be more than 1: it is one person"),
        BrokenRule(
            "Environment", "approvals: {required: 2, from: [{user: b}]}",
            "spec.approvals.required: can never be met: only 1 may approve"),
        BrokenRule(
            "Environment", "approvals: {sources: [SignedCommit]}",
            "spec.approvals.signersRef: is required: signed commits are the only source, and without signers no signature is good"
        ),
        BrokenRule(
            "Environment", "rollback: {approvals: Required}",
            "spec.rollback.approvals: needs approvals to say who may approve"),
        BrokenRule(
            "Environment", "verification: {timeout: 1m, health: {stableFor: 2m}}",
            "spec.verification.health.stableFor: must not be longer than verification.timeout"),
        BrokenRule(
            "Environment", "override: {reason: x, until: '2026-01-01T00:00:00Z'}",
            "spec.override: needs windows.override, which says who may override"),
        BrokenRule(
            "Environment", "render: {images: [{name: a}]}",
            "spec.render.images[0]: say at least one of newName, newTag and digest"),
        BrokenRule(
            "Environment", "render: {commonLabels: {sluice.dev/environment: x}}",
            "spec.render.commonLabels[\"sluice.dev/environment\"]: is a label that Sluice sets itself"),
        BrokenRule(
            "Environment", "notifications: [{name: a, type: Slack}]",
            "spec.notifications[0].secretRef: is required: its key url has the address"),
        BrokenRule(
            "Environment", "notifications: [{name: a, type: Slack, secretRef: {name: s}, url: 'https://x'}]",
            "spec.notifications[0].url: must be empty: whoever has the address may post there, so it belongs into the Secret of secretRef"
        ),
        BrokenRule(
            "Environment", "notifications: [{name: a, type: Webhook}]",
            "spec.notifications[0].url: is required where no Secret has it"),
        BrokenRule(
            "Environment", "notifications: [{name: a, type: Webhook, url: 'https://u:p@x/y'}]",
            "spec.notifications[0].url: must not hold a user name or password; put the address into the Secret of secretRef"
        ),
        BrokenRule(
            "Environment", "notifications: [{name: a, type: CommitStatus, url: 'https://x'}]",
            "spec.notifications[0].url: must be empty: the forge of source.repository is told"),
        BrokenRule(
            "Environment", "notifications: [{name: a, type: CommitStatus, events: [SyncFailed]}]",
            "spec.notifications[0]: is about the whole environment: events and apps choose nothing for a CommitStatus"
        ),
        BrokenRule(
            "Environment", "windows: {timeZone: Mars}",
            "spec.windows.timeZone: the time zone database has no zone \"Mars\"; use a name such as Europe/Berlin"),
        BrokenRule(
            "Promotion", "items: [{app: a, apps: [b], fromEnvironment: s}]",
            "spec.items[0]: name the app in app or several in apps, and not both"),
        BrokenRule(
            "Promotion", "items: [{fromEnvironment: s}]",
            "spec.items[0]: name the app in app or several in apps, and not both"),
        BrokenRule(
            "Promotion", "items: [{app: a}]",
            "spec.items[0]: say exactly one of image, fromEnvironment and path"),
        BrokenRule(
            "Promotion", "items: [{app: a, fromEnvironment: s, image: {name: x, newTag: y}}]",
            "spec.items[0]: say exactly one of image, fromEnvironment and path"),
        BrokenRule(
            "Promotion", "items: [{app: a, image: {name: x}}]",
            "spec.items[0].image: say at least one of newName, newTag and digest"),
        BrokenRule(
            "Promotion", "items: [{app: a, fromEnvironment: production}]",
            "spec.items[0].fromEnvironment: must be another environment than the one that is promoted into"),
        BrokenRule(
            "Promotion", "items: [{app: a, path: {from: s, include: [ok, a/../b]}}]",
            "spec.items[0].path.include[1]: must be a path within the repository, without .."),
        BrokenRule(
            "Rollback", "target: {}",
            "spec.target: say exactly one of promotion, commit, lastHealthy and steps"),
        BrokenRule(
            "Rollback", "target: {steps: 1, promotion: a}",
            "spec.target: say exactly one of promotion, commit, lastHealthy and steps"),
    ]
}
