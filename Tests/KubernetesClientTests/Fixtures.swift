internal import HTTP
internal import KubernetesModel
internal import Synchronization
internal import TestSupport

@testable internal import KubernetesClient

/// A client against a scripted server, with a clock that stands still.
struct Fixture {
    let transport = ScriptedTransport()
    let clock = ManualClock()
    let counters = RequestCounters()
    let client: KubernetesClient

    init(credentials: ClusterCredentials = .none) {
        client = KubernetesClient(
            configuration: ClusterConfiguration(server: "https://server.test:6443", credentials: credentials),
            transport: transport, clock: clock, monotonicClock: clock, observer: counters)
    }

    static let deployments = APIResource(
        gvk: GroupVersionKind(group: "apps", version: "v1", kind: "Deployment"), plural: "deployments", namespaced: true
    )
}

/// `{"metadata":{"name":…,"namespace":"shop","resourceVersion":…}}` of a Pod.
func pod(_ name: String, _ version: Int, label: String = "") -> String {
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(name)","namespace":"shop","#
        + #""resourceVersion":"\#(version)","labels":{"l":"\#(label)"}}}"#
}

func event(_ type: String, _ object: String) -> String { #"{"type":"\#(type)","object":\#(object)}"# }

func bookmark(_ version: Int) -> String {
    event("BOOKMARK", #"{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"\#(version)"}}"#)
}

func podList(_ pods: [String], version: Int, continueToken: String = "") -> ScriptedAnswer {
    .json(
        #"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"\#(version)","#
            + #""continue":"\#(continueToken)"},"items":[\#(pods.joined(separator: ","))]}"#)
}

/// Collects what a handler is told and lets a test wait for it.
final class Journal: Sendable {
    private struct State {
        var lines: [String] = []
        var waiters: [(String, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var lines: [String] { state.withLock { $0.lines } }

    func note(_ line: String) {
        let ready = state.withLock { state in
            state.lines.append(line)
            let ready = state.waiters.filter { $0.0 == line }
            state.waiters.removeAll { $0.0 == line }
            return ready
        }
        for (_, waiter) in ready { waiter.resume() }
    }

    /// Returns once this line has been noted.
    func until(_ line: String) async {
        await withCheckedContinuation { continuation in
            let there = state.withLock { state in
                if state.lines.contains(line) { return true }
                state.waiters.append((line, continuation))
                return false
            }
            if there { continuation.resume() }
        }
    }

    func note(_ event: ReflectorEvent) {
        switch event {
        case .begin: note("begin")
        case .upsert(let object): note("upsert \(object.name) \(object.resourceVersion)")
        case .delete(let object): note("delete \(object.name) \(object.resourceVersion)")
        case .finish: note("finish")
        case .connected: note("connected")
        case .disconnected(let error): note("disconnected \(error.reason)")
        }
    }
}
