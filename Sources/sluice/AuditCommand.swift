import ArgumentParser
import Controllers
import Core
import Git
import Glibc
import HTTP
import KubernetesModel

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Tells who changed what, why, when, and who approved it, from Git alone.",
        discussion: """
            Reads the trailers of the commits in a local repository; no cluster is asked.

            Example: sluice audit --repository . --environment shop/production
            """)

    @Option(
        name: [.customLong("repository"), .customLong("git")], help: "A local repository, bare or with a work tree.")
    var repository: String = "."

    @Option(help: "The branch.")
    var branch: String = "main"

    @Option(help: "Only this environment, as namespace/name or name.")
    var environment: String?

    @Option(help: "How many commits of history to read.")
    var limit: Int = 10_000

    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let resolved = realpath(repository, nil) else {
            throw Failure.usage("\(repository): there is no such directory")
        }
        defer { free(resolved) }
        let path = String(cString: resolved)
        let entries = try await AuditTrail.read(
            repository: path, branch: branch, limit: limit, transport: CurlTransport(), clock: SystemClock()
        ).filter { entry in
            guard let environment else { return true }
            return entry.environment == environment || entry.environment.hasSuffix("/" + environment)
        }
        output.print(.array(entries.map(\.json))) { text(entries) }
    }

    private func text(_ entries: [LedgerEntry]) -> String {
        guard !entries.isEmpty else { return "no promotions or rollbacks" }
        return entries.map { entry in
            var lines = ["\(entry.time.rfc3339)  \(entry.commit.short)  \(entry.subject)"]
            func add(_ label: String, _ value: String) {
                if !value.isEmpty { lines.append("    \(label): \(value)") }
            }
            add("environment", entry.environment)
            add("\(entry.kind.rawValue.lowercased())", "\(entry.object) (attempt \(entry.attempt))")
            add("requested by", entry.requestedBy)
            add("approved by", entry.approvedBy.joined(separator: ", "))
            add("reason", entry.reason)
            add("override", entry.override)
            add("reverts", entry.reverts.map { String($0.prefix(12)) }.joined(separator: ", "))
            add("holds", entry.holds.joined(separator: ", "))
            add("vetoes", entry.vetoes.joined(separator: ", "))
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
