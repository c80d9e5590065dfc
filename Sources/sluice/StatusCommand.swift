import ArgumentParser
import Controllers
import KubernetesClient
import KubernetesModel
import SluiceAPI

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows environments, promotions and rollbacks.",
        discussion: """
            Exit status 1 when an environment is not Ready; with --watch it goes on until it is interrupted.

            Example: sluice status -n shop
            Example: sluice status -n shop --tree --watch
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Every app, not only those that are not well.")
    var apps = false

    @Flag(help: "Environments as a tree, each below the one that it takes its versions from.")
    var tree = false

    @Flag(name: [.short, .long], help: "Print it anew whenever something changes.")
    var watch = false

    func run() async throws {
        let client = try cluster.client()
        let namespace = cluster.namespace(client)
        if watch { return try await follow(client, in: namespace) }
        let environments = try await client.all(Environment.self, in: namespace)
        print(
            environments, try await client.all(Promotion.self, in: namespace),
            try await client.all(Rollback.self, in: namespace))
        guard environments.allSatisfy({ $0.status.phase == .ready }) else { throw Failure.found() }
    }

    private func print(_ environments: [Environment], _ promotions: [Promotion], _ rollbacks: [Rollback]) {
        let json: JSONValue = [
            "environments": .array(environments.map(\.manifest.json)),
            "promotions": .array(promotions.map(\.manifest.json)),
            "rollbacks": .array(rollbacks.map(\.manifest.json)),
        ]
        output.print(json) {
            if environments.isEmpty, promotions.isEmpty, rollbacks.isEmpty {
                return "nothing in this namespace; name another with -n"
            }
            return tree
                ? StatusTree(ordered(environments), promotions).text : text(environments, promotions, rollbacks)
        }
    }

    /// Prints what the watches bring. Several changes within a moment are one picture.
    private func follow(_ client: KubernetesClient, in namespace: String) async throws {
        let (changes, changed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let environments = ResourceCache<Environment> { _, _ in changed.yield() }
        let promotions = ResourceCache<Promotion> { _, _ in changed.yield() }
        let rollbacks = ResourceCache<Rollback> { _, _ in changed.yield() }
        func reflector<R: CustomResource>(_ type: R.Type) -> Reflector {
            Reflector(
                client: client, resource: OperatorContext.resource(type), selector: ObjectSelector(namespace: namespace)
            )
        }
        let watches = [reflector(Environment.self), reflector(Promotion.self), reflector(Rollback.self)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await environments.cache.run(watches[0]) }
            group.addTask { await promotions.cache.run(watches[1]) }
            group.addTask { await rollbacks.cache.run(watches[2]) }
            defer { group.cancelAll() }
            try await environments.cache.waitUntilSynced()
            try await promotions.cache.waitUntilSynced()
            try await rollbacks.cache.waitUntilSynced()
            changed.yield()
            for await _ in changes {
                Console.clear()
                print(environments.all(in: namespace), promotions.all(in: namespace), rollbacks.all(in: namespace))
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private func text(_ environments: [Environment], _ promotions: [Promotion], _ rollbacks: [Rollback]) -> String {
        var parts: [String] = []
        var table = Table(header: ["ENVIRONMENT", "PHASE", "REVISION", "SYNCED", "HEALTHY", "WINDOW", "MESSAGE"])
        for environment in ordered(environments) {
            let status = environment.status
            table.add([
                environment.metadata.name, status.phase?.rawValue ?? "Unknown",
                String(status.revision.synced.prefix(12)),
                status.summary.synced, status.summary.healthy, status.summary.window, status.message,
            ])
            for app in status.apps where apps || app.sync != .synced || app.health != .healthy {
                table.add([
                    "  \(app.name)", app.health?.rawValue ?? "Unknown", String(app.revision.prefix(12)),
                    app.sync?.rawValue ?? "Unknown", app.images.joined(separator: " "), "", app.message,
                ])
            }
        }
        parts.append(environments.isEmpty ? "no environments" : table.text)
        if !promotions.isEmpty {
            var table = Table(header: ["PROMOTION", "ENVIRONMENT", "PHASE", "REASON", "APPROVALS", "COMMIT", "MESSAGE"])
            for promotion in promotions {
                let status = promotion.status
                table.add([
                    promotion.metadata.name, promotion.spec.environment, status.phase?.rawValue ?? "New", status.reason,
                    status.summary.approvals, String(status.commit.prefix(12)), status.message,
                ])
                if status.phase == .gated { table.add(["  plan digest", status.planDigest]) }
            }
            parts.append(table.text)
        }
        if !rollbacks.isEmpty {
            var table = Table(header: ["ROLLBACK", "ENVIRONMENT", "TRIGGER", "PHASE", "REVERTED", "COMMIT", "MESSAGE"])
            for rollback in rollbacks {
                let status = rollback.status
                table.add([
                    rollback.metadata.name, rollback.spec.environment, status.trigger?.rawValue ?? "",
                    status.phase?.rawValue ?? "New", status.summary.reverted, String(status.commit.prefix(12)),
                    status.message,
                ])
            }
            parts.append(table.text)
        }
        return parts.joined(separator: "\n\n")
    }

    /// Upstream environments before those that they feed; by name where nothing says more.
    private func ordered(_ environments: [Environment]) -> [Environment] {
        var done: [Environment] = []
        var waiting = environments
        while !waiting.isEmpty {
            let names = Set(waiting.map(\.metadata.name))
            let ready = waiting.filter { environment in
                (environment.spec.upstream?.environments ?? []).allSatisfy { !names.contains($0) }
            }
            // A circle of upstreams is nobody's first.
            guard !ready.isEmpty else { return done + waiting }
            done += ready
            let placed = Set(ready.map(\.metadata.name))
            waiting.removeAll { placed.contains($0.metadata.name) }
        }
        return done
    }
}
