internal import CCurl

/// One multi handle with its connections, driven by readiness: only sockets with something to do cost anything.
///
/// Confined to the loop's thread. libcurl's callbacks point at it without owning it; it cleans the handle up before it
/// goes.
final class CurlLane {
    private let multi: UnsafeMutableRawPointer
    private let epoll: Int32
    private let lane: CurlTransfer.Lane
    private var known: Set<curl_socket_t> = []
    /// When libcurl wants to be called, in nanoseconds of the monotonic clock.
    private(set) var timer: UInt64?

    init(_ lane: CurlTransfer.Lane, epoll: Int32, limits: CurlTransport.Limits) throws(HTTPError) {
        guard let multi = curl_multi_init() else {
            throw HTTPError(.protocolViolation, "libcurl has no memory for a multi handle")
        }
        self.multi = multi
        self.epoll = epoll
        self.lane = lane
        let context = Unmanaged.passUnretained(self).toOpaque()
        var code = sluice_curl_multi_set_callbacks(multi, curlWatchesSocket, curlSetsTimer, context)
        func set(_ option: CURLMoption, _ value: Int) {
            if code == CURLM_OK { code = sluice_curl_multi_set_long(multi, option, value) }
        }
        set(CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        // An API server allows 250 by default and says so; libcurl takes the lower number.
        set(CURLMOPT_MAX_CONCURRENT_STREAMS, 250)
        set(CURLMOPT_MAXCONNECTS, 64)
        // A stream holds its connection for hours over HTTP/1.1, so a limit there would be a deadlock.
        if lane == .requests { set(CURLMOPT_MAX_HOST_CONNECTIONS, limits.maxConnectionsPerHost) }
        guard code == CURLM_OK else {
            curl_multi_cleanup(multi)
            throw HTTPError(.protocolViolation, "libcurl refuses an option")
        }
    }

    /// Closes all connections; the last call. Not left to `deinit`, where libcurl's callbacks must not find this object.
    func close() {
        curl_multi_cleanup(multi)
    }

    func add(_ handle: UnsafeMutableRawPointer) -> Bool {
        curl_multi_add_handle(multi, handle) == CURLM_OK
    }

    func remove(_ handle: UnsafeMutableRawPointer) {
        curl_multi_remove_handle(multi, handle)
    }

    func act(on socket: curl_socket_t, ready: Int32) {
        // One event may have closed the socket of a later one in the same batch.
        guard known.contains(socket) else { return }
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, ready, &running)
    }

    func actOnTimer(now: UInt64) {
        guard let timer, now >= timer else { return }
        kick(now: now)
    }

    /// Lets libcurl look at its own timers and at what was asked of it since.
    func kick(now: UInt64) {
        timer = nil
        var running: Int32 = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
    }

    func nextDone() -> (UnsafeMutableRawPointer, CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            return (handle, message.pointee.data.result)
        }
        return nil
    }

    fileprivate func watch(_ socket: curl_socket_t, _ what: Int32) {
        let readable: Int32 = what == CURL_POLL_IN || what == CURL_POLL_INOUT ? 1 : 0
        let writable: Int32 = what == CURL_POLL_OUT || what == CURL_POLL_INOUT ? 1 : 0
        let isKnown = known.contains(socket)
        if readable == 0, writable == 0 {
            guard known.remove(socket) != nil else { return }
        } else if !isKnown {
            known.insert(socket)
        }
        let tag = UInt64(lane.rawValue) << 32 | UInt64(UInt32(bitPattern: socket))
        _ = sluice_epoll_watch(epoll, socket, readable, writable, isKnown ? 1 : 0, tag)
    }

    fileprivate func setTimer(_ milliseconds: Int) {
        timer = milliseconds < 0 ? nil : CurlReactor.monotonicNow() + UInt64(milliseconds) * 1_000_000
    }
}

private func curlWatchesSocket(
    _ handle: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32, _ context: UnsafeMutableRawPointer?,
    _ assigned: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 0 }
    Unmanaged<CurlLane>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
    return 0
}

private func curlSetsTimer(
    _ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 0 }
    Unmanaged<CurlLane>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
    return 0
}
