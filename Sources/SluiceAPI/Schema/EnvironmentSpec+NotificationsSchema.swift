import KubernetesModel

extension EnvironmentSpec.Notification {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Somebody who is told what happens, through one door.",
        [
            .required("name", .string(minLength: 1, maxLength: 63), "A name for messages and metrics."),
            .required(
                "type", .words(of: NotificationType.self),
                "Slack: an incoming webhook of Slack, Mattermost, Rocket.Chat and the like. Webhook: JSON, signed where there is a key. CommitStatus: how the newest commit fares, beside the commit at GitHub, GitLab or Gitea."
            ),
            .optional(
                "secretRef", LocalReference.schema,
                "A Secret. Slack and Webhook: the address under url, without which a Webhook has it in url here. Webhook: the key that requests are signed with under signing-key. CommitStatus: the forge's token under token, for which source.credentialsRef serves too. All of them: ca.crt, the authorities to trust instead of the system's."
            ),
            .optional(
                "url", .string(maxLength: 2048, pattern: .optionalHTTPURL),
                "The address of a Webhook, where it is no secret in itself."),
            .optional(
                "events", .list(of: .words(of: NotificationEvent.self), maxItems: 50, unique: true),
                "What is told; empty for everything. A CommitStatus tells how a commit fares and nothing else."),
            .optional(
                "apps", .list(of: .string(minLength: 1, maxLength: 253), maxItems: 200).defaulting(["*"]),
                "Globs over the app's name: what concerns none of these apps is not told."),
        ])
}
