package import ControllerRuntime
package import Core
package import Git
package import HTTP
package import KubernetesClient
package import KubernetesModel
package import Kustomize
package import Logging
package import SluiceAPI
package import Sync
internal import Synchronization

/// The operator: registers the CRDs, keeps the caches warm, and reconciles while it leads.
///
/// Flow: ``run()`` until its task is cancelled. Guarantees: a cancelled run finishes the calls under way, within their
/// grace, and gives the lease back before it returns.
package final class Operator: Sendable {
    package struct Options: Sendable {
        /// The namespace whose objects are watched; nil for all of the cluster.
        package var namespace: String?
        /// Where mirrors of repositories are kept; losing it costs a fetch.
        package var stateDirectory: String
        /// Whether the CRDs are registered at the start.
        package var registersCRDs = true
        /// The namespace and name of the lease; nil to lead without asking, for a single replica.
        package var lease: NamespacedName?
        package var timing = ElectionTiming()
        /// Into how many shards the work of all replicas is divided; with one, they elect a leader.
        package var shards = 1
        /// Unique to this process: a Pod's name, for example.
        package var identity: String
        package var git = GitLimits()
        /// The repositories that kustomizations may name beside their own.
        package var remoteBases = RemoteAllowList.nothing
        /// How many bytes of rendered apps are kept.
        package var renderCache = 128 << 20
        /// How many objects of one kind are worked on at once, for each shard.
        package var workers = 4
        /// The admission webhook; nil for none.
        package var webhook: WebhookOptions?

        package init(stateDirectory: String, identity: String) {
            self.stateDirectory = stateDirectory
            self.identity = identity
        }
    }

    /// What a probe may ask.
    package enum State: String, Sendable {
        case starting, following
        /// It works on a shard at least.
        case leading
    }

    private let options: Options
    private let client: KubernetesClient
    private let logger: Logger
    private let context: OperatorContext
    private let repositories: GitRepositories
    private let baseRepositories: GitRepositories
    /// How long a render waits for a remote base before it goes on without: most are there by then.
    private static let basePatience = Duration.seconds(5)
    /// Nil for a process that works on everything without asking.
    private let election: ShardElection?
    private let isStarted = Mutex(false)
    /// What webhooks told and nobody has looked at yet; the oldest goes first where there is too much, for polls find it.
    private let news = AsyncStream<[String]>.makeStream(bufferingPolicy: .bufferingNewest(64))

    /// - Parameters:
    ///   - clock: what time it is, for all that windows, approvals and soaks decide.
    ///   - pace: what is waited by until that time; the two run at the same speed.
    package init(
        client: KubernetesClient, transport: any HTTPTransport, options: Options, logger: Logger,
        observer: (any RequestObserver)? = nil, clock: any WallClock = SystemClock(),
        pace: any MonotonicClock = UptimeClock()
    ) {
        self.options = options
        self.client = client
        self.logger = logger
        repositories = GitRepositories(
            directory: options.stateDirectory + "/git", transport: transport, limits: options.git, clock: clock)
        let baseRepositories = GitRepositories(
            directory: options.stateDirectory + "/bases", transport: transport,
            limits: RemoteBaseStore.limits(options.git), clock: clock)
        self.baseRepositories = baseRepositories
        let events = EventRecorder(
            client: client, controller: "sluice.dev/operator", instance: options.identity, logger: logger,
            traceAnnotation: Annotation.traceID, clock: clock)
        election = options.lease.map { lease in
            ShardElection(
                client: client, lease: lease, name: options.identity, shards: options.shards, timing: options.timing,
                logger: logger, wallClock: clock)
        }
        context = OperatorContext(
            client: client, transport: transport, observer: observer, repositories: repositories,
            forges: ForgeDirectory(transport: transport, clock: clock, limits: options.git),
            receivers: ReceiverDirectory(clock: clock, limits: options.git), clock: clock, pace: pace,
            logger: logger, events: events, renders: RenderCache(capacity: options.renderCache),
            bases: { arrived in
                RemoteBaseStore(
                    allowed: options.remoteBases, repositories: baseRepositories, limits: options.git, clock: pace,
                    logger: logger, patience: Self.basePatience, arrived: arrived)
            }, webhook: options.webhook)
    }

    package var state: State {
        guard isStarted.withLock({ $0 }) else { return .starting }
        return shards.held.isEmpty ? .following : .leading
    }

    /// Who works on what.
    package var shards: ShardView { election?.view ?? .alone }

    /// What answers the API server's admission reviews; nil where the webhook is off.
    package var admission: AdmissionDesk? { context.admission }

    /// How often apps were rendered, and how often an earlier render served.
    package var renderCounters: RenderCache.Counters { context.renders.counters }

    /// The repositories that are followed, and the bytes that the mirror of each takes on disk.
    package var mirrors: [(repository: String, bytes: Int)] { repositories.diskUse + baseRepositories.diskUse }

    /// What was asked of the clusters.
    package var syncCounters: SyncCounters.Snapshot { context.counters.snapshot }

    /// Has the repositories behind these URLs looked at, where an Environment follows them; others are passed over.
    package func refresh(repositories urls: [String]) {
        news.continuation.yield(urls)
    }

    /// The Environments, Promotions and Rollbacks that this process works on, as the caches have them now.
    package var objects: (environments: [Environment], promotions: [Promotion], rollbacks: [Rollback]) {
        let shards = shards
        return (
            context.environments.all.filter { shards.holds($0.metadata.namespace) },
            context.promotions.all.filter { shards.holds($0.metadata.namespace) },
            context.rollbacks.all.filter { shards.holds($0.metadata.namespace) }
        )
    }

    /// Runs until the task is cancelled. Throws what keeps it from starting at all.
    package func run() async throws {
        if options.registersCRDs { try await CRDRegistration(client: client, logger: logger).run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.context.events.run() }
            group.addTask { await self.notify() }
            for cache in caches() { group.addTask { await cache() } }
            if let admission = context.admission { group.addTask { await admission.run() } }
            group.addTask {
                try await self.waitForCaches()
                // Until the webhook is there, the API server takes no status from us. Workloads are synced all the same.
                await self.context.admission?.untilReached(atMost: .seconds(30))
                await self.lead()
            }
            group.addTask {
                for await urls in self.news.stream { await RepositoryNews(self.context).tell(urls) }
            }
            // The last task ends only with the whole; the first error, or the cancellation, ends the others.
            defer { group.cancelAll() }
            for try await _ in group where Task.isCancelled { return }
        }
    }

    /// Delivers notifications, in every replica that has any; at the end what waits has a moment to get out.
    private func notify() async {
        var options = Controller<NotificationReconciler>.Options()
        options.workers = 8
        options.timeout = .seconds(30)
        options.grace = .seconds(1)
        let controller = Controller(
            "notification", NotificationReconciler(context), queue: context.notifications.queue, options: options,
            logger: logger)
        // No child task: cancelling this one begins the last moment and does not end the deliveries.
        let work = Task { await controller.run() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            Task { [desk = context.notifications] in
                let end = ContinuousClock.now + Self.lastMoment
                while !desk.isEmpty, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
                work.cancel()
            }
        }
    }

    /// How long the end of the process waits for what is still to be told.
    private static let lastMoment = Duration.seconds(2)

    private func caches() -> [@Sendable () async -> Void] {
        let selector = ObjectSelector(namespace: options.namespace)
        func follow<R: CustomResource>(_ cache: ResourceCache<R>) -> @Sendable () async -> Void {
            let reflector = Reflector(client: client, resource: OperatorContext.resource(R.self), selector: selector)
            return { [logger] in
                await reflector.run { event in
                    // Missing rights or definitions would otherwise look like an operator that does nothing.
                    if case .disconnected(let error) = event, !error.isGone, !error.isCancelled {
                        logger.warning(
                            "Objects cannot be watched, which is tried again",
                            metadata: .init([.kind: R.kind, .error: error.message]))
                    }
                    cache.cache.handle(event)
                }
            }
        }
        return [follow(context.environments), follow(context.promotions), follow(context.rollbacks)]
    }

    private func waitForCaches() async throws {
        try await context.environments.cache.waitUntilSynced()
        try await context.promotions.cache.waitUntilSynced()
        try await context.rollbacks.cache.waitUntilSynced()
        isStarted.withLock { $0 = true }
        logger.info("Caches are in step", metadata: .init([.count: context.environments.names.count]))
    }

    private func lead() async {
        let work: @Sendable (ShardTerm) async -> Void = { [self] term in
            let metadata = Logger.Metadata([.identity: options.identity, .shard: term.shard])
            logger.info("Leading", metadata: metadata)
            await ShardWork(context: context, workers: options.workers, logger: logger).run(term)
            logger.info("Following", metadata: metadata)
            // What was still under way when the term was lost may have looked at something again.
            if term.isLost { context.give(away: shards) }
        }
        guard let election else { return await work(ShardTerm(Shard(0, of: 1))) }
        await election.run(news: { [context] in context.give(away: $0) }, work: work)
    }
}
