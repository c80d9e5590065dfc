import FoundationEssentials
import Glibc

/// A namespace with three environments, a repository, and an operator that can be killed.
///
/// The apps are Deployments without replicas: a cluster without a node makes them healthy too.
final class Stage {
    let namespace: String
    let folder: String
    let repository: String
    private(set) var sluice: OperatorProcess
    private var starts = 1
    /// The time that people's commits bear, where it is not the machine's.
    var today: (() -> String)?

    var work: String { folder + "/work" }
    var bare: String { World.gitFolder + "/" + repository }
    var url: String { World.gitURL + "/" + repository }

    /// What webhooks are signed with.
    static let webhookSecret = "a secret of the integration tests"

    static let people = ["alice", "bob", "carol", "dave"]

    /// - Parameters:
    ///   - apps: each at version v1 in each environment.
    ///   - today: the time that people's commits bear, where it is not the machine's.
    init(apps: [String] = ["web"], today: (() -> String)? = nil) throws {
        self.today = today
        let suffix = String(UInt32.random(in: .min ... .max), radix: 36)
        namespace = "e2e-\(suffix)"
        folder = "/tmp/sluice-e2e-\(suffix)"
        repository = "e2e/\(suffix).git"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try World.hack("git-server", "repo", repository, "--name", World.gitServer)
        try Files.write(Self.webhookSecret + "\n", to: "\(folder)/webhooks/secret")
        sluice = try OperatorProcess(namespace: namespace, folder: folder, number: 0)
        try prepareClone()
        for app in apps { try writeApp(app) }
        try commit("Begin")
        try prepareNamespace()
    }

    /// Runs a test on a stage; what it leaves behind is removed, unless it fails.
    static func with(
        apps: [String] = ["web"], today: (() -> String)? = nil, _ body: (Stage) async throws -> Void
    ) async throws {
        let stage = try Stage(apps: apps, today: today)
        defer { stage.sluice.kill() }
        do {
            try await body(stage)
        } catch let failure as Failure {
            throw Failure(description: "\(failure)\n\(stage.story)")
        }
        stage.tearDown()
    }

    /// What people need to see where a test fails.
    private var story: String {
        let objects = (try? kubectl("get", "environments,promotions,rollbacks", "-o", "wide")) ?? "no answer"
        let log = Files.read(sluice.log).split(separator: "\n").suffix(15).joined(separator: "\n")
        return "\(objects)\n\(log)\nleft for people to look at: \(folder)"
    }

    private func tearDown() {
        sluice.terminate()
        let namespaces = [namespace] + ["dev", "staging", "production"].map { "\(namespace)-\($0)" }
        _ = try? kubectl(["delete", "namespace", "--ignore-not-found", "--wait=false"] + namespaces)
        try? FileManager.default.removeItem(atPath: folder)
        try? FileManager.default.removeItem(atPath: bare)
    }

    /// Starts the operator again, after it was killed.
    func restart(kubeconfig: String = World.kubeconfig, flags: [String] = []) throws {
        sluice.kill()
        sluice = try OperatorProcess(
            namespace: namespace, folder: folder, number: starts, kubeconfig: kubeconfig, flags: flags)
        starts += 1
    }

    /// Waits for something, looking several times a second.
    func eventually(
        _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(100),
        _ condition: () throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + limit
        while try !condition() {
            guard ContinuousClock.now < end else { throw Failure(description: "did not come to pass: \(what)") }
            try await Task.sleep(for: pause)
        }
    }
}
