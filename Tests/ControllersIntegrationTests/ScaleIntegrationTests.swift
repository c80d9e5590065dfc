import Controllers
import Core
import KubernetesClient
import KubernetesModel
import Logging
import SluiceAPI
import Sync
import Testing

/// Fifty services in three environments, and no work done in vain: everything is proved by counters.
@Suite(.enabled(if: Site.kubeconfig != nil, "SLUICE_TEST_KUBECONFIG names no cluster"), .serialized)
struct ScaleIntegrationTests {
    private static let services = 50
    private static let environments = ["dev", "staging", "production"]
    /// Deployment, Service and ConfigMap.
    private static let objectsOfService = 3

    @Test(.timeLimit(.minutes(10)))
    func `what is not needed is not rendered, not sent and not asked`() async throws {
        let site = try Site(ServiceRepository(services: Self.services, environments: Self.environments))
        do {
            try await CRDRegistration(client: site.client, logger: Logger(label: "test")).run()
            try await tell(site)
        } catch {
            await site.remove()
            throw error
        }
        await site.remove()
    }

    private func tell(_ site: Site) async throws {
        try await site.create()
        try await site.withOperator { running in
            try await allSynced(site)
            try await running.settled()
            let first = running.reading
            #expect(first.renders == Self.services * Self.environments.count)
            #expect(first.sync.applied == Self.services * Self.environments.count * Self.objectsOfService)
            #expect(first.sync.failed == 0)
            let asked = first.requests(since: RunningOperator.Reading())
            #expect(asked["apply namespaces"] == Self.environments.count)
            // An environment's first sync is told in one event, not in one for each app.
            let events = asked.filter { $0.key.hasPrefix("create events") }.values.reduce(0, +)
            #expect((1...2 * Self.environments.count).contains(events), "\(asked)")

            try await oneOverlay(site, running)
            try await idle(running)
        }
        try await restart(site)
    }

    private func allSynced(_ site: Site) async throws {
        for environment in Self.environments {
            try await site.eventually("\(environment) is synced") {
                let counts = try await site.status(environment).counts
                return counts.apps == Self.services && counts.synced == Self.services
            }
        }
    }

    /// A commit that touches one overlay.
    private func oneOverlay(_ site: Site, _ running: RunningOperator) async throws {
        let before = running.reading
        let revisions = try await revisions(site)
        try site.repository.release("service-7", tag: "v2", to: "dev")
        try await site.eventually("all environments have seen the commit") {
            try await self.revisions(site).allSatisfy { !revisions.contains($0) }
        }
        try await running.settled()
        let after = running.reading
        #expect(after.renders - before.renders == 1)
        #expect(after.sync.applied - before.sync.applied == 1)
        #expect(after.sync.pruned == before.sync.pruned)
        let deployment = try await site.client.get(
            try await site.client.resource(for: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")),
            namespace: site.place("dev"), name: "service-7")
        let image = JSONPointer("/spec/template/spec/containers/0/image").flatMap { deployment.json[$0]?.stringValue }
        #expect(image == "company/service-7:v2")
        let requests = after.requests(since: before)
        #expect(requests["apply deployments.apps"] == 1, "\(requests)")
        #expect(requests.keys.allSatisfy { !$0.hasSuffix(" services") && !$0.hasSuffix(" configmaps") }, "\(requests)")
    }

    private func revisions(_ site: Site) async throws -> [String] {
        var revisions: [String] = []
        for environment in Self.environments { revisions.append(try await site.status(environment).revision.synced) }
        return revisions
    }

    /// For a whole minute leases are renewed and watches go on; nothing else is asked.
    private func idle(_ running: RunningOperator) async throws {
        let before = running.reading
        try await Task.sleep(for: .seconds(60))
        let after = running.reading
        #expect(after.requests(since: before) == [:])
        #expect(after.renders == before.renders)
    }

    /// A new process finds everything in place, and asks for nothing but what it must read.
    private func restart(_ site: Site) async throws {
        try await site.withOperator { running in
            try await site.eventually("the operator leads") { running.sluice.state == .leading }
            try await site.eventually("everything was looked at") {
                running.reading.renders == Self.services * Self.environments.count
            }
            try await running.settled(for: .seconds(5))
            let requests = running.reading.requests(since: RunningOperator.Reading())
            let writes = requests.filter { request in
                !["get ", "list ", "discover "].contains { request.key.hasPrefix($0) }
            }
            #expect(writes == [:])
            #expect(running.reading.sync.applied == 0)
            #expect(running.reading.sync.pruned == 0)
        }
        try await allSynced(site)
    }
}
