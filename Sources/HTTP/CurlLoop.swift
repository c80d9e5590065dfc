internal import CCurl
internal import COpenSSL
internal import Glibc
internal import Synchronization

/// The thread that runs all transfers, and the inbox through which others reach it.
final class CurlLoop: Sendable {
    enum Command {
        case start(CurlTransfer)
        case cancel(CurlTransfer)
        case resume(CurlTransfer)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var stopped = false
    }

    private let inbox = Mutex(Inbox())
    /// Connections opened for transfers that have ended.
    let connectionsOpened = Atomic(0)
    /// Written once per batch of commands to wake the thread. Closed when the last reference to the loop goes, which
    /// the thread itself holds one of.
    let wakeDescriptor: Int32

    init(limits: CurlTransport.Limits) throws(HTTPError) {
        guard CurlLoop.initialised == CURLE_OK else {
            throw HTTPError(.protocolViolation, "libcurl does not start")
        }
        wakeDescriptor = sluice_eventfd_create()
        guard wakeDescriptor >= 0 else {
            throw HTTPError(.connectFailed, "no file descriptor is left for the HTTP loop")
        }
        let reactor = try CurlReactor(loop: self, limits: limits)
        try CurlLoop.run(reactor)
    }

    deinit {
        if wakeDescriptor >= 0 { close(wakeDescriptor) }
    }

    /// OpenSSL first and without its exit handler, which would free what this thread still uses; then libcurl, once.
    private static let initialised: CURLcode = {
        OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
        return curl_global_init(Int(CURL_GLOBAL_ALL))
    }()

    private static func run(_ reactor: CurlReactor) throws(HTTPError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 1 << 20)
        var thread = pthread_t()
        // Released once: by the thread's start routine, or below if there is no thread.
        let context = Unmanaged.passRetained(reactor)
        let code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                let reactor = Unmanaged<CurlReactor>.fromOpaque(context).takeRetainedValue()
                // TLS writes to a closed socket must be an error, not the end of the process.
                var signals = sigset_t()
                sigfillset(&signals)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                reactor.run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw HTTPError(.connectFailed, "the HTTP loop's thread does not start (error \(code))")
        }
    }

    func start(_ transfer: CurlTransfer) {
        guard post(.start(transfer)) else {
            transfer.sink.finish(
                HTTPError(.shutDown, "\(transfer.request.displayURL): the HTTP transport is shut down"))
            return
        }
    }

    /// Ends a transfer; nothing happens if it has ended. It may come before `start`.
    func cancel(_ transfer: CurlTransfer) {
        if transfer.cancelled.exchange(true, ordering: .relaxed) { return }
        _ = post(.cancel(transfer))
    }

    /// Lets a paused transfer go on.
    func resume(_ transfer: CurlTransfer) {
        _ = post(.resume(transfer))
    }

    func stop() {
        _ = post(.stop)
    }

    private func post(_ command: sending Command) -> Bool {
        enum Outcome { case refused, queued, first }
        let outcome = inbox.withLock { inbox -> Outcome in
            guard !inbox.stopped else { return .refused }
            if case .stop = command { inbox.stopped = true }
            inbox.commands.append(command)
            return inbox.commands.count == 1 ? .first : .queued
        }
        if outcome == .first {
            var one: UInt64 = 1
            _ = write(wakeDescriptor, &one, MemoryLayout<UInt64>.size)
        }
        return outcome != .refused
    }

    /// All commands posted since the last call; for the loop's thread.
    func takeCommands() -> [Command] {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, MemoryLayout<UInt64>.size)
        return inbox.withLock { inbox in
            var commands: [Command] = []
            swap(&commands, &inbox.commands)
            return commands
        }
    }
}
