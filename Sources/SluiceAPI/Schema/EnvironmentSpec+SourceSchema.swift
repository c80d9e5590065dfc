import KubernetesModel

extension EnvironmentSpec.Source {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Where the desired state is read from and promotions are written to.",
        [
            .required(
                "repository", .string(minLength: 1, maxLength: 2048, pattern: .repository),
                "The Git repository, an https or ssh URL or user@host:path; file URLs only where the operator allows them."
            ),
            .optional(
                "branch", .string(minLength: 1, maxLength: 255).defaulting("main"),
                "The branch that is followed and promoted into."),
            .optional(
                "tag", .string(maxLength: 255), "A tag to stay on; an environment pinned so cannot be promoted into."),
            .optional(
                "semver", .string(maxLength: 255),
                "A range of semantic versions; the highest tag within it is followed, and nothing can be promoted into it."
            ),
            .optional(
                "commit", .string(pattern: .commit),
                "A commit to stay on; an environment pinned so cannot be promoted into."),
            .required(
                "path", .string(minLength: 1, maxLength: 1024),
                "The folder of the app's kustomization; with {app} in it, one folder for each app."),
            .optional(
                "interval", .duration.defaulting("1m"),
                "How often the repository is asked for news; jittered by a tenth. A webhook makes it immediate."),
            .optional(
                "credentialsRef", LocalReference.schema,
                "A Secret with the keys username and password, or token, or ssh-privatekey and known_hosts; ca.crt, tls.crt and tls.key beside them."
            ),
            .optional(
                "verify", EnvironmentSpec.Verify.schema.defaulting([:]), "Which commits must be signed, and by whom."),
            .optional("push", EnvironmentSpec.Push.schema.defaulting([:]), "How commits are made."),
        ])
}

extension EnvironmentSpec.Verify {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Which commits must be signed, and by whom.",
        [
            .optional(
                "mode", .words(of: VerifyMode.self).defaulting("None"), "Which commits must carry a good signature."),
            .optional(
                "signersRef", LocalReference.schema,
                "A Secret or ConfigMap with the key allowed_signers in the format of OpenSSH."),
        ])
}

extension EnvironmentSpec.Push {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "How commits are made.",
        [
            .optional(
                "mode", .words(of: PushMode.self).defaulting("Direct"),
                "Whether commits go straight to the branch or through a pull request."),
            .optional(
                "author", EnvironmentSpec.Author.schema.defaulting([:]), "Who the commits name as author and committer."
            ),
            .optional(
                "signingKeyRef", LocalReference.schema.nullable(),
                "A Secret with the key ssh-privatekey; commits are signed with it."),
            .optional(
                "pullRequest", EnvironmentSpec.PullRequestTarget.schema.defaulting([:]),
                "Where pull requests are opened, with the mode PullRequest. The Secret of credentialsRef must have a token or a password, which is sent as one."
            ),
        ])
}

extension EnvironmentSpec.PullRequestTarget {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Where pull requests are opened.",
        [
            .optional(
                "provider", .words(of: ForgeProvider.self),
                "Whose API the server speaks; without it, the host of the repository tells, if its name does."),
            .optional(
                "apiURL", .string(maxLength: 2048, pattern: .optionalHTTPURL),
                "The base URL of the API; without it, the one that the provider has at the host of the repository."),
        ])
}

extension EnvironmentSpec.Author {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Who the commits name as author and committer.",
        [
            .optional("name", .string(minLength: 1, maxLength: 128).defaulting("Sluice"), "The name."),
            .optional(
                "email", .string(minLength: 3, maxLength: 254).defaulting("sluice@sluice.dev"), "The mail address."),
        ])
}
