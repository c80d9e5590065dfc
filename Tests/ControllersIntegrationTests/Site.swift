import Controllers
import FoundationEssentials
import Git
import HTTP
import KubernetesClient
import KubernetesModel
import Kustomize
import Logging
import SluiceAPI
import Sync
import Testing

/// Environments in a namespace of their own, and an operator for them that can be started anew.
final class Site: Sendable {
    static let kubeconfig = ProcessInfo.processInfo.environment["SLUICE_TEST_KUBECONFIG"]

    /// The test's own client; what it asks is not counted as the operator's.
    let client: KubernetesClient
    let namespace: String
    let repository: ServiceRepository
    private let transport: CurlTransport
    private let folder: String

    init(_ repository: ServiceRepository) throws {
        self.repository = repository
        namespace = "scale-\(String(UInt32.random(in: .min ... .max), radix: 36))"
        folder = FileManager.default.temporaryDirectory.path + "/sluice-\(namespace)"
        transport = try CurlTransport()
        client = KubernetesClient(
            configuration: try ClusterConfiguration.load(path: Self.kubeconfig), transport: transport)
    }

    static let environments = APIResource(gvk: Environment.gvk, plural: Environment.plural, namespaced: true)

    func create() async throws {
        _ = try await client.create(
            .namespaces, Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]]))
        for environment in repository.environments {
            _ = try await client.create(
                Self.environments,
                Manifest([
                    "apiVersion": .string(SluiceGroup.apiVersion), "kind": .string(Environment.kind),
                    "metadata": ["name": .string(environment), "namespace": .string(namespace)],
                    "spec": [
                        "source": [
                            "repository": .string("file://" + repository.path), "branch": "main", "interval": "2s",
                            "path": .string("apps/{app}/overlays/\(environment)"),
                        ],
                        "destination": [
                            "namespace": .string(place(environment)), "createNamespace": true,
                            "allowedNamespaces": [.string(place(environment))],
                        ],
                    ],
                ]))
        }
    }

    /// Where an environment's objects go.
    func place(_ environment: String) -> String { "\(namespace)-\(environment)" }

    /// Removes everything; the operator must have ended.
    func remove() async {
        for name in [namespace] + repository.environments.map(place) {
            _ = try? await client.delete(.namespaces, namespace: nil, name: name)
        }
        transport.shutdown()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs an operator with counters of its own until `body` is done.
    func withOperator(_ body: (RunningOperator) async throws -> Void) async throws {
        let requests = RequestCounters()
        let transport = try CurlTransport()
        defer { transport.shutdown() }
        let client = KubernetesClient(
            configuration: try ClusterConfiguration.load(path: Self.kubeconfig), transport: transport,
            observer: requests)
        var options = Operator.Options(stateDirectory: folder, identity: "scale-test")
        options.namespace = namespace
        options.registersCRDs = false
        options.git.allowFile = true
        options.lease = NamespacedName(namespace: namespace, name: "sluice")
        var logger = Logger(label: "operator")
        logger.logLevel = .error
        let sluice = Operator(
            client: client, transport: transport, options: options, logger: logger, observer: requests)
        let running = RunningOperator(sluice: sluice, requests: requests)
        let task = Task { try await sluice.run() }
        do {
            try await body(running)
        } catch {
            task.cancel()
            _ = await task.result
            throw error
        }
        task.cancel()
        _ = await task.result
    }

    /// The status of an environment.
    func status(_ environment: String) async throws -> EnvironmentStatus {
        try Environment(manifest: try await client.get(Self.environments, namespace: namespace, name: environment))
            .status
    }

    /// Waits until `condition` holds, for as long as a slow machine may need.
    func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(180)
        while ContinuousClock.now < end {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        Issue.record("did not come to pass: \(what)")
        throw CancellationError()
    }
}

/// An operator at work and what it has done so far.
struct RunningOperator: Sendable {
    let sluice: Operator
    let requests: RequestCounters

    /// Counters at one moment.
    struct Reading: Sendable {
        var requests: [RequestCounters.Key: Int] = [:]
        var renders = 0
        var sync = SyncCounters.Snapshot()

        /// Requests since an earlier reading, "verb resource", without those that keep leases and watches alive.
        func requests(since earlier: Reading) -> [String: Int] {
            var grown: [String: Int] = [:]
            for (key, count) in requests where count > earlier.requests[key] ?? 0 {
                guard !key.resource.hasPrefix("leases."), key.verb != "watch" else { continue }
                grown["\(key.verb) \(key.resource)", default: 0] += count - (earlier.requests[key] ?? 0)
            }
            return grown
        }
    }

    var reading: Reading {
        Reading(requests: requests.snapshot, renders: sluice.renderCounters.renders, sync: sluice.syncCounters)
    }

    /// Waits until the counters, those of leases and watches aside, have stood still for a while.
    func settled(for quiet: Duration = .seconds(3)) async throws {
        var last = reading
        var since = ContinuousClock.now
        let end = since + .seconds(120)
        while since.duration(to: .now) < quiet {
            try await Task.sleep(for: .milliseconds(250))
            let now = reading
            if now.sync != last.sync || now.renders != last.renders || !now.requests(since: last).isEmpty {
                since = .now
            }
            last = now
            if ContinuousClock.now > end {
                Issue.record("the operator does not come to rest")
                throw CancellationError()
            }
        }
    }
}
