import ArgumentParser
import KubernetesModel
import Sync

struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Tells how well objects are, from their status alone.",
        discussion: """
            Exit status 1 when one is not Healthy.

            Example: kubectl get deployment web -o yaml | sluice health -f -
            """)

    @Option(name: [.customShort("f"), .long], help: "A file of objects, or - for standard input.")
    var file: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = HealthReport(of: try Files.documents(file).map(\.manifest))
        output.print(report.json) {
            var table = Table(header: ["KIND", "NAME", "STATUS", "MESSAGE"])
            for line in report.lines {
                table.add([line.kind, line.name, line.health.status.rawValue, line.health.message])
            }
            return table.text
        }
        guard report.worst.status == .healthy else { throw Failure.found() }
    }
}
