internal import ControllerRuntime
internal import Core
internal import Forge
internal import Git
internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI

/// Keeps a Promotion or Rollback while a pull request of it may be open, so that none is left behind when the object is
/// deleted: nobody would know any more what becomes of its merge.
///
/// Flow: ``hold(_:)`` before a pull request is opened, ``letGo(_:)`` once none can be open any more, and ``finish(_:_:in:)``
/// for an object that is being deleted. A forge that cannot be asked holds up a deletion for ``patience`` only.
struct ProposalFinalizer: Sendable {
    /// How long a deletion waits for a forge that cannot be asked.
    static let patience = Duration.seconds(120)

    private let context: OperatorContext
    private let step: FinalizerStep

    init<R: CustomResource>(_ context: OperatorContext, for type: R.Type) {
        self.context = context
        step = FinalizerStep(name: Finalizer.pullRequest, store: context.store(type))
    }

    /// Whether an object is being deleted and waits for us.
    func isDue(_ manifest: Manifest) -> Bool {
        manifest.deletionTimestamp != nil && manifest.finalizers.contains(Finalizer.pullRequest)
    }

    /// The object with the finalizer; nil where it is gone or going.
    func hold(_ manifest: Manifest) async throws -> Manifest? {
        guard let held = try await step.ensure(on: manifest), held.finalizers.contains(Finalizer.pullRequest) else {
            return nil
        }
        return held
    }

    func letGo(_ manifest: Manifest) async throws {
        guard manifest.finalizers.contains(Finalizer.pullRequest) else { return }
        try await step.remove(from: manifest)
    }

    /// Closes the pull request of an object that is being deleted, and lets the object go.
    func finish(
        _ manifest: Manifest, _ subject: ProposalSubject, in environment: NamespacedName
    ) async throws -> ReconcileResult {
        let now = context.clock.now()
        let deadline = (manifest.deletionTimestamp.flatMap { Timestamp(rfc3339: $0) } ?? now) + Self.patience
        do {
            if let again = try await withdraw(subject, from: environment), again < deadline {
                return .requeueAt(max(again, now + .seconds(1)))
            }
        } catch let error as any SluiceError {
            guard now >= deadline else { throw error }
            context.events.record(
                ObjectEvent(
                    .warning, regarding: ObjectReference(manifest), reason: "PullRequestLeftOpen", action: "Deleting",
                    note: "the pull request of branch \(subject.branch) may still be open: \(error.message)"))
        }
        try await step.remove(from: manifest)
        return .done
    }

    /// - Returns: when to try again; nil where nothing is open any more, or nobody can be asked any more.
    private func withdraw(_ subject: ProposalSubject, from name: NamespacedName) async throws -> Timestamp? {
        guard let reading = try await TargetReading.read(name, context) else { return nil }
        guard let (source, seen) = reading.repository, let head = seen.head else {
            return context.clock.now() + .seconds(2)
        }
        let observer = ProposalObserver(
            context: context, environment: reading.environment, references: reading.references, source: source)
        switch await observer.look(subject, wanted: nil, head: head) {
        case .success(let proposal):
            // One that was merged before is in Git, and stays there.
            _ = try await Proposer(context).withdraw(
                proposal, of: subject, from: reading.environment,
                because: "\(subject.title) was deleted")
            return nil
        case .failure(let error):
            guard case .waitUntil(let moment) = error.disposition else { throw error }
            return moment
        }
    }
}
