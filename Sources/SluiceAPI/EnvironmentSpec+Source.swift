package import KubernetesModel

extension EnvironmentSpec {
    /// Where the desired state is read from and promotions are written to.
    package struct Source: Sendable, Hashable, Codable {
        /// The Git repository, an https or ssh URL or user@host:path; file URLs only where the operator allows them.
        package var repository: String
        /// The branch that is followed and promoted into.
        package var branch: String
        /// A tag to stay on; an environment pinned so cannot be promoted into.
        package var tag: String
        /// A range of semantic versions; the highest tag within it is followed, and nothing can be promoted into it.
        package var semver: String
        /// A commit to stay on; an environment pinned so cannot be promoted into.
        package var commit: String
        /// The folder of the app's kustomization; with {app} in it, one folder for each app.
        package var path: String
        /// How often the repository is asked for news; jittered by a tenth. A webhook makes it immediate.
        package var interval: GoDuration
        /// A Secret with the keys username and password, or token, or ssh-privatekey and known_hosts; ca.crt, tls.crt
        /// and tls.key beside them.
        package var credentialsRef: LocalReference?
        /// Which commits must be signed, and by whom.
        package var verify: Verify
        /// How commits are made.
        package var push: Push

        package init(
            repository: String, branch: String = "main", tag: String = "", semver: String = "", commit: String = "",
            path: String, interval: GoDuration = .minutes(1), credentialsRef: LocalReference? = nil,
            verify: Verify = Verify(), push: Push = Push()
        ) {
            self.repository = repository
            self.branch = branch
            self.tag = tag
            self.semver = semver
            self.commit = commit
            self.path = path
            self.interval = interval
            self.credentialsRef = credentialsRef
            self.verify = verify
            self.push = push
        }
    }

    /// Which commits must be signed, and by whom.
    package struct Verify: Sendable, Hashable, Codable {
        /// Which commits must carry a good signature: none, the branch's tip, or every commit since the last that counted.
        /// What does not count is neither synced nor built upon.
        package var mode: VerifyMode
        /// A Secret or ConfigMap with the key allowed_signers in the format of OpenSSH; the operator's own key counts
        /// without it.
        package var signersRef: LocalReference?

        package init(
            mode: VerifyMode = .none, signersRef: LocalReference? = nil
        ) {
            self.mode = mode
            self.signersRef = signersRef
        }
    }

    /// How commits are made.
    package struct Push: Sendable, Hashable, Codable {
        /// Whether commits go straight to the branch or through a pull request.
        package var mode: PushMode
        /// Who the commits name as author and committer.
        package var author: Author
        /// A Secret with the key ssh-privatekey; commits are signed with it, and no commit is taken for the operator's
        /// own without its signature. Public keys of earlier ones stand below previous-publickeys, one a line.
        package var signingKeyRef: LocalReference?
        /// Where pull requests are opened, with the mode PullRequest. The Secret of credentialsRef must have a token or
        /// a password, which is sent as one.
        package var pullRequest: PullRequestTarget

        package init(
            mode: PushMode = .direct, author: Author = Author(), signingKeyRef: LocalReference? = nil,
            pullRequest: PullRequestTarget = PullRequestTarget()
        ) {
            self.mode = mode
            self.author = author
            self.signingKeyRef = signingKeyRef
            self.pullRequest = pullRequest
        }
    }

    /// Where pull requests are opened.
    package struct PullRequestTarget: Sendable, Hashable, Codable {
        /// Whose API the server speaks; without it, the host of the repository tells, if its name does.
        package var provider: ForgeProvider?
        /// The base URL of the API; without it, the one that the provider has at the host of the repository.
        package var apiURL: String

        package init(provider: ForgeProvider? = nil, apiURL: String = "") {
            self.provider = provider
            self.apiURL = apiURL
        }
    }

    /// Who the commits name as author and committer.
    package struct Author: Sendable, Hashable, Codable {
        /// The name.
        package var name: String
        /// The mail address.
        package var email: String

        package init(
            name: String = "Sluice", email: String = "sluice@sluice.dev"
        ) {
            self.name = name
            self.email = email
        }
    }
}
