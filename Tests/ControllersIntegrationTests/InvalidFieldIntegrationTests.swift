import Controllers
import Core
import KubernetesClient
import KubernetesModel
import Logging
import SluiceAPI
import TestSupport
import Testing

/// Whatever is wrong with an object, somebody says so: the API server refuses it and names the field, or the operator
/// names it in a condition. The tables are those of the offline tests.
@Suite(.enabled(if: Site.kubeconfig != nil, "SLUICE_TEST_KUBECONFIG names no cluster"), .serialized)
struct InvalidFieldIntegrationTests {
    /// An object that the server took, and the field that its status is to name.
    private struct Taken {
        let resource: APIResource
        let name: String
        let words: String
        let what: String
    }

    @Test("each spoilt field is named", .timeLimit(.minutes(5)), arguments: DocumentedExamples.all)
    func spoilt(example: DocumentedExamples.Example) async throws {
        let manifest = try Manifest(yaml: example.yaml)
        try await beside(site: try Site(ServiceRepository(services: 2, environments: ["dev"]))) { site in
            let resource = try await site.client.resource(for: manifest.gvk)
            var taken: [Taken] = []
            var refused = 0
            for (number, spoilt) in SpoiltSpec.all(of: manifest).enumerated() {
                let name = "spoilt-\(number)"
                var object = Manifest([
                    "apiVersion": .string(manifest.gvk.apiVersion), "kind": .string(manifest.gvk.kind),
                    "metadata": ["name": .string(name), "namespace": .string(site.namespace)],
                ])
                object.json["spec"] = spoilt.spec
                let isUnknown = spoilt.path.description.hasSuffix(SpoiltSpec.unknownField)
                do throws(KubernetesError) {
                    // A field that the server drops leaves nothing to complain of: that one is only asked about.
                    let stored = try await site.client.create(
                        resource, object, options: WriteOptions(dryRun: isUnknown))
                    if isUnknown {
                        #expect(!stored.json.jsonText.contains(SpoiltSpec.unknownField), "\(spoilt) is kept")
                    } else {
                        taken.append(
                            Taken(resource: resource, name: name, words: "\(spoilt.path)", what: "\(spoilt)"))
                    }
                } catch {
                    refused += 1
                    #expect(error.isInvalid || error.code == .badRequest, "\(spoilt): \(error)")
                    #expect(isUnknown || error.names(spoilt.path), "\(spoilt): \(error.message)")
                }
            }
            print("\(manifest.gvk.kind): \(refused) refused by the server, \(taken.count) left to the operator")
            #expect(refused > 20)
            return taken
        }
    }

    @Test("each broken rule is named", .timeLimit(.minutes(5)))
    func rules() async throws {
        try await beside(site: try Site(ServiceRepository(services: 2, environments: ["dev"]))) { site in
            var taken: [Taken] = []
            for (number, rule) in BrokenRule.all.enumerated() {
                let name = "rule-\(number)"
                let manifest = try rule.manifest(name: name, namespace: site.namespace)
                let resource = try await site.client.resource(for: manifest.gvk)
                let message = rule.message(name: name)
                do throws(KubernetesError) {
                    _ = try await site.client.create(resource, manifest)
                    taken.append(Taken(resource: resource, name: name, words: message, what: "\(rule)"))
                } catch {
                    // Servers that know rules in CEL refuse some themselves.
                    let field = message.prefix { $0 != ":" && $0 != "[" }
                    #expect(error.isInvalid && error.message.contains(field), "\(rule): \(error.message)")
                }
            }
            return taken
        }
    }

    /// Creates bad objects beside a good environment, and waits until the operator has said of each of them that the
    /// server took what is wrong with it.
    private func beside(site: Site, _ create: (Site) async throws -> [Taken]) async throws {
        do {
            try await CRDRegistration(client: site.client, logger: Logger(label: "test")).run()
            try await site.create()
            try await site.withOperator { running in
                try await site.eventually("the good environment is synced") { try await isSynced(site) }
                try await running.settled(for: .seconds(1))
                let before = running.reading
                let taken = try await create(site)
                for bad in taken { try await isTold(bad, site) }
                try await running.settled(for: .seconds(1))
                #expect(running.reading.sync == before.sync)
                #expect(running.reading.renders == before.renders)
                #expect(try await isSynced(site))
                #expect(running.sluice.state == .leading)
            }
        } catch {
            await site.remove()
            throw error
        }
        await site.remove()
    }

    private func isSynced(_ site: Site) async throws -> Bool {
        let counts = try await site.status("dev").counts
        return counts.apps == 2 && counts.synced == 2
    }

    /// Waits until the conditions of an object say what is wrong with it, and that nothing goes on.
    private func isTold(_ bad: Taken, _ site: Site) async throws {
        var said: [Condition] = []
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            let object = try await site.client.get(bad.resource, namespace: site.namespace, name: bad.name)
            said = try JSONValueDecoder().decode([Condition].self, from: object.json["status"]?["conditions"] ?? [])
            let stalled = said[ConditionType.stalled]
            if stalled?.status == .yes, stalled?.message.contains(bad.words) ?? false { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        let stalled = said[ConditionType.stalled]
        #expect(
            stalled?.status == .yes && stalled?.message.contains(bad.words) ?? false
                && stalled?.reason == "InvalidSpec",
            "\(bad.what): \(said.map { "\($0.type) \($0.status.rawValue) \($0.reason) \($0.message)" })")
        #expect(said[ConditionType.ready]?.status == .no, "\(bad.what)")
    }
}

extension KubernetesError {
    /// Whether the server names a field or what holds it. Servers write elements of lists in several ways, and a
    /// missing field as one of its parent.
    fileprivate func names(_ path: FieldPath) -> Bool {
        func plain(_ text: String) -> String {
            text.replacing(/\[[^\]]*\]|\.[0-9]+(?=[.:\s]|$)/, with: "")
        }
        let field = plain("\(path)")
        return causes.contains { plain($0.field) == field } || plain(message).contains(field)
    }
}
