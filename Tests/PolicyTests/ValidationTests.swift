import Core
import KubernetesModel
import SluiceAPI
import Testing
import YAML

@testable import Policy

@Suite("Validation")
struct ValidationTests {
    private func errors(_ kind: String, _ spec: String, name: String = "production", strict: Bool = true) throws
        -> [String]
    {
        let yaml = """
            apiVersion: sluice.dev/v1alpha1
            kind: \(kind)
            metadata: {name: \(name), namespace: shop}
            spec: \(spec)
            """
        let json = try YAML.document(parsing: Array(yaml.utf8)).json(.goYAML3)
        return Policy.validate(manifest: Manifest(json), strict: strict).map(\.message)
    }

    @Test("finds nothing wrong with plain objects")
    func good() throws {
        #expect(
            try errors("Environment", "{source: {repository: 'https://git.example.com/x.git', path: 'apps/{app}'}}")
                == [])
        #expect(
            try errors(
                "Environment",
                "{source: {repository: 'git@git.example.com:x.git', path: a}, destination: {namespace: prod-x, allowedNamespaces: ['prod-*']}}"
            ) == [])
        #expect(
            try errors("Promotion", "{environment: production, items: [{app: cart, image: {name: a, newTag: '1'}}]}")
                == [])
        #expect(try errors("Rollback", "{environment: production, target: {lastHealthy: true}}") == [])
    }

    @Test(
        "names what spans several fields of an environment",
        arguments: [
            (
                "source: {repository: 'https://u:p@git/x', path: a}",
                "spec.source.repository: must not hold a password; put it into the Secret of credentialsRef"
            ),
            (
                "source: {repository: 'https://git/x', path: ../a}",
                "spec.source.path: must be a path within the repository, without .."
            ),
            (
                "source: {repository: 'https://git/x', path: /a}",
                "spec.source.path: must be a path within the repository, without .."
            ),
            ("source: {repository: 'https://git/x', path: '{app}/{app}'}", "spec.source.path: may hold {app} once"),
            (
                "source: {repository: 'https://git/x', path: a, tag: v1, semver: '>=1'}",
                "spec.source: say at most one of tag, semver and commit"
            ),
            (
                "source: {repository: 'https://git/x', path: a, verify: {mode: Head}}",
                "spec.source.verify.signersRef: is required: without signers no signature is good"
            ),
            (
                "source: {repository: 'https://git/x', path: a, interval: 100ms}",
                "spec.source.interval: must be at least 1s"
            ),
            (
                "destination: {namespace: 'x-{app}'}",
                "spec.destination.namespace: holds {app}, but source.path does not: the one app is called production"
            ),
            (
                "destination: {namespace: x, allowedNamespaces: ['y*']}",
                "spec.destination.allowedNamespaces: must let in destination.namespace, x"
            ),
            ("sync: {timeout: 0s}", "spec.sync.timeout: must be more than zero"),
            (
                "sync: {retry: {backoff: {duration: 10m}}}",
                "spec.sync.retry.backoff.duration: must not be longer than maxDuration"
            ),
            ("sync: {ignoreDifferences: [{kind: A}]}", "spec.sync.ignoreDifferences[0]: say jsonPointers or managers"),
            (
                "sync: {ignoreDifferences: [{kind: A, jsonPointers: [spec]}]}",
                "spec.sync.ignoreDifferences[0].jsonPointers[0]: must be a JSON pointer such as /spec/replicas"
            ),
            ("promotion: {auto: true}", "spec.promotion.auto: needs upstream.environments to promote from"),
            (
                "upstream: {environments: [production]}",
                "spec.upstream.environments: must not name this environment itself"
            ),
            ("approvals: {from: [{group: a, user: b}]}", "spec.approvals.from[0]: say either group or user"),
            (
                "approvals: {from: [{user: b, min: 2}]}",
                "spec.approvals.from[0].min: cannot be more than 1: it is one person"
            ),
            (
                "approvals: {required: 2, from: [{user: b}]}",
                "spec.approvals.required: can never be met: only 1 may approve"
            ),
            (
                "approvals: {sources: [SignedCommit]}",
                "spec.approvals.signersRef: is required: signed commits are the only source, and without signers no signature is good"
            ),
            ("rollback: {approvals: Required}", "spec.rollback.approvals: needs approvals to say who may approve"),
            (
                "verification: {timeout: 1m, health: {stableFor: 2m}}",
                "spec.verification.health.stableFor: must not be longer than verification.timeout"
            ),
            (
                "override: {reason: x, until: '2026-01-01T00:00:00Z'}",
                "spec.override: needs windows.override, which says who may override"
            ),
            ("render: {images: [{name: a}]}", "spec.render.images[0]: say at least one of newName, newTag and digest"),
            (
                "render: {commonLabels: {sluice.dev/environment: x}}",
                "spec.render.commonLabels[\"sluice.dev/environment\"]: is a label that Sluice sets itself"
            ),
            (
                "windows: {timeZone: Mars}",
                "spec.windows.timeZone: the time zone database has no zone \"Mars\"; use a name such as Europe/Berlin"
            ),
            ("sync: {prunee: true}", "spec.sync.prunee: there is no such field; did you mean prune?"),
        ])
    func environment(part: String, message: String) throws {
        let source = part.hasPrefix("source") ? "" : "source: {repository: 'https://git/x', path: a}, "
        #expect(try errors("Environment", "{\(source)\(part)}") == [message])
    }

    @Test(
        "names what spans several fields of a promotion or rollback",
        arguments: [
            (
                "Promotion", "items: [{app: a, apps: [b], fromEnvironment: s}]",
                "spec.items[0]: name the app in app or several in apps, and not both"
            ),
            (
                "Promotion", "items: [{fromEnvironment: s}]",
                "spec.items[0]: name the app in app or several in apps, and not both"
            ),
            ("Promotion", "items: [{app: a}]", "spec.items[0]: say exactly one of image, fromEnvironment and path"),
            (
                "Promotion", "items: [{app: a, fromEnvironment: s, image: {name: x, newTag: y}}]",
                "spec.items[0]: say exactly one of image, fromEnvironment and path"
            ),
            (
                "Promotion", "items: [{app: a, image: {name: x}}]",
                "spec.items[0].image: say at least one of newName, newTag and digest"
            ),
            (
                "Promotion", "items: [{app: a, fromEnvironment: production}]",
                "spec.items[0].fromEnvironment: must be another environment than the one that is promoted into"
            ),
            (
                "Promotion", "items: [{app: a, path: {from: s, include: [ok, a/../b]}}]",
                "spec.items[0].path.include[1]: must be a path within the repository, without .."
            ),
            ("Promotion", "items: []", "spec.items: must have at least 1 element"),
            (
                "Promotion", "items: [{app: a, fromEnvironment: s}], override: {gates: [Approval], reason: x}",
                "spec.override.gates[0]: must be one of Window, Upstream, Soak, not \"Approval\""
            ),
            ("Rollback", "target: {}", "spec.target: say exactly one of promotion, commit, lastHealthy and steps"),
            (
                "Rollback", "target: {steps: 1, promotion: a}",
                "spec.target: say exactly one of promotion, commit, lastHealthy and steps"
            ),
        ])
    func others(kind: String, part: String, message: String) throws {
        #expect(try errors(kind, "{environment: production, \(part)}") == [message])
    }

    @Test("refuses other kinds")
    func otherKinds() throws {
        #expect(
            try errors("Deployment", "{}") == [
                "kind: must be Environment, Promotion or Rollback of sluice.dev/v1alpha1"
            ])
    }

    @Test("tells which fields of a spec may change")
    func immutability() {
        let old = PromotionSpec(environment: "a", items: [.init(app: "x", fromEnvironment: "s")])
        var new = old
        new.abort = true
        new.attempt = 2
        new.approvals = [.init(user: "alice", planDigest: "sha256:")]
        new.override = .init(gates: [.window], reason: "x")
        #expect(Policy.changes(from: old, to: new).isEmpty)
        new.environment = "b"
        new.reason = "other"
        #expect(Policy.changes(from: old, to: new).map(\.path) == ["spec.environment", "spec.reason"])
        let rollback = RollbackSpec(environment: "a", target: .init(steps: 1))
        var released = rollback
        released.release = true
        #expect(Policy.changes(from: rollback, to: released).isEmpty)
        released.target.steps = 2
        #expect(Policy.changes(from: rollback, to: released).map(\.path) == ["spec.target"])
    }
}
