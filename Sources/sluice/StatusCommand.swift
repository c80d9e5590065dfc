import ArgumentParser
import KubernetesClient
import KubernetesModel
import SluiceAPI

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows environments, promotions and rollbacks.",
        discussion: """
            Exit status 1 when an environment is not Ready.

            Example: sluice status -n shop
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Every app, not only those that are not well.")
    var apps = false

    func run() async throws {
        let client = try cluster.client()
        let namespace = cluster.namespace(client)
        let environments = try await client.all(Environment.self, in: namespace)
        let promotions = try await client.all(Promotion.self, in: namespace)
        let rollbacks = try await client.all(Rollback.self, in: namespace)
        let json: JSONValue = [
            "environments": .array(environments.map(\.manifest.json)),
            "promotions": .array(promotions.map(\.manifest.json)),
            "rollbacks": .array(rollbacks.map(\.manifest.json)),
        ]
        output.print(json) {
            environments.isEmpty && promotions.isEmpty && rollbacks.isEmpty
                ? "nothing in namespace \(namespace); name another with -n"
                : text(environments, promotions, rollbacks)
        }
        guard environments.allSatisfy({ $0.status.phase == .ready }) else { throw Failure.found() }
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
