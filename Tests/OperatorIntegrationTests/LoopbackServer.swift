import FoundationEssentials
import Glibc

/// One of the Python programs beside the tests, which serves on a port of its choice and writes that into a file; it
/// ends with this object.
final class LoopbackServer {
    private let pid: pid_t
    let url: String

    /// The port, as text.
    var port: String { String(url.split(separator: ":").last ?? "") }

    /// - Parameter program: its name without `.py`, also that of its log in the stage's folder.
    init(_ program: String, _ arguments: [String], _ stage: Stage) async throws {
        let own = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let portFile = "\(stage.folder)/\(program)-port-\(UInt32.random(in: .min ... .max))"
        pid = try Command.start(
            "python3", ["\(own)/\(program).py"] + arguments + ["--port-file", portFile],
            output: "\(stage.folder)/\(program).log")
        var port = ""
        do {
            try await stage.eventually("\(program).py says its port", every: .milliseconds(20)) {
                port = Files.read(portFile)
                return !port.isEmpty
            }
        } catch {
            Self.end(pid)
            throw error
        }
        url = "http://127.0.0.1:\(port)"
    }

    deinit { Self.end(pid) }

    private static func end(_ pid: pid_t) {
        Glibc.kill(pid, SIGKILL)
        Command.wait(for: pid)
    }
}
