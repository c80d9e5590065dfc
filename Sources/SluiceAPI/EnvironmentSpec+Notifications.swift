extension EnvironmentSpec {
    /// Somebody who is told what happens, through one door.
    package struct Notification: Sendable, Hashable, Codable {
        /// A name for messages and metrics.
        package var name: String
        /// Which door it is.
        package var type: NotificationType
        /// A Secret. Slack and Webhook: the address under url, without which a Webhook has it in url here. Webhook: the
        /// key that requests are signed with under signing-key. CommitStatus: the forge's token under token, for which
        /// source.credentialsRef serves too. All of them: ca.crt, the authorities to trust instead of the system's.
        package var secretRef: LocalReference?
        /// The address of a Webhook, where it is no secret in itself.
        package var url: String
        /// What is told; empty for everything. A CommitStatus tells how a commit fares and nothing else.
        package var events: [NotificationEvent]
        /// Globs over the app's name: what concerns none of these apps is not told.
        package var apps: [String]

        package init(
            name: String, type: NotificationType, secretRef: LocalReference? = nil, url: String = "",
            events: [NotificationEvent] = [], apps: [String] = ["*"]
        ) {
            self.name = name
            self.type = type
            self.secretRef = secretRef
            self.url = url
            self.events = events
            self.apps = apps
        }
    }
}
