import ArgumentParser
import Core
import KubernetesModel
import Policy
import SluiceAPI

struct WindowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "window",
        abstract: "Tells when an environment's windows are open, offline.",
        discussion: "Example: sluice window explain -f production.yaml --at 2026-03-23T09:00:00Z",
        subcommands: [Explain.self, Calendar.self])

    /// The windows that are asked about, and for what.
    struct Question: ParsableArguments {
        @Option(name: [.customShort("f"), .long], help: "A file with one Environment.")
        var file: String

        @Option(help: "The app.")
        var app: String = "*"

        @Option(help: "Promote, Sync, SelfHeal or Rollback.")
        var operation: String = "Promote"

        func read() throws -> (WindowCalendar, WindowOperation) {
            guard let operation = WindowOperation(rawValue: operation) else {
                throw Failure.usage("--operation \(operation): choose Promote, Sync, SelfHeal or Rollback")
            }
            let environments = try Files.documents(file).filter { $0.manifest.gvk == Environment.gvk }
            guard environments.count == 1, let only = environments.first else {
                throw Failure.usage("\(file): holds \(environments.count) Environments; name a file that holds one")
            }
            return (try WindowCalendar(try Environment(manifest: only.manifest).spec.windows), operation)
        }
    }

    private static func time(_ text: String, _ option: String) throws -> Timestamp {
        guard let time = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z") else {
            throw Failure.usage("\(option) \(text): write a time such as 2026-03-23T09:00:00Z or a date")
        }
        return time
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says whether the windows are open, why, and until when.",
            discussion: "Example: sluice window explain -f production.yaml --app cart --operation Promote -o json")

        @OptionGroup var question: Question

        @Option(help: "The moment; by default now.")
        var at: String?

        @OptionGroup var output: OutputOptions

        func run() throws {
            let now = try at.map { try WindowCommand.time($0, "--at") } ?? SystemClock().now()
            let (calendar, operation) = try question.read()
            let verdict = calendar.verdict(operation, app: question.app, at: now)
            output.print(verdict.json) { verdict.message(now: now) }
        }
    }

    struct Calendar: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the openings between two dates.",
            discussion: "Example: sluice window calendar -f production.yaml --from 2026-03-23 --to 2026-03-30")

        @OptionGroup var question: Question

        @Option(help: "The first date.")
        var from: String

        @Option(help: "The date after the last.")
        var to: String

        @OptionGroup var output: OutputOptions

        func run() throws {
            let (calendar, operation) = try question.read()
            let openings = calendar.openings(
                operation, app: question.app, from: try WindowCommand.time(from, "--from"),
                to: try WindowCommand.time(to, "--to"))
            output.print(.array(openings.map(\.json))) {
                openings.isEmpty
                    ? "no opening"
                    : openings.map { "\($0.start.rfc3339) - \($0.end.rfc3339)  \($0.active.joined(separator: ", "))" }
                        .joined(separator: "\n")
            }
        }
    }
}
