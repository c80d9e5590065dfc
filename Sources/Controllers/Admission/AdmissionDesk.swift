internal import Admission
internal import Certificates
internal import ControllerRuntime
internal import Core
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import SluiceAPI
internal import Synchronization

/// Answers the API server's admission reviews, and keeps what that needs: keys, certificates, webhook configurations.
///
/// Flow: ``run()`` for as long as the process lives, leader or not; a TLS server takes ``certificate()`` from here, says
/// ``listens(at:)`` once it is there, and hands each body to ``answer(_:_:)``. Only then is the API server told to ask.
/// Nothing is written to objects of this project before that, so an operator whose webhook was away brings it back by
/// itself: what the webhook needs (a Secret, the webhook configurations, permissions) no webhook of ours guards.
package final class AdmissionDesk: Sendable {
    /// What goes back to the API server.
    package struct Reply: Sendable, Hashable {
        /// Of HTTP.
        package let status: Int
        package let contentType: String
        package let body: [UInt8]
    }

    private struct State {
        var keys: WebhookKeys?
        var key: StampKey?
        var operatorUsers: Set<String>
    }

    let options: WebhookOptions
    private let client: KubernetesClient
    private let clock: any WallClock
    private let logger: Logger
    private let environments: ResourceCache<Environment>
    private let access: AccessReview
    private let queue = WorkQueue<NamespacedName>()
    private let state: Mutex<State>
    private let firstKeys = Latch<Void>()
    private let bound = Latch<Int>()
    private let reached = Latch<Void>()

    init(
        options: WebhookOptions, client: KubernetesClient, clock: any WallClock, logger: Logger,
        environments: ResourceCache<Environment>
    ) {
        self.options = options
        self.client = client
        self.clock = clock
        self.logger = logger
        self.environments = environments
        access = AccessReview(client: client, clock: clock)
        state = Mutex(State(operatorUsers: Set(options.operatorUser.map { [$0] } ?? [])))
    }

    // MARK: Serving

    /// PEM: the chain and the key to serve with; nil as long as there is none.
    package var serving: (chain: [UInt8], key: [UInt8])? {
        state.withLock { $0.keys?.certificates.serving }.map { ($0.certificate, $0.key) }
    }

    /// Returns when there is something to serve with; throws `CancellationError` when the task is cancelled first.
    package func untilServing() async throws { try await firstKeys.wait() }

    /// The server is listening; from now on the API server is told to ask.
    package func listens(at port: Int) {
        bound.set(port)
        queue.add(options.secret)
    }

    var port: Int? { bound.value }

    /// Whether reviews can be answered.
    package var isServing: Bool { bound.value != nil }

    /// The keys to serve and to stamp with from now on.
    func use(_ keys: WebhookKeys) {
        state.withLock { state in
            state.keys = keys
            state.key = StampKey(keys.stampKey)
        }
        firstKeys.set(())
    }

    // MARK: What others ask

    /// The key that stamps are checked with; nil as long as it has not been read, and then no stamp counts.
    var stampKey: StampKey? { state.withLock { $0.key } }

    /// For whom the API server takes the operator.
    var operatorUsers: Set<String> { state.withLock { $0.operatorUsers } }

    /// Whether somebody who approved through the API still may. A yes may be a second old.
    func mayStillApprove(_ identity: Identity, in environment: NamespacedName) async throws(KubernetesError) -> Bool {
        try await access.isAllowed(
            AccessQuestion(
                .approve, namespace: environment.namespace, environment: environment.name, field: "spec.approvals"),
            AdmissionRequest.User(name: identity.user, groups: identity.groups), age: .seconds(1))
    }

    // MARK: Reviews

    /// The answer to one review, the body of a POST to one of ``WebhookPath``.
    package func answer(_ path: String, _ body: [UInt8]) async -> Reply {
        guard let key = stampKey else { return text(503, "the keys have not been read yet") }
        let request: AdmissionRequest
        do throws(AdmissionError) {
            request = try AdmissionRequest(parsing: body)
        } catch {
            return text(400, error.message)
        }
        let reviewer = Reviewer(key: key)
        let writer = Writer(request.user, operatorUsers: operatorUsers, isSyncer: isSyncer)
        switch path {
        case WebhookPath.stamp: return reply(reviewer.stamp(request, by: writer, now: clock.now()))
        case WebhookPath.review: return reply(await reviewed(request, reviewer.review(request, by: writer)))
        default: return text(404, "not found")
        }
    }

    private func reviewed(_ request: AdmissionRequest, _ verdict: Verdict) async -> AdmissionAnswer {
        if let refusal = verdict.refusal { return AdmissionAnswer(uid: request.uid, refusal: refusal) }
        var refused: [AdmissionAnswer.Cause] = []
        for question in verdict.questions {
            do throws(KubernetesError) {
                guard try await !access.isAllowed(question, request.user) else { continue }
                refused.append(
                    AdmissionAnswer.Cause(field: question.field, message: question.refusal(of: request.user.name)))
            } catch {
                logger.warning("Permission could not be asked for", metadata: .init([.error: error.message]))
                return AdmissionAnswer(
                    uid: request.uid,
                    refusal: .init(code: 503, message: "permissions cannot be checked at the moment; try again"))
            }
        }
        guard refused.isEmpty else {
            return AdmissionAnswer(
                uid: request.uid,
                refusal: .init(code: 403, message: refused.map(\.message).joined(separator: "; "), causes: refused))
        }
        return AdmissionAnswer(uid: request.uid, warnings: verdict.warnings)
    }

    /// Whether an Environment is synced as this service account.
    private func isSyncer(_ user: String) -> Bool {
        guard user.hasPrefix("system:serviceaccount:") else { return false }
        let found = environments.cache.filter { entry in
            guard let environment = try? entry.object.get() else { return false }
            return environment.syncUser == user
        }
        return !found.isEmpty
    }

    private func reply(_ answer: AdmissionAnswer) -> Reply {
        Reply(status: 200, contentType: "application/json", body: answer.json.jsonBytes)
    }

    private func text(_ status: Int, _ message: String) -> Reply {
        Reply(status: status, contentType: "text/plain; charset=utf-8", body: Array((message + "\n").utf8))
    }

    // MARK: Upkeep

    /// Keeps keys and configurations until the task is cancelled.
    func run() async {
        var options = Controller<WebhookReconciler>.Options()
        options.workers = 1
        options.grace = .seconds(1)
        let controller = Controller(
            "webhook", WebhookReconciler(desk: self, client: client, clock: clock), queue: queue, options: options,
            logger: logger)
        queue.add(self.options.secret)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await controller.run() }
            group.addTask { await self.askUntilReached() }
            group.addTask { await self.follow(.secrets, self.options.secret) }
            for resource in [WebhookConfigurations.mutating, WebhookConfigurations.validating] {
                let name = NamespacedName(namespace: "", name: self.options.configurationName)
                group.addTask { await self.follow(resource, name) }
            }
        }
    }

    /// Returns when a review has come from the API server, at the latest after a time.
    func untilReached(atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await self.reached.wait() }
            group.addTask { try? await Task.sleep(for: limit) }
            _ = await group.next()
            group.cancelAll()
        }
    }

    /// Looks again whenever an object changes.
    private func follow(_ resource: APIResource, _ name: NamespacedName) async {
        let reflector = Reflector(
            client: client, resource: resource,
            selector: ObjectSelector(
                namespace: name.namespace.isEmpty ? nil : name.namespace, fields: "metadata.name=\(name.name)"))
        let key = options.secret
        await reflector.run { [queue] event in
            switch event {
            case .upsert, .delete, .finish: queue.add(key)
            case .begin, .connected, .disconnected: break
            }
        }
    }

    /// Goes the whole way once: a request of ours to the API server, from there to the webhook, and back. The answer
    /// says who we are.
    private func askUntilReached() async {
        guard (try? await bound.wait()) != nil else { return }
        let namespace = options.onlyNamespace ?? options.namespace
        var told = ""
        for attempt in 0... {
            var failure = "the API server does not ask; does the namespace \(namespace) carry its label?"
            do throws(KubernetesError) {
                if let identity = try await CallerIdentity.asking(client, in: namespace) {
                    _ = state.withLock { $0.operatorUsers.insert(identity.user) }
                    logger.info("Admission webhook is reached", metadata: .init([.identity: identity.user]))
                    return reached.set(())
                }
            } catch {
                failure = error.message
            }
            // At first the API server has not heard of the webhook yet.
            if attempt > 10, failure != told {
                logger.warning("Admission webhook is not reached", metadata: .init([.reason: failure]))
                told = failure
            }
            do {
                try await Task.sleep(for: min(.milliseconds(100) * (attempt + 1), .seconds(10)))
            } catch {
                return
            }
        }
    }
}

extension Environment {
    /// The service account as which the operator applies what Git declares, as this cluster's API server names it;
    /// nil for the operator itself, and where what Git declares goes to another cluster.
    var syncUser: String? { spec.destination.kubeconfigRef == nil ? deployer : nil }
}
