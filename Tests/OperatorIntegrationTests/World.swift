import FoundationEssentials
import Testing

/// The cluster, the Git server and the operator of the environment; `hack/test` sets them up.
enum World {
    static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment["SLUICE_TEST_" + name] }

    private static let needed = [
        "KUBECONFIG", "KUBECTL", "BINARY", "HACK", "GIT_URL", "GIT_DIR", "GIT_SERVER", "GIT_USERNAME", "GIT_PASSWORD",
    ]
    private static let missing = needed.filter { variable($0) == nil }

    /// The trait of every suite here: without all of it the tests are skipped, and counted as skipped.
    static let isThere: ConditionTrait = .enabled(
        if: missing.isEmpty, "not set: \(missing.map { "SLUICE_TEST_" + $0 }.joined(separator: ", "))")

    /// For tests that stop the cluster's own processes.
    static let clusterCanBeStopped: ConditionTrait = .enabled(
        if: missing.isEmpty && variable("CLUSTER") != nil, "SLUICE_TEST_CLUSTER names no cluster of hack/cluster")

    /// For tests that run scripts of `hack/` on the cluster by its name.
    static let clusterIsOurs: ConditionTrait = .enabled(
        if: variable("CLUSTER") != nil, "SLUICE_TEST_CLUSTER names no cluster of hack/cluster")

    static var kubeconfig: String { variable("KUBECONFIG") ?? "" }
    static var kubectl: String { variable("KUBECTL") ?? "kubectl" }
    static var binary: String { variable("BINARY") ?? "sluice" }
    static var gitURL: String { variable("GIT_URL") ?? "" }
    static var gitFolder: String { variable("GIT_DIR") ?? "" }
    static var gitServer: String { variable("GIT_SERVER") ?? "" }
    static var gitUsername: String { variable("GIT_USERNAME") ?? "" }
    static var gitPassword: String { variable("GIT_PASSWORD") ?? "" }

    /// Runs a script of `hack/`.
    @discardableResult
    static func hack(_ script: String, _ arguments: String...) throws -> String {
        try Command.run((variable("HACK") ?? "hack") + "/" + script, arguments)
    }

    static func cluster(_ verb: String, _ arguments: String...) throws {
        try Command.run(
            (variable("HACK") ?? "hack") + "/cluster", [verb] + arguments + ["--name", variable("CLUSTER") ?? ""])
    }
}
