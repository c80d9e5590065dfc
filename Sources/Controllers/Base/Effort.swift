internal import Core
internal import Git
internal import KubernetesModel

extension RemoteBaseStore {
    /// What became of the attempts to fetch one base.
    ///
    /// | it ended with | that holds for                            |
    /// |---------------|-------------------------------------------|
    /// | a failure     | 2 s, 4 s, 8 s ... 5 min, the more of them |
    /// | a name's commit | a minute                                |
    struct Effort {
        private(set) var task: Task<Void, Never>?
        /// When the attempt that is under way began.
        private(set) var began = Duration.zero
        /// Who is called when there is something new.
        var waiting: Set<NamespacedName> = []
        private var last: Result<CommitID, GitError>?
        private var failures = 0
        private var holdsUntil = Duration.zero

        /// How an attempt ended that need not be repeated yet.
        enum Outcome {
            case found(CommitID)
            case failed(GitError)
        }

        func outcome(at now: Duration) -> Outcome? {
            guard now < holdsUntil else { return nil }
            return switch last {
            case .success(let commit): .found(commit)
            case .failure(let error): .failed(error)
            case nil: nil
            }
        }

        /// When a failure is worth another try.
        var retryAt: Duration? {
            if case .failure = last { holdsUntil } else { nil }
        }

        mutating func begin(_ task: Task<Void, Never>, at now: Duration) {
            self.task = task
            began = now
        }

        mutating func finish(_ result: Result<CommitID, GitError>, at now: Duration) {
            task = nil
            last = result
            switch result {
            case .success:
                failures = 0
                holdsUntil = now + .seconds(60)
            case .failure:
                failures += 1
                holdsUntil = now + min(.seconds(300), .seconds(1 << min(failures, 9)))
            }
        }

        /// Whether the outcome says more than the mirror does.
        func isWorthKeeping(of want: Want) -> Bool {
            if case .success = last { CommitID(hex: want.ref) == nil } else { true }
        }

        /// Whether nobody has asked for a long time.
        func isForgotten(at now: Duration) -> Bool {
            task == nil && waiting.isEmpty && holdsUntil + .seconds(3600) < now
        }
    }
}
