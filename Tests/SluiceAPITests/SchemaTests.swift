import Core
import KubernetesModel
import TestSupport
import Testing
import YAML

@testable import SluiceAPI

@Suite("Schema")
struct SchemaTests {
    static let minimal = """
        apiVersion: sluice.dev/v1alpha1
        kind: Environment
        metadata: {name: dev, namespace: shop}
        spec: {source: {repository: "https://git.example.com/x.git", path: "apps/{app}"}}
        """

    @Test("gives a minimal environment the defaults that Swift's initialisers have")
    func environmentDefaults() throws {
        let read = try Environment(manifest: Manifest(yaml: Self.minimal))
        let made = EnvironmentSpec(source: .init(repository: "https://git.example.com/x.git", path: "apps/{app}"))
        #expect(read.spec == made)
        #expect(read.status == EnvironmentStatus())
    }

    @Test("gives every nested object the defaults that Swift's initialisers have")
    func nestedDefaults() throws {
        let yaml = """
            apiVersion: sluice.dev/v1alpha1
            kind: Environment
            metadata: {name: dev, namespace: shop}
            spec:
              source: {repository: "https://git.example.com/x.git", path: a}
              upstream: {environments: [dev]}
              approvals: {}
              windows:
                allow: [{name: a, schedule: "@daily", duration: 1h}]
                freezes: [{name: f, start: "2026-01-01T00:00", end: "2026-01-02T00:00"}]
                override: {}
              sync: {ignoreDifferences: [{kind: Deployment}]}
              verification:
                metrics: [{name: m, prometheus: {url: "http://p", query: up}, condition: "> 0"}]
                jobs: [{name: j, templateRef: {name: t}}]
              notifications: [{name: n, type: CommitStatus}]
            """
        let spec = try Environment(manifest: Manifest(yaml: yaml)).spec
        #expect(spec.upstream == .init(environments: ["dev"]))
        #expect(spec.approvals == .init())
        #expect(spec.windows.allow == [.init(name: "a", schedule: "@daily", duration: .hours(1))])
        #expect(spec.windows.freezes == [.init(name: "f", start: "2026-01-01T00:00", end: "2026-01-02T00:00")])
        #expect(spec.windows.override == .init())
        #expect(spec.sync.ignoreDifferences == [.init(kind: "Deployment")])
        #expect(
            spec.verification.metrics == [
                .init(name: "m", prometheus: .init(url: "http://p", query: "up"), condition: "> 0")
            ])
        #expect(spec.verification.jobs == [.init(name: "j", templateRef: .init(name: "t"))])
        #expect(spec.notifications == [.init(name: "n", type: .commitStatus)])
    }

    @Test("gives promotions and rollbacks the defaults that Swift's initialisers have")
    func otherDefaults() throws {
        let promotion = try Promotion(
            manifest: Manifest(
                yaml: """
                    apiVersion: sluice.dev/v1alpha1
                    kind: Promotion
                    metadata: {name: p}
                    spec: {environment: dev, items: [{app: a, image: {name: x, newTag: "1"}}]}
                    """))
        #expect(
            promotion.spec
                == PromotionSpec(environment: "dev", items: [.init(app: "a", image: .init(name: "x", newTag: "1"))]))
        let rollback = try Rollback(
            manifest: Manifest(
                yaml: """
                    apiVersion: sluice.dev/v1alpha1
                    kind: Rollback
                    metadata: {name: r}
                    spec: {environment: dev, target: {steps: 2}}
                    """))
        #expect(rollback.spec == RollbackSpec(environment: "dev", target: .init(steps: 2)))
    }

    @Test("takes away what the defaults say anyway, and nothing else", arguments: DocumentedExamples.all)
    func removingDefaults(example: DocumentedExamples.Example) throws {
        let manifest = try Manifest(yaml: example.yaml)
        let schema = try #require(SluiceAPI.schema(of: manifest.gvk))
        let filled = schema.applyingDefaults(to: manifest.json)
        let short = schema.removingDefaults(from: filled)
        #expect(schema.applyingDefaults(to: short) == filled)
        #expect(short["spec"]?["attempt"] == Optional<JSONValue>.none)
        #expect(short["spec"]?["sync"]?["prune"] == Optional<JSONValue>.none)
        #expect(short["spec"]?["reason"] == manifest.json["spec"]?["reason"])
        #expect(schema.removingDefaults(from: short) == short)
    }

    @Test("treats a null like an absent field unless the field may be null")
    func nulls() throws {
        var json = try Manifest(yaml: Self.minimal).json
        json["spec"]?["sync"] = .null
        json["spec"]?["override"] = .null
        let filled = Environment.schema.applyingDefaults(to: json)
        #expect(filled["spec"]?["sync"]?["prune"] == true)
        #expect(filled["spec"]?["override"] == .null)
        #expect(Environment.schema.validate(filled, strict: true).isEmpty)
    }

    @Test("compiles all its expressions and describes every field")
    func wellFormed() throws {
        func visit(_ schema: Schema, _ path: String) throws {
            if let pattern = schema.pattern { _ = try Regex(pattern.expression) }
            if let value = schema.defaultValue {
                #expect(!schema.isNullable, "\(path): a default under a nullable field never applies to null")
                let filled = schema.applyingDefaults(to: value)
                #expect(schema.validate(filled, strict: true).isEmpty, "\(path): its default is not valid")
            }
            switch schema.shape {
            case .object(let fields):
                for field in fields {
                    #expect(field.description.hasSuffix("."), "\(path).\(field.name): describe the field")
                    try visit(field.schema, "\(path).\(field.name)")
                }
            case .list(let element, let keys):
                if !keys.isEmpty, case .object(let fields) = element.shape {
                    let required = fields.filter(\.required).map(\.name)
                    #expect(keys.allSatisfy(required.contains), "\(path): list-map keys must be required")
                }
                #expect(schema.maxItems != nil, "\(path): a list must be bounded")
                try visit(element, path + "[]")
            case .map(let element): try visit(element, path + "{}")
            case .string where path.contains(".spec"):
                #expect(
                    schema.maxLength != nil || !schema.words.isEmpty || schema.pattern != nil,
                    "\(path): a text must be bounded")
            default: break
            }
        }
        try visit(Environment.schema, "Environment")
        try visit(Promotion.schema, "Promotion")
        try visit(Rollback.schema, "Rollback")
    }

    @Test("reports every fault at once, each with its path")
    func allErrors() throws {
        let yaml = """
            apiVersion: sluice.dev/v1alpha1
            kind: Environment
            metadata: {name: dev, namespace: shop}
            spec:
              suspend: "yes"
              source: {repository: "ftp://x", interval: 5, branche: main}
              upstream: {environments: [], mode: Some}
              windows:
                allow: [{name: a, duration: 1h}, {name: a, schedule: "@daily", duration: soon}]
              approvals: {required: 21, sources: [SignedCommit, SignedCommit]}
              deletionPolicy: Delete
            """
        let manifest = try Manifest(yaml: yaml)
        let errors = Environment.schema.validate(
            Environment.schema.applyingDefaults(to: manifest.json), strict: true)
        #expect(
            Set(errors.map(\.message)) == [
                "spec.suspend: must be true or false, not string",
                "spec.source.repository: must be an https, http or ssh URL, or user@host:path, not \"ftp://x\"",
                "spec.source.interval: must be a duration such as \"90s\", not integer",
                "spec.source.branche: there is no such field; did you mean branch?",
                "spec.source.path: is required: the folder of the app's kustomization; with {app} in it, one folder for each app",
                "spec.upstream.environments: must have at least 1 element",
                "spec.upstream.mode: must be one of All, OneOf, not \"Some\"",
                "spec.windows.allow[0].schedule: is required: when it begins, a cron expression of five fields or @hourly, @daily, @weekly, @monthly, @yearly",
                "spec.windows.allow[1].duration: must be a duration such as 90s, 1h30m or 7d, not \"soon\"",
                "spec.windows.allow[1]: has the same name as another element; each must have its own",
                "spec.approvals.required: must be between 0 and 20, not 21",
                "spec.approvals.sources[1]: is there twice; name it once",
                "spec.deletionPolicy: must be one of Orphan, Prune, not \"Delete\"",
            ])
        let lenient = Environment.schema.validate(
            Environment.schema.applyingDefaults(to: manifest.json), strict: false)
        #expect(lenient.count == errors.count - 1)
    }

    @Test(
        "knows which servers check rules",
        arguments: [("1", "20", false), ("1", "25", true), ("1", "27+", true), ("", "x", false)])
    func rules(major: String, minor: String, expected: Bool) {
        #expect(SluiceAPI.knowsRules(major: major, minor: minor) == expected)
    }

    @Test("names the field when a manifest cannot be read")
    func decodeError() throws {
        var json = try Manifest(yaml: Self.minimal).json
        json["spec"]?["sync"] = ["retry": ["limit": "five"]]
        #expect(throws: FieldError("spec.sync.retry.limit", "must be a whole number, not string")) {
            try Environment(manifest: Manifest(json))
        }
    }
}
