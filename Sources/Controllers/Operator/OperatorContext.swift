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

/// What the reconcilers share: the caches of this project's objects, the sources, the clusters, the queues.
///
/// Nothing in it is state that matters: any of it can be lost at any moment and is built again from Git and the API.
package final class OperatorContext: Sendable {
    package let client: KubernetesClient
    package let transport: any HTTPTransport
    package let clock: any WallClock
    /// What the queues wait by.
    package let pace: any MonotonicClock
    package let logger: Logger
    package let events: EventRecorder

    package let environments: ResourceCache<Environment>
    package let promotions: ResourceCache<Promotion>
    package let rollbacks: ResourceCache<Rollback>

    package let environmentQueue: ShardedQueue<NamespacedName>
    package let promotionQueue: ShardedQueue<NamespacedName>
    package let rollbackQueue: ShardedQueue<NamespacedName>
    package let upkeepQueue: ShardedQueue<NamespaceKey>

    package let sources: SourceRegistry
    package let clusters: ClusterRegistry
    /// Wakes promotions by the Jobs that verify them.
    package let jobs: JobWatch
    package let references: ReferenceWatcher<NamespacedName>
    package let renders: RenderCache
    /// What kustomizations name in other repositories.
    package let bases: RemoteBaseStore
    package let turns = CommitTurns()
    package let forges: ForgeDirectory
    package let proposals = ProposalBook()
    package let counters = SyncCounters()
    /// The admission webhook; nil where it is off, and then no API user's word counts.
    package let admission: AdmissionDesk?
    package let notifications: NotificationDesk
    package let receivers: ReceiverDirectory
    package let git = GitMetrics()

    package init(
        client: KubernetesClient, transport: any HTTPTransport, observer: (any RequestObserver)?,
        repositories: GitRepositories, forges: ForgeDirectory, receivers: ReceiverDirectory, clock: any WallClock,
        pace: any MonotonicClock = UptimeClock(), logger: Logger, events: EventRecorder, renders: RenderCache,
        bases: (@escaping @Sendable (NamespacedName) -> Void) -> RemoteBaseStore,
        webhook: WebhookOptions? = nil
    ) {
        self.forges = forges
        self.receivers = receivers
        self.client = client
        self.transport = transport
        self.clock = clock
        self.pace = pace
        self.logger = logger
        self.events = events
        self.renders = renders
        let environmentQueue = ShardedQueue<NamespacedName>(clock: pace)
        let promotionQueue = ShardedQueue<NamespacedName>(clock: pace)
        let rollbackQueue = ShardedQueue<NamespacedName>(clock: pace)
        let upkeepQueue = ShardedQueue<NamespaceKey>(clock: pace)
        let promotions = ResourceCache<Promotion> { name, _ in
            promotionQueue.add(name)
            upkeepQueue.add(NamespaceKey(name.namespace))
        }
        let rollbacks = ResourceCache<Rollback> { name, _ in
            rollbackQueue.add(name)
            upkeepQueue.add(NamespaceKey(name.namespace))
        }
        let wake = Wake(
            environments: environmentQueue, promotionQueue: promotionQueue, rollbackQueue: rollbackQueue,
            upkeepQueue: upkeepQueue, promotions: promotions, rollbacks: rollbacks)
        self.environmentQueue = environmentQueue
        self.promotionQueue = promotionQueue
        self.rollbackQueue = rollbackQueue
        self.upkeepQueue = upkeepQueue
        self.promotions = promotions
        self.rollbacks = rollbacks
        self.wake = wake
        let clusters = ClusterRegistry(own: client, transport: transport, observer: observer, counters: counters) {
            environmentQueue.add($0)
        }
        let environments = ResourceCache<Environment> { name, change in
            switch change {
            // Our own write: it tells the environment nothing, and those who wait for its status a lot.
            case .status: wake.workChanged(in: name.namespace)
            case .whole, .gone: wake.environmentChanged(name)
            }
            // Of one that another replica works on no more is known than that nobody else takes its objects.
            guard !environmentQueue.takes(name) else { return }
            if change == .gone { clusters.forget(name) } else { clusters.expect([name]) }
        }
        self.clusters = clusters
        self.bases = bases { wake.environmentChanged($0) }
        self.environments = environments
        admission = webhook.map {
            AdmissionDesk(options: $0, client: client, clock: clock, logger: logger, environments: environments)
        }
        notifications = NotificationDesk(clock: clock) { environmentQueue.add($0) }
        let rewritten: @Sendable (NamespacedName, FetchResult) -> Void = { name, result in
            guard let manifest = environments.get(name)?.manifest else { return }
            let before = result.previous?.short ?? "another commit"
            events.record(
                ObjectEvent(
                    .warning, regarding: ObjectReference(manifest), reason: "HistoryRewritten", action: "Fetching",
                    note: "the source moved from \(before) to \(result.commit.short), which does not hold it: "
                        + "was it force-pushed? It is followed"))
        }
        sources = SourceRegistry(repositories: repositories, clock: clock, logger: logger, rewritten: rewritten) {
            wake.environmentChanged($0)
        }
        jobs = JobWatch { promotionQueue.add($0) }
        references = ReferenceWatcher(source: ClusterReferences(client: client)) { names in
            for name in names { wake.environmentChanged(name) }
        }
    }

    package let wake: Wake

    /// Reads and patches the objects of one of this project's kinds.
    package func store<R: CustomResource>(_ type: R.Type) -> ResourceStore {
        ResourceStore(client: client, resource: Self.resource(type), fieldManager: FieldManager.name)
    }

    /// The REST resource of one of this project's kinds.
    package static func resource<R: CustomResource>(_ type: R.Type) -> APIResource {
        APIResource(gvk: R.gvk, plural: R.plural, namespaced: true)
    }

    /// The Rollbacks that exist as objects for an environment, by name.
    package func rollbacks(in environment: Environment) -> [String: Rollback] {
        let mine = rollbacks.all(in: environment.metadata.namespace)
            .filter { $0.spec.environment == environment.metadata.name }
        return Dictionary(mine.map { ($0.metadata.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What a branch's history and the statuses of the environment's promotions and rollbacks say was committed.
    package func ledger(_ history: Ledger, of environment: NamespacedName) -> Ledger {
        history.adopting(
            promotions.all(in: environment.namespace), rollbacks.all(in: environment.namespace), in: environment)
    }

    /// The environment that a promotion or rollback names, if it can be read.
    package func environment(_ name: NamespacedName) -> Environment? {
        try? environments.get(name)?.object.get()
    }
}

/// Who is to look again when something has changed.
package struct Wake: Sendable {
    let environments: ShardedQueue<NamespacedName>
    let promotionQueue: ShardedQueue<NamespacedName>
    let rollbackQueue: ShardedQueue<NamespacedName>
    let upkeepQueue: ShardedQueue<NamespaceKey>
    let promotions: ResourceCache<Promotion>
    let rollbacks: ResourceCache<Rollback>

    /// An Environment, its source or its signers changed: it is looked at again, and so is all that is under way in its
    /// namespace, for a promotion may wait for its target, its upstream, or the repository that it was committed to.
    func environmentChanged(_ name: NamespacedName) {
        environments.add(name)
        workChanged(in: name.namespace)
    }

    /// Something that promotions and rollbacks of a namespace wait for changed.
    func workChanged(in namespace: String) {
        promotionQueue.add(
            promotions.all(in: namespace).filter { !($0.status.phase?.isTerminal ?? false) || $0.isWatched }
                .map(\.namespacedName))
        upkeepQueue.add(NamespaceKey(namespace))
        rollbackQueue.add(
            rollbacks.all(in: namespace).filter { !($0.status.phase?.isTerminal ?? false) || $0.awaitsRelease }
                .map(\.namespacedName))
    }
}
