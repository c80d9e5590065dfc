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
