package import ControllerRuntime
internal import Core
internal import Forge
internal import KubernetesClient
internal import KubernetesModel
package import Logging
internal import Notifications
internal import SluiceAPI

extension RecipientKey: ReconcileKey {
    package var description: String { "\(environment) \(name)" }

    package var logMetadata: Logger.Metadata {
        Logger.Metadata([.namespace: environment.namespace, .name: environment.name, .receiver: name])
    }
}

/// Delivers what waits for one recipient, one letter each call.
///
/// What a recipient refuses is lost; what fails otherwise is tried again, more and more slowly, until it is stale.
package struct NotificationReconciler: Reconciler {
    /// After this long it is no news any more.
    private static let lifetime = Duration.seconds(900)
    /// | failures | next try after |
    /// |----------|----------------|
    /// | 1        | 1 to 2 s       |
    /// | 4        | 8 to 16 s      |
    /// | 7        | 60 to 120 s    |
    private static let backoff = Backoff(base: .seconds(2), limit: .seconds(120))
    /// After as many failures of one letter its Environment says that the recipient cannot be told.
    private static let patience = 3

    private let context: OperatorContext
    private var desk: NotificationDesk { context.notifications }

    package init(_ context: OperatorContext) {
        self.context = context
    }

    package func reconcile(_ key: RecipientKey, _ call: ReconcileContext) async throws -> ReconcileResult {
        guard let environment = context.environment(key.environment),
            let recipient = environment.spec.notifications.first(where: { $0.name == key.name })
        else {
            desk.drop(key)
            return .done
        }
        let letter: Letter
        switch desk.take(key, now: context.clock.now()) {
        case .nothing: return .done
        case .wait(let moment): return .requeueAt(moment)
        case .letter(let first): letter = first
        }
        return try await TraceContext.$current.withValue(letter.content.trace) {
            let delivery = Delivery(key: key, recipient: recipient, environment: environment, letter: letter)
            return try await deliver(delivery, call)
        }
    }

    /// One letter, and to whom.
    private struct Delivery {
        let key: RecipientKey
        let recipient: EnvironmentSpec.Notification
        let environment: Environment
        let letter: Letter
    }

    private func deliver(_ delivery: Delivery, _ call: ReconcileContext) async throws -> ReconcileResult {
        let start = ContinuousClock.now
        do {
            guard try await send(delivery) else {
                // Its host has enough to do.
                desk.putBack(delivery.key, delivery.recipient.type, failed: false)
                return .requeue(after: .milliseconds(500))
            }
        } catch  where Task.isCancelled {
            desk.putBack(delivery.key, delivery.recipient.type, failed: false)
            throw error
        } catch {
            return failed(delivery, error, call)
        }
        desk.took(ContinuousClock.now - start)
        desk.note(delivery.key, failure: nil)
        return desk.finish(delivery.key, delivery.recipient.type, .delivered) ? .requeue(after: .zero) : .done
    }

    /// Returns false where it has to wait for others to the same host.
    private func send(_ delivery: Delivery) async throws -> Bool {
        let references = try await EnvironmentReferences.read(of: delivery.environment, context.references)
        switch delivery.letter.content {
        case .notice(let notice):
            let receiver = try context.receivers.receiver(delivery.recipient, references)
            guard desk.enter(receiver.address.host) else { return false }
            defer { desk.leave(receiver.address.host) }
            try await receiver.deliver(notice, over: context.transport)
        case .report(let report):
            let forge = try context.receivers.forge(
                delivery.recipient, of: delivery.environment, references, context.forges)
            guard desk.enter(forge.repository.apiURL) else { return false }
            defer { desk.leave(forge.repository.apiURL) }
            try await forge.report(report.status, of: report.commit)
        }
        return true
    }

    private func failed(_ delivery: Delivery, _ error: any Error, _ call: ReconcileContext) -> ReconcileResult {
        let known = error as? any SluiceError
        // Only errors of ours are known to hold no credential.
        let message = known?.message ?? "it could not be told"
        let letter = delivery.letter
        let now = context.clock.now()
        let failures = letter.failures + 1
        var next = now + Self.backoff.delay(failures: failures, random: Double.random(in: 0..<1))
        if case .waitUntil(let moment)? = known?.disposition { next = max(moment, now) }
        let isOver = known?.disposition == .terminal || next > letter.at + Self.lifetime
        if isOver || failures >= Self.patience, desk.note(delivery.key, failure: message) {
            call.logger.warning(
                "Somebody cannot be told what happens",
                metadata: .init([.error: message, .reason: known?.reason ?? "Unknown", .attempt: failures]))
            context.events.record(
                ObjectEvent(
                    .warning, regarding: ObjectReference(delivery.environment.manifest), reason: "NotificationFailed",
                    action: "Notifying", note: "\(delivery.recipient.name): \(message)"))
        }
        guard !isOver else {
            return desk.finish(delivery.key, delivery.recipient.type, .failed) ? .requeue(after: .zero) : .done
        }
        desk.putBack(delivery.key, delivery.recipient.type, failed: true, notBefore: next)
        return .requeueAt(next)
    }
}

extension Letter.Content {
    fileprivate var trace: TraceContext {
        switch self {
        case .notice(let notice): notice.trace
        case .report(let report): .following(report.commit)
        }
    }
}
