internal import ControllerRuntime
package import Core
package import Forge
package import Git
internal import KubernetesModel
package import Notifications
package import SluiceAPI

/// Finds the receivers behind an Environment's `spec.notifications`, with what its Secrets say.
package struct ReceiverDirectory: Sendable {
    private let clock: any WallClock
    private let allowsInsecure: Bool

    package init(clock: any WallClock, limits: GitLimits) {
        self.clock = clock
        allowsInsecure = limits.allowInsecureHTTP
    }

    package func receiver(
        _ recipient: EnvironmentSpec.Notification, _ references: EnvironmentReferences
    ) throws(NotificationError) -> Receiver {
        let secret = try secret(recipient, references)
        let hidden = secret?.text("url") ?? ""
        guard !hidden.isEmpty || !recipient.url.isEmpty else {
            throw NotificationError(.notConfigured, "Secret \(recipient.secretRef?.name ?? "") has no key url")
        }
        let address = try ReceiverAddress(
            hidden.isEmpty ? recipient.url : hidden, isSecret: !hidden.isEmpty, allowsInsecure: allowsInsecure)
        let signer = try secret?.text("signing-key").map { (key) throws(NotificationError) in try WebhookSigner(key) }
        let form: Receiver.Form = recipient.type == .slack ? .slack : .webhook(signer)
        return Receiver(form, at: address, caPEM: secret?["ca.crt"] ?? [], clock: clock)
    }

    package func forge(
        _ recipient: EnvironmentSpec.Notification, of environment: Environment, _ references: EnvironmentReferences,
        _ forges: ForgeDirectory
    ) throws -> ForgeClient {
        let secret = try secret(recipient, references)
        return try forges.client(
            of: environment, references, token: secret?.text("token") ?? secret?.text("password"),
            caPEM: secret?["ca.crt"])
    }

    /// The Secret that an entry names; nil where it names none.
    private func secret(
        _ recipient: EnvironmentSpec.Notification, _ references: EnvironmentReferences
    ) throws(NotificationError) -> ReferenceContent? {
        guard let name = recipient.secretRef?.name else { return nil }
        guard let content = references.notificationSecrets[name] else {
            // It may come a moment after the Environment.
            throw NotificationError(.notConfigured, "Secret \(name) does not exist", disposition: .transient)
        }
        return content
    }
}
