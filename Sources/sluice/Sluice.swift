import ArgumentParser
import Core
import Glibc

/// The command line. `sluice run` is the operator; the other commands are the same code for people and CI.
@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Moves applications from dev to staging to production through Git, and back again.",
        discussion: """
            Exit status: 0 when all is well, 1 when something was found or failed, 2 for bad usage.

            Example: sluice build apps/cart/overlays/production
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, BuildCommand.self, ValidateCommand.self, WindowCommand.self, HealthCommand.self,
            DiffCommand.self, StatusCommand.self, AuditCommand.self, PromoteCommand.self, ApproveCommand.self,
            RollbackCommand.self, RefreshCommand.self, ImportCommand.self,
        ])

    static func main() async {
        do {
            try checkSubcommand()
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            if !failure.message.isEmpty { Console.error(failure.message) }
            Glibc.exit(failure.status)
        } catch let error as any SluiceError {
            Console.error(error.description)
            Glibc.exit(1)
        } catch {
            // Help and version are "errors" of the parser that are printed on standard output and end well.
            let code = Sluice.exitCode(for: error)
            let text = Sluice.fullMessage(for: error)
            if code == .success {
                print(text)
                Glibc.exit(0)
            }
            Console.error(text)
            Glibc.exit(code == .validationFailure ? 2 : 1)
        }
    }

    /// The parser calls a command that is not there an argument too many.
    private static func checkSubcommand() throws {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), word != "help",
            !names.contains(word)
        else { return }
        throw Failure.usage("there is no command \(word); the commands are \(names.joined(separator: ", "))")
    }
}

/// An end with a status of its own.
struct Failure: Error {
    /// 1: found something or failed; 2: bad usage.
    let status: Int32
    /// Empty where all has been said already.
    let message: String

    static func found(_ message: String = "") -> Failure { Failure(status: 1, message: message) }
    static func usage(_ message: String) -> Failure { Failure(status: 2, message: message) }
}

/// Standard output and error.
enum Console {
    static func error(_ text: String) {
        let line = text.hasPrefix("Error:") ? text : "sluice: \(text)"
        write(Array((line + "\n").utf8), to: STDERR_FILENO)
    }

    /// Empties a terminal's screen; between pictures in a file stands an empty line.
    static func clear() {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        write(Array((isTerminal ? "\u{1B}[H\u{1B}[2J" : "\n").utf8), to: STDOUT_FILENO)
    }

    static func print(_ bytes: [UInt8]) {
        write(bytes, to: STDOUT_FILENO)
    }

    static func print(_ text: String) {
        write(Array((text + "\n").utf8), to: STDOUT_FILENO)
    }

    /// Writes all bytes; a reader that has gone away (`| head`) ends the output quietly.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
