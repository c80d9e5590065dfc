internal import Core
internal import KubernetesModel

/// Turns events into requests, in the newest version of the API that the server has.
struct EventSender {
    private enum API {
        /// `events.k8s.io` in this version.
        case events(APIResource)
        /// The core group, for servers without the other.
        case core(APIResource)

        var resource: APIResource {
            switch self {
            case .events(let resource), .core(let resource): resource
            }
        }
    }

    let client: KubernetesClient
    let controller: String
    let instance: String
    let clock: any WallClock
    let suffix: @Sendable () -> String
    private var series = EventSeries()
    private var api: API?

    init(
        client: KubernetesClient, controller: String, instance: String, clock: any WallClock,
        suffix: @escaping @Sendable () -> String
    ) {
        self.client = client
        self.controller = controller
        self.instance = instance
        self.clock = clock
        self.suffix = suffix
    }

    /// - Parameter annotations: for an event that is new to the server.
    mutating func send(_ event: ObjectEvent, annotations: JSONObject = [:]) async throws(KubernetesError) {
        let api = try await chosenAPI()
        let now = clock.now()
        // Events about cluster-scoped objects live in the default namespace.
        let namespace = event.regarding.namespace.isEmpty ? "default" : event.regarding.namespace
        let suffix = suffix
        switch series.add(event, now: now, suffix: suffix()) {
        case .drop: return
        case .create(let name):
            let body =
                switch api {
                case .events(let resource): newEvent(event, resource, metadata(namespace, name, annotations), now)
                case .core: coreEvent(event, metadata(namespace, name, annotations), now)
                }
            do throws(KubernetesError) {
                _ = try await client.create(api.resource, Manifest(body))
            } catch {
                series.forget(event)
                throw error
            }
        case .count(let name, let count):
            do throws(KubernetesError) {
                _ = try await client.patch(
                    api.resource, namespace: namespace, name: name, .merge(update(api, count: count, now: now)))
            } catch {
                // The server forgets events after an hour.
                series.forget(event)
                throw error
            }
        }
    }

    private mutating func chosenAPI() async throws(KubernetesError) -> API {
        if let api { return api }
        for version in ["v1", "v1beta1"] {
            let gvk = GroupVersionKind(group: "events.k8s.io", version: version, kind: "Event")
            do throws(KubernetesError) {
                let found = API.events(try await client.resource(for: gvk))
                api = found
                return found
            } catch {
                guard error.code == .unknownKind else { throw error }
            }
        }
        let found = API.core(
            try await client.resource(for: GroupVersionKind(group: "", version: "v1", kind: "Event")))
        api = found
        return found
    }

    private func metadata(_ namespace: String, _ name: String, _ annotations: JSONObject) -> JSONValue {
        var metadata: JSONObject = ["namespace": .string(namespace), "name": .string(name)]
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
        return .object(metadata)
    }

    private func newEvent(
        _ event: ObjectEvent, _ resource: APIResource, _ metadata: JSONValue, _ now: Timestamp
    ) -> JSONValue {
        [
            "apiVersion": .string(resource.gvk.apiVersion), "kind": "Event", "metadata": metadata,
            "eventTime": .string(now.rfc3339Micro), "reportingController": .string(controller),
            "reportingInstance": .string(instance.bounded(to: 128)), "action": .string(event.action),
            "reason": .string(event.reason), "regarding": event.regarding.json, "note": .string(event.note),
            "type": .string(event.kind.rawValue),
        ]
    }

    private func coreEvent(_ event: ObjectEvent, _ metadata: JSONValue, _ now: Timestamp) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Event", "metadata": metadata,
            "involvedObject": event.regarding.json, "reason": .string(event.reason), "message": .string(event.note),
            "type": .string(event.kind.rawValue), "source": ["component": .string(controller)],
            "firstTimestamp": .string(now.rfc3339), "lastTimestamp": .string(now.rfc3339), "count": 1,
        ]
    }

    private func update(_ api: API, count: Int64, now: Timestamp) -> JSONValue {
        switch api {
        case .events: ["series": ["count": .int(count), "lastObservedTime": .string(now.rfc3339Micro)]]
        case .core: ["count": .int(count), "lastTimestamp": .string(now.rfc3339)]
        }
    }
}
