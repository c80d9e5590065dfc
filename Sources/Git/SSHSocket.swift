internal import Glibc
internal import Synchronization

/// A TCP connection without blocking calls, which any thread may interrupt.
final class SSHSocket: Sendable {
    /// Nil once closed.
    private let descriptor: Mutex<Int32?>
    /// The number for the owning thread's calls; good until ``close()``.
    let number: Int32

    /// Connects within the operation's deadlines.
    init(host: String, port: UInt16, _ operation: RemoteOperation) throws(GitError) {
        let name = "repository \(operation.url.text)"
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(bare, String(port), &hints, &list)
        defer { freeaddrinfo(list) }
        guard code == 0 else {
            throw GitError(.unreachable, "\(name): the host name is not known (\(String(cString: gai_strerror(code))))")
        }
        let deadline = ContinuousClock.now + operation.limits.connectTimeout
        var connected: Int32?
        var timedOut = false
        var candidate = list
        while let address = candidate?.pointee, connected == nil {
            candidate = address.ai_next
            let made = socket(
                address.ai_family, address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard made >= 0 else { continue }
            if Glibc.connect(made, address.ai_addr, address.ai_addrlen) != 0 {
                guard errno == EINPROGRESS else {
                    Glibc.close(made)
                    continue
                }
                var ready = false
                while !ready, ContinuousClock.now < deadline {
                    do throws(GitError) { try operation.proceed() } catch {
                        Glibc.close(made)
                        throw error
                    }
                    ready = Self.wait(made, events: POLLOUT, upTo: .milliseconds(100))
                }
                timedOut = !ready
                var failure: Int32 = 0
                var size = socklen_t(MemoryLayout<Int32>.size)
                guard ready, getsockopt(made, SOL_SOCKET, SO_ERROR, &failure, &size) == 0, failure == 0 else {
                    Glibc.close(made)
                    continue
                }
            }
            connected = made
        }
        guard let connected else {
            throw timedOut
                ? GitError(.timeout, "\(name): no connection within \(operation.limits.connectTimeout)")
                : GitError(.unreachable, "\(name): the server refuses connections on port \(port)")
        }
        number = connected
        descriptor = Mutex(connected)
    }

    deinit { close() }

    /// Makes pending and later calls fail, from any thread.
    func interrupt() {
        descriptor.withLock { if let number = $0 { _ = Glibc.shutdown(number, Int32(SHUT_RDWR)) } }
    }

    func close() {
        descriptor.withLock { current in
            if let number = current { _ = Glibc.close(number) }
            current = nil
        }
    }

    /// Waits until the socket is ready for `events` or the time is over.
    func wait(events: Int32, upTo limit: Duration) -> Bool {
        Self.wait(number, events: events, upTo: limit)
    }

    private static func wait(_ number: Int32, events: Int32, upTo limit: Duration) -> Bool {
        var entry = pollfd(fd: number, events: Int16(events), revents: 0)
        let (seconds, attoseconds) = limit.components
        let milliseconds = min(seconds, 3600) * 1000 + attoseconds / 1_000_000_000_000_000
        return poll(&entry, 1, Int32(clamping: max(1, milliseconds))) > 0
    }
}
