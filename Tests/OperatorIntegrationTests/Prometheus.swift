import FoundationEssentials
import Glibc
import Testing

/// Debian's Prometheus, scraping one port every second, with rules.
final class Prometheus {
    /// The trait of tests that need it.
    static let isThere: ConditionTrait = .enabled(
        if: World.variable("PROMETHEUS") != nil, "SLUICE_TEST_PROMETHEUS: no Prometheus, see hack/bootstrap")

    private let folder: String
    private let port: Int
    private var pid: pid_t = 0

    /// - Parameters:
    ///   - rules: the `spec` of a PrometheusRule, which is the format of rule files.
    ///   - operatorPort: where the operator serves metrics on loopback.
    init(folder: String, rules: String, operatorPort: String) throws {
        self.folder = folder + "/prometheus"
        port = Int.random(in: 19_000...19_999)
        try Files.write(rules, to: self.folder + "/rules.yaml")
        try Files.write(
            """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: [rules.yaml]
            scrape_configs:
            - job_name: sluice
              honor_labels: true
              static_configs: [{targets: ["127.0.0.1:\(operatorPort)"]}]
            """, to: self.folder + "/prometheus.yaml")
        let programs = World.variable("PROMETHEUS") ?? ""
        try Command.run("\(programs)/promtool", ["check", "config", self.folder + "/prometheus.yaml"])
        pid = try Command.start(
            "\(programs)/prometheus",
            [
                "--config.file=\(self.folder)/prometheus.yaml", "--storage.tsdb.path=\(self.folder)/data",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
            ], output: self.folder + "/log")
    }

    /// Where it answers queries.
    var url: String { "http://127.0.0.1:\(port)" }

    func stop() {
        guard pid > 0 else { return }
        kill(pid, SIGTERM)
        Command.wait(for: pid)
        pid = 0
    }

    private struct Answer: Decodable {
        struct Content: Decodable {
            struct Series: Decodable { var metric: [String: String]? }
            struct Alert: Decodable {
                var labels: [String: String]
                var state: String
            }
            var result: [Series]?
            var alerts: [Alert]?
        }
        var data: Content?
    }

    private func get(_ path: String, _ arguments: String...) throws -> Answer.Content? {
        let text = try Command.run(
            "curl",
            [
                // What it said of tries that failed would stand before the answer.
                "-fs", "--noproxy", "*", "--max-time", "5", "--retry", "5", "--retry-connrefused", "--retry-delay", "1",
                "-G",
            ]
                + arguments + ["http://127.0.0.1:\(port)\(path)"])
        return try JSONDecoder().decode(Answer.self, from: Data(text.utf8)).data
    }

    /// The names of the alerts that fire now.
    func firing() throws -> Set<String> {
        let alerts = try get("/api/v1/alerts")?.alerts ?? []
        return Set(alerts.filter { $0.state == "firing" }.compactMap { $0.labels["alertname"] })
    }

    /// How many series a query gives.
    func count(_ query: String) throws -> Int {
        try get("/api/v1/query", "--data-urlencode", "query=\(query)")?.result?.count ?? 0
    }
}
