import Core
import KubernetesModel
import TestSupport
import Testing

@testable import SluiceAPI

@Suite("Documented examples")
struct ExampleTests {
    @Test("are valid to the letter", arguments: DocumentedExamples.all)
    func strict(example: DocumentedExamples.Example) throws {
        let manifest = try Manifest(yaml: example.yaml)
        let schema = try #require(SluiceAPI.schema(of: manifest.gvk))
        let errors = schema.validate(schema.applyingDefaults(to: manifest.json), strict: true)
        #expect(errors.map(\.message) == [])
    }

    @Test("decode to the environment they show")
    func environment() throws {
        let environment = try Environment(manifest: Manifest(yaml: DocumentedExamples.environment))
        #expect(environment.namespacedName == NamespacedName(namespace: "shop", name: "production"))
        let spec = environment.spec
        #expect(spec.override == nil)
        #expect(spec.source.path == "apps/{app}/overlays/production")
        #expect(spec.source.interval == .minutes(1))
        #expect(spec.source.verify.signersRef == LocalReference(name: "allowed-signers"))
        #expect(spec.destination.clusterResources.allow == [.init(group: "*", kind: "*")])
        #expect(spec.destination.namespacedResources.deny == [.init(group: "", kind: "ResourceQuota")])
        #expect(spec.sync.ignoreDifferences.count == 2)
        #expect(spec.sync.retry.backoff.maxDuration == .minutes(3))
        #expect(spec.upstream?.soak == .hours(4))
        #expect(spec.windows.allow == [.init(name: "office", schedule: "0 10 * * 1-5", duration: .hours(8))])
        #expect(spec.windows.freezes.first?.start == "2026-12-20T00:00")
        #expect(spec.approvals?.from == [.init(group: "sre", min: 1), .init(group: "owners")])
        #expect(spec.approvals?.sources == [.admissionWebhook, .signedCommit])
        #expect(spec.verification.metrics.first?.condition == "< 0.01")
        #expect(spec.rollback.on == [.degraded, .verificationFailed])
        #expect(spec.vetoes.first?.until == nil)
        #expect(spec.notifications.map(\.type) == [.slack, .webhook, .commitStatus])
        #expect(spec.notifications.first?.events == [.syncFailed, .promotionFailed, .rolledBack])
        #expect(spec.history.ttl == .hours(90 * 24))
        #expect(environment.status.phase == .ready)
        #expect(environment.status.counts.outOfSync == 1)
        #expect(environment.status.apps.first?.health == .healthy)
        #expect(environment.status.window?.active == ["office"])
    }

    @Test("decode to the promotion they show")
    func promotion() throws {
        let promotion = try Promotion(manifest: Manifest(yaml: DocumentedExamples.promotion))
        #expect(promotion.spec.items.count == 4)
        #expect(promotion.spec.items[0].image?.newTag == "v1.2.5")
        #expect(promotion.spec.items[1] == .init(app: "web", fromEnvironment: "staging"))
        #expect(promotion.spec.items[2].path?.include == ["config/"])
        #expect(promotion.spec.items[3].apps == ["*"])
        #expect(promotion.spec.approvals.first?.decision == .approve)
        #expect(promotion.status.phase == .gated)
        #expect(promotion.status.gates.first?.name == .window)
        #expect(promotion.status.approvals.records.first?.source == .signedCommit)
    }

    @Test("decode to the rollback they show")
    func rollback() throws {
        let rollback = try Rollback(manifest: Manifest(yaml: DocumentedExamples.rollback))
        #expect(rollback.spec.target == .init(promotion: "cart-v1-2-5"))
        #expect(rollback.spec.pin)
        #expect(rollback.status.phase == .succeeded)
        #expect(rollback.status.trigger == .manual)
    }

    @Test("survive being written and read again", arguments: DocumentedExamples.all)
    func roundTrip(example: DocumentedExamples.Example) throws {
        let manifest = try Manifest(yaml: example.yaml)
        switch manifest.gvk {
        case Environment.gvk: try check(Environment.self, manifest)
        case Promotion.gvk: try check(Promotion.self, manifest)
        default: try check(Rollback.self, manifest)
        }
    }

    private func check<T: CustomResource>(_ type: T.Type, _ manifest: Manifest) throws {
        let read = try T(manifest: manifest)
        #expect(try T(manifest: read.manifest) == read)
    }
}
