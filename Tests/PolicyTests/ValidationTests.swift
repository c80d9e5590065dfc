import Core
import KubernetesModel
import SluiceAPI
import TestSupport
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

    @Test("names what spans several fields", arguments: BrokenRule.all)
    func rules(rule: BrokenRule) throws {
        let manifest = try rule.manifest(name: "production", namespace: "shop")
        #expect(
            Policy.validate(manifest: manifest, strict: true).map(\.message) == [rule.message(name: "production")])
    }

    @Test(
        "names what the schema forbids",
        arguments: [
            (
                "Environment", "source: {repository: 'https://git/x', path: a}, sync: {prunee: true}",
                "spec.sync.prunee: there is no such field; did you mean prune?"
            ),
            (
                "Promotion", "environment: production, items: []",
                "spec.items: must have at least 1 element"
            ),
            (
                "Promotion",
                "environment: production, items: [{app: a, fromEnvironment: s}], override: {gates: [Approval], reason: x}",
                "spec.override.gates[0]: must be one of Window, Upstream, Soak, not \"Approval\""
            ),
        ])
    func schema(kind: String, spec: String, message: String) throws {
        #expect(try errors(kind, "{\(spec)}") == [message])
    }

    @Test("names a name that no server takes, and bears one that the server is to make")
    func names() throws {
        let spec = "{environment: production, target: {steps: 1}}"
        #expect(
            try errors("Rollback", spec, name: "Cart_Undo") == [
                "metadata.name: must be the name of an object: lower-case letters, digits, - and ., not \"Cart_Undo\""
            ])
        #expect(try errors("Rollback", spec, name: "''").count == 1)
        #expect(try errors("Rollback", spec, name: "'', generateName: cart-") == [])
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
