import FoundationEssentials
import Glibc

/// One run of `sluice run` on the objects of one namespace.
final class OperatorProcess {
    let log: String
    private let pid: pid_t
    private var ended = false

    /// - Parameters:
    ///   - folder: where its state, its log and its process id are kept, and the secrets of its webhooks are.
    ///   - kubeconfig: as whom it works.
    ///   - flags: further ones of `sluice run`.
    init(
        namespace: String, folder: String, number: Int, kubeconfig: String = World.kubeconfig, flags: [String] = []
    ) throws {
        log = "\(folder)/operator-\(number).log"
        pid = try Command.start(
            "/usr/bin/env",
            [
                "-u", "KUBECONFIG", World.binary, "run", "--kubeconfig", kubeconfig, "--namespace", namespace,
                "--state-dir", "\(folder)/state", "--port", "0", "--log-format", "json",
                "--git-webhook-secrets", "\(folder)/webhooks", "--git-webhook-port", "0",
            ] + flags, output: log)
        try Files.write("\(pid)", to: "\(folder)/operator.pid")
    }

    /// Whether it still runs; reaps it when it does not.
    var isRunning: Bool {
        guard !ended else { return false }
        var status: Int32 = 0
        if waitpid(pid, &status, WNOHANG) == pid { ended = true }
        return !ended
    }

    /// kill -9.
    func kill() { end(SIGKILL) }

    /// Asks it to end, and waits until it has.
    func terminate() { end(SIGTERM) }

    /// Stops it in the middle of whatever it does (SIGSTOP), lets it go on (SIGCONT), or asks it to end without waiting.
    func send(_ signal: Int32) { Glibc.kill(pid, signal) }

    private func end(_ signal: Int32) {
        guard isRunning else { return }
        Glibc.kill(pid, signal)
        Command.wait(for: pid)
        ended = true
    }

    /// The sum of a counter over its labels, from `/metrics`.
    func metric(_ name: String) throws -> Int {
        let values = try metrics().split(separator: "\n")
            .filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        // A name that is mistyped must not read like a counter at rest.
        guard !values.isEmpty else { throw Failure(description: "the operator serves no metric \(name)") }
        return Int(values.reduce(0, +))
    }

    /// How many commits it has pushed itself.
    func pushes() throws -> Int {
        try metrics().split(separator: "\n")
            .filter {
                $0.hasPrefix("sluice_git_operations_total{") && $0.contains("\"push\"") && $0.contains("\"success\"")
            }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0) { $0 + Int($1) }
    }

    /// How many shards it works on, as its log says, which can also be read while it is stopped.
    var shards: Int {
        let lines = Files.read(log).split(separator: "\n")
        return lines.count { $0.contains("\"Leading\"") } - lines.count { $0.contains("\"Following\"") }
    }

    /// The whole of `/metrics`.
    func metrics() throws -> String {
        guard let port = port() else { throw Failure(description: "the operator has not said its port: \(log)") }
        return try Command.run(
            "curl", ["-fsS", "--noproxy", "*", "--max-time", "5", "http://127.0.0.1:\(port)/metrics"])
    }

    /// Where webhooks are taken; nil before it is known.
    var webhookURL: String? { port("Serving Git webhooks").map { "http://127.0.0.1:\($0)/webhooks/git" } }

    /// Where it serves probes and metrics, or what else a line of its log says; nil until it does.
    func port(_ message: String = "Serving probes") -> String? {
        let marker = "\"port\":"
        guard let line = Files.read(log).split(separator: "\n").first(where: { $0.contains(message) }),
            let range = line.firstRange(of: marker)
        else { return nil }
        return String(line[range.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber })
    }
}
