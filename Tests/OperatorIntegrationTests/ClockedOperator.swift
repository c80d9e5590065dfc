import Controllers
import Core
import FoundationEssentials
import Glibc
import HTTP
import KubernetesClient
import Logging
import Server
import TestSupport

/// The whole operator in the test's own process, on the real API server and the real Git, by a clock that the test
/// moves: the binary has none but the machine's.
final class ClockedOperator: Sendable {
    let clock: MovedClock
    private let work: Task<Void, any Error>

    /// - Parameters:
    ///   - moment: what time it is for it, in RFC 3339.
    ///   - asksServer: whether it compares its clock with the API server's. Where it does not, it takes its own time for
    ///     the server's as well, as it would if both had been set.
    init(
        namespace: String, folder: String, log: String, at moment: String, asksServer: Bool = false
    ) throws {
        guard let start = Timestamp(rfc3339: moment) else { throw Failure(description: "\(moment) is no time") }
        clock = MovedClock(at: start)
        let transport = try CurlTransport()
        let client = KubernetesClient(
            configuration: try ClusterConfiguration.load(path: World.kubeconfig, context: nil), transport: transport,
            clock: asksServer ? clock : SystemClock())
        var options = Operator.Options(
            stateDirectory: "\(folder)/clocked-\(UInt32.random(in: .min ... .max))", identity: "clocked")
        options.namespace = namespace
        // Of each stage's own; whatever the process before wrote is gone.
        let file = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
        let logger = Logger(label: "sluice") { _ in
            JSONLogHandler(format: .json, level: .info) { line in
                _ = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            }
        }
        let sluice = Operator(
            client: client, transport: transport, options: options, logger: logger, clock: clock, pace: clock)
        work = Task {
            defer { close(file) }
            try await sluice.run()
        }
    }

    /// Has it end well, and waits until it has.
    func stop() async {
        work.cancel()
        _ = await work.result
    }
}

extension Stage {
    /// Runs a test on a stage whose operator goes by a clock that the test moves.
    static func with(
        apps: [String] = ["web"], at moment: String, asksServer: Bool = false,
        _ body: (Stage, MovedClock) async throws -> Void
    ) async throws {
        try await with(apps: apps, today: { moment }) { stage in
            stage.sluice.kill()
            let sluice = try ClockedOperator(
                namespace: stage.namespace, folder: stage.folder, log: stage.sluice.log, at: moment,
                asksServer: asksServer)
            stage.today = { [clock = sluice.clock] in (clock.now() as Timestamp).wholeSeconds.rfc3339 }
            do {
                try await body(stage, sluice.clock)
            } catch {
                await sluice.stop()
                throw error
            }
            await sluice.stop()
        }
    }
}
