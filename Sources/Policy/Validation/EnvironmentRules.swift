import Core
import KubernetesModel
import SluiceAPI

/// The rules of an environment that span several fields.
struct EnvironmentRules {
    private let name: String
    private let spec: EnvironmentSpec
    private let root = FieldPath("spec")
    private(set) var check = RuleCheck()

    init(_ environment: Environment) {
        name = environment.metadata.name
        spec = environment.spec
    }

    mutating func run() {
        source()
        destination()
        sync()
        upstream()
        approvals()
        promotion()
        verification()
        notifications()
        if spec.override != nil {
            check.require(
                spec.windows.override != nil, root / "override", "needs windows.override, which says who may override")
        }
        for (index, image) in spec.render.images.enumerated() {
            check.image(image, (root / "render" / "images")[index])
        }
        for key in spec.render.commonLabels.keys.sorted() where key.hasPrefix(SluiceGroup.name + "/") {
            check.require(false, root / "render" / "commonLabels" / key, "is a label that Sluice sets itself")
        }
    }

    private mutating func source() {
        let source = spec.source
        let path = root / "source"
        check.relative(source.path, path / "path")
        check.require(
            source.path.split(separator: "/").count { $0.contains("{app}") } <= 1, path / "path", "may hold {app} once")
        let parts = source.repository.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        if parts.count > 2, parts[1].isEmpty, let at = parts[2].lastIndex(of: "@") {
            check.require(
                !parts[2][..<at].contains(":"), path / "repository",
                "must not hold a password; put it into the Secret of credentialsRef")
        }
        let pins = [source.tag, source.semver, source.commit].filter { !$0.isEmpty }
        check.require(pins.count < 2, path, "say at most one of tag, semver and commit")
        check.require(
            pins.isEmpty || !spec.promotion.auto, root / "promotion" / "auto",
            "cannot be true while the source is pinned: nothing can be promoted into it")
        check.require(source.interval.duration >= .seconds(1), path / "interval", "must be at least 1s")
        check.require(
            source.verify.mode == .none || source.verify.signersRef != nil, path / "verify" / "signersRef",
            "is required: without signers no signature is good")
    }

    private mutating func destination() {
        let destination = spec.destination
        let path = root / "destination"
        check.require(
            spec.source.path.contains("{app}") || !destination.namespace.contains("{app}"), path / "namespace",
            "holds {app}, but source.path does not: the one app is called \(name)")
        let globs = destination.allowedNamespaces
        if !globs.isEmpty, !destination.namespace.isEmpty, !destination.namespace.contains("{app}") {
            check.require(
                GlobList(globs).matches(destination.namespace), path / "allowedNamespaces",
                "must let in destination.namespace, \(destination.namespace)")
        }
    }

    private mutating func sync() {
        let sync = spec.sync
        let path = root / "sync"
        check.require(sync.timeout.duration > .zero, path / "timeout", "must be more than zero")
        check.require(
            sync.retry.backoff.duration <= sync.retry.backoff.maxDuration, path / "retry" / "backoff" / "duration",
            "must not be longer than maxDuration")
        for (index, rule) in sync.ignoreDifferences.enumerated() {
            let path = (path / "ignoreDifferences")[index]
            check.require(
                !rule.jsonPointers.isEmpty || !rule.managers.isEmpty, path, "say jsonPointers or managers")
            for (index, pointer) in rule.jsonPointers.enumerated() {
                check.require(
                    !pointer.isEmpty && JSONPointer(pointer) != nil, (path / "jsonPointers")[index],
                    "must be a JSON pointer such as /spec/replicas")
            }
        }
    }

    private mutating func upstream() {
        check.require(
            !spec.promotion.auto || spec.upstream != nil, root / "promotion" / "auto",
            "needs upstream.environments to promote from")
        check.require(
            spec.upstream?.environments.contains(name) != true, root / "upstream" / "environments",
            "must not name this environment itself")
    }

    private mutating func approvals() {
        guard let approvals = spec.approvals else {
            check.require(
                spec.rollback.approvals == .none, root / "rollback" / "approvals",
                "needs approvals to say who may approve")
            return
        }
        let path = root / "approvals"
        for (index, approver) in approvals.from.enumerated() {
            let path = (path / "from")[index]
            check.require(approver.group.isEmpty != approver.user.isEmpty, path, "say either group or user")
            check.require(
                approver.user.isEmpty || approver.min <= 1, path / "min", "cannot be more than 1: it is one person")
        }
        if !approvals.from.isEmpty, approvals.from.allSatisfy({ !$0.user.isEmpty }) {
            let people = Set(approvals.from.map(\.user)).count
            check.require(
                approvals.required <= people, path / "required", "can never be met: only \(people) may approve")
        }
        check.require(
            approvals.sources != [.signedCommit] || approvals.signersRef != nil, path / "signersRef",
            "is required: signed commits are the only source, and without signers no signature is good")
        check.require(approvals.expiresAfter.duration > .zero, path / "expiresAfter", "must be more than zero")
    }

    private mutating func promotion() {
        check.require(
            spec.promotion.maxPerWindow == 0
                || !spec.windows.allow.isEmpty && spec.windows.operations.contains(.promote),
            root / "promotion" / "maxPerWindow",
            "needs windows.allow with Promote among windows.operations: without windows there is no opening to count in"
        )
    }

    private mutating func verification() {
        let verification = spec.verification
        let path = root / "verification"
        check.require(verification.timeout.duration > .zero, path / "timeout", "must be more than zero")
        check.require(
            verification.health.stableFor <= verification.timeout, path / "health" / "stableFor",
            "must not be longer than verification.timeout")
        for (index, metric) in verification.metrics.enumerated() {
            check.require(
                metric.interval.duration >= .seconds(1), (path / "metrics")[index] / "interval", "must be at least 1s")
        }
    }

    private mutating func notifications() {
        for (index, notification) in spec.notifications.enumerated() {
            let path = (root / "notifications")[index]
            let hasSecret = notification.secretRef != nil
            switch notification.type {
            case .slack:
                check.require(hasSecret, path / "secretRef", "is required: its key url has the address")
                check.require(
                    notification.url.isEmpty, path / "url",
                    "must be empty: whoever has the address may post there, so it belongs into the Secret of secretRef")
            case .webhook:
                check.require(
                    hasSecret || !notification.url.isEmpty, path / "url", "is required where no Secret has it")
            case .commitStatus:
                check.require(
                    notification.url.isEmpty, path / "url", "must be empty: the forge of source.repository is told")
                check.require(
                    notification.events.isEmpty && notification.apps == ["*"], path,
                    "is about the whole environment: events and apps choose nothing for a CommitStatus")
            }
            let authority = notification.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            check.require(
                authority.count < 3 || !authority[2].contains("@"), path / "url",
                "must not hold a user name or password; put the address into the Secret of secretRef")
        }
    }
}
