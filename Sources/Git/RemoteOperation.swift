internal import CGit2
internal import Core
internal import HTTP
internal import Synchronization

/// One network operation: its deadline, whether it was cancelled, and what went wrong in a callback.
///
/// No Swift error crosses libgit2's frames: a callback records it here and returns a code, and the operation rethrows it.
final class RemoteOperation: Sendable {
    let url: GitURL
    let credentials: GitCredentials
    let limits: GitLimits
    let transport: any HTTPTransport
    let clock: any WallClock
    /// What restricts the task that wants it; pushes ask.
    private let fence: Fence?
    private let state: Mutex<State>

    private struct State {
        var deadline: ContinuousClock.Instant
        var cancelled = false
        var failure: GitError?
        /// Ends what is going on right now.
        var interrupt: (@Sendable () -> Void)?
        /// The server's reason for refusing a reference, if it said one.
        var refusal: String?
        /// Set once the server said that it took a reference's update.
        var isAccepted = false
        /// Set once the server may have got the update of a push.
        var updateSent = false
    }

    init(
        url: GitURL, credentials: GitCredentials, limits: GitLimits, transport: any HTTPTransport,
        clock: any WallClock, fence: Fence? = Fence.current
    ) {
        self.fence = fence
        self.url = url
        self.credentials = credentials
        self.limits = limits
        self.transport = transport
        self.clock = clock
        state = Mutex(State(deadline: .now + limits.totalTimeout))
    }

    /// The same target with the clock started anew.
    func renewed() -> RemoteOperation {
        RemoteOperation(
            url: url, credentials: credentials, limits: limits, transport: transport, clock: clock, fence: fence)
    }

    /// Starts the clock: time in a queue does not count.
    func begin() throws(GitError) {
        state.withLock { $0.deadline = .now + limits.totalTimeout }
        try proceed()
    }

    /// Ends the operation from any thread.
    func cancel() {
        let interrupt = state.withLock { state in
            state.cancelled = true
            return state.interrupt
        }
        interrupt?()
    }

    /// Throws once the operation was cancelled or its time is over.
    func proceed() throws(GitError) {
        let (cancelled, deadline) = state.withLock { ($0.cancelled, $0.deadline) }
        if cancelled { throw GitError(.cancelled, "repository \(url.text): the operation was cancelled") }
        if deadline <= .now {
            throw GitError(
                .timeout, "repository \(url.text): not done within \(limits.totalTimeout), is the server overloaded?")
        }
    }

    /// Time left; never negative.
    var remaining: Duration {
        max(.zero, state.withLock { ContinuousClock.now.duration(to: $0.deadline) })
    }

    /// Says how cancelling ends what is going on from now; nil when nothing is.
    func track(_ interrupt: (@Sendable () -> Void)?) {
        let cancelled = state.withLock { state in
            state.interrupt = interrupt
            return state.cancelled
        }
        if cancelled { interrupt?() }
    }

    /// To be called at the last moment before a push asks the server to move a branch. From then on its outcome is open.
    func beginUpdate() throws(GitError) {
        guard fence?.isOpen ?? true else {
            throw GitError(
                .cancelled, "repository \(url.text): nothing was pushed, for this replica may not write at the moment")
        }
        state.withLock { $0.updateSent = true }
    }
    var updateWasSent: Bool { state.withLock { $0.updateSent } }

    func accept() { state.withLock { $0.isAccepted = true } }
    var isAccepted: Bool { state.withLock { $0.isAccepted } }

    func refuse(_ reason: String) { state.withLock { $0.refusal = reason } }
    var refusal: String? { state.withLock { $0.refusal } }

    /// Keeps the first error of a callback and returns the code that makes libgit2 stop.
    func fail(_ error: GitError) -> Int32 {
        state.withLock { if $0.failure == nil { $0.failure = error } }
        git_error_set_str(Int32(GIT_ERROR_CALLBACK.rawValue), "stopped")
        return GIT_EUSER.rawValue
    }

    /// Runs a callback's body.
    func guarded(_ body: () throws(GitError) -> Void) -> Int32 {
        do throws(GitError) {
            try body()
            return 0
        } catch {
            return fail(error)
        }
    }

    /// Whether a callback recorded an error.
    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// The error of an operation that ended with `failure`: a callback's own first.
    func error(for failure: Libgit2Failure, doing: String) -> GitError {
        if let recorded = state.withLock({ $0.failure }) { return recorded }
        return GitError(failure, "repository \(url.text): \(doing)")
    }

    /// The operation behind a callback's payload.
    static func from(_ payload: UnsafeMutableRawPointer?) -> RemoteOperation? {
        payload.map { Unmanaged<RemoteOperation>.fromOpaque($0).takeUnretainedValue() }
    }
}
