internal import Admission
internal import Certificates
internal import ControllerRuntime
internal import Core
internal import KubernetesClient
internal import KubernetesModel
internal import Logging

/// Keeps the webhook's Secret, what this process serves with, and the two webhook configurations in step.
///
/// Every replica does, leader or not: each write is a compare-and-swap or says the same as the others'. It is called at
/// the start, whenever one of the three objects changes, and when a certificate is due.
struct WebhookReconciler: Reconciler {
    let desk: AdmissionDesk
    let client: KubernetesClient
    let clock: any WallClock

    func reconcile(_ key: NamespacedName, _ context: ReconcileContext) async throws -> ReconcileResult {
        let options = desk.options
        let stored = try await client.getIfPresent(.secrets, namespace: key.namespace, name: key.name)
        let keys = stored.flatMap { WebhookKeys($0) }
        let renewal = try WebhookCertificates.renewed(
            keys?.certificates, names: options.names, now: clock.now(), lifetimes: options.lifetimes)
        let wanted = WebhookKeys(
            certificates: renewal.certificates,
            stampKey: stored.flatMap { WebhookKeys.stampKey(of: $0) } ?? StampKey.random())
        if wanted.certificates != keys?.certificates || wanted.stampKey != keys?.stampKey {
            guard try await write(wanted, over: stored, key) else { return .requeue(after: .zero) }
            context.logger.info("Webhook certificates were made", metadata: ["next": .string(renewal.next.rfc3339)])
        }
        desk.use(wanted)
        if let port = desk.port {
            try await WebhookConfigurations(options: options, port: port, trusted: wanted.certificates.trusted)
                .ensure(client)
        }
        return .requeueAt(renewal.next)
    }

    /// Stores the keys; false where another replica was first.
    private func write(_ keys: WebhookKeys, over stored: Manifest?, _ name: NamespacedName) async throws -> Bool {
        let secret = keys.secret(name, resourceVersion: stored?.resourceVersion ?? "")
        do throws(KubernetesError) {
            if stored == nil {
                _ = try await client.create(.secrets, secret)
            } else {
                _ = try await client.update(.secrets, secret)
            }
            return true
        } catch {
            guard error.isConflict || error.isAlreadyExists || error.isNotFound && stored != nil else { throw error }
            return false
        }
    }
}
