import FoundationEssentials
import Glibc

/// Several replicas of the operator at a time.
extension Stage {
    private static let lease = ["--lease-name", "replicas", "--lease-namespace"]

    /// Starts the stage's own operator again as one of several replicas.
    func restartAsReplica(kubeconfig: String = World.kubeconfig, flags: [String] = []) throws {
        try restart(kubeconfig: kubeconfig, flags: Self.lease + [namespace] + flags)
    }

    /// Starts another replica, with a folder of its own.
    func replica(_ name: String, kubeconfig: String = World.kubeconfig, flags: [String] = []) throws -> OperatorProcess
    {
        let folder = folder + "/" + name
        try Files.write(Self.webhookSecret + "\n", to: "\(folder)/webhooks/secret")
        return try OperatorProcess(
            namespace: namespace, folder: folder, number: 0, kubeconfig: kubeconfig,
            flags: Self.lease + [namespace, "--skip-crds"] + flags)
    }

    /// Waits until a replica stands by: it is there, and works on nothing.
    func untilItFollows(_ replica: OperatorProcess) async throws {
        try await eventually("the replica follows") {
            Files.read(replica.log).contains("Caches are in step") && replica.shards == 0
        }
    }
}

/// A way to the API server that can be blocked: whoever uses it hears nothing then, and its connections stay.
final class Partition {
    let kubeconfig: String
    private let pid: pid_t

    init(_ stage: Stage) async throws {
        kubeconfig = stage.folder + "/partition.kubeconfig"
        try Files.write(
            try stage.kubectl("config", "view", "--minify", "--raw", "--flatten"), to: kubeconfig)
        let server = try stage.kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
        let name = try stage.kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].name}")
        let port = server.split(separator: ":").last.map(String.init) ?? ""
        // The server itself listens on 127.0.0.1 alone.
        pid = try Command.start(
            "python3", [(World.variable("HACK") ?? "hack") + "/lib/forward.py", "127.0.0.2", port],
            output: stage.folder + "/partition.log")
        try Command.run(
            World.kubectl,
            [
                "config", "--kubeconfig", kubeconfig, "set-cluster", name, "--server", "https://127.0.0.2:\(port)",
                "--tls-server-name", "127.0.0.1",
            ])
        let kubeconfig = kubeconfig
        try await stage.eventually("there is a way to the API server") {
            (try? Command.run(World.kubectl, ["--kubeconfig", kubeconfig, "get", "--raw", "/version"])) != nil
        }
    }

    func begin() { kill(pid, SIGSTOP) }

    func heal() { kill(pid, SIGCONT) }

    func end() {
        kill(pid, SIGKILL)
        Command.wait(for: pid)
    }
}
