import FoundationEssentials
import Testing

/// The chart, rendered by Go's template engine.
enum Chart {
    static var folder: String { (World.variable("HACK") ?? "hack") + "/../charts/sluice" }

    /// The trait of tests that render it.
    static let canBeRendered: ConditionTrait = .enabled(
        if: World.variable("PYTHON") != nil, "SLUICE_TEST_PYTHON: no template engine, see hack/bootstrap")

    /// - Parameter options: as `hack/lib/render-chart.py` has them.
    static func render(_ options: String...) throws -> String { try render(options) }

    static func render(_ options: [String]) throws -> String {
        let version = try JSONDecoder().decode(
            [String: [String: String]].self,
            from: Data(
                try Command.run(
                    World.kubectl, ["--kubeconfig", World.kubeconfig, "version", "-o", "json"]
                ).utf8))
        return try Command.run(
            World.variable("PYTHON") ?? "python3",
            [
                (World.variable("HACK") ?? "hack") + "/lib/render-chart.py", folder, "--kube-version",
                version["serverVersion"]?["gitVersion"] ?? "v1.30.0",
            ] + options)
    }

    /// The documents of a rendered text, without those of kinds that need definitions of others.
    static func builtIn(_ text: String) -> String {
        text.split(separator: "\n---\n").filter { !$0.contains("apiVersion: monitoring.coreos.com/") }
            .joined(separator: "\n---\n")
    }
}
