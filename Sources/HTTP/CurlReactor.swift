internal import CCurl
internal import Core
internal import Glibc
internal import Synchronization

/// What the loop's thread owns: readiness, two multi handles ("lanes") and the running transfers.
///
/// Confined to one thread once it runs; no lock, no Sendable.
final class CurlReactor {
    private let loop: CurlLoop
    private let epoll: Int32
    private var lanes: [CurlLane] = []
    /// Holds every transfer whose handle is in a lane: libcurl's contexts point at these without owning them.
    private var active: [ObjectIdentifier: CurlTransfer] = [:]
    private var idleHandles: [UnsafeMutableRawPointer] = []
    private var now = CurlReactor.monotonicNow()
    /// When to look for stalled transfers next; nil when none has such a deadline.
    private var stallCheck: UInt64?
    private var stopping = false

    private static let wakeTag = UInt64.max
    private static let idleHandleLimit = 64

    init(loop: CurlLoop, limits: CurlTransport.Limits) throws(HTTPError) {
        self.loop = loop
        epoll = sluice_epoll_create()
        guard epoll >= 0, sluice_epoll_watch(epoll, loop.wakeDescriptor, 1, 0, 0, CurlReactor.wakeTag) == 0 else {
            throw HTTPError(.connectFailed, "no file descriptor is left for the HTTP loop")
        }
        for lane in CurlTransfer.Lane.allCases {
            lanes.append(try CurlLane(lane, epoll: epoll, limits: limits))
        }
    }

    deinit {
        for lane in lanes { lane.close() }
        for handle in idleHandles { curl_easy_cleanup(handle) }
        if epoll >= 0 { close(epoll) }
    }

    static func monotonicNow() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Runs until told to stop, then ends what is left.
    func run() {
        var events = [sluice_ready_event](repeating: sluice_ready_event(), count: 64)
        while !stopping {
            let count = sluice_epoll_wait(epoll, &events, waitMilliseconds())
            now = CurlReactor.monotonicNow()
            var commanded = false
            for event in events.prefix(Int(max(0, count))) {
                if event.tag == CurlReactor.wakeTag {
                    commanded = true
                } else {
                    let lane = Int(event.tag >> 32)
                    lanes[lane].act(on: curl_socket_t(truncatingIfNeeded: event.tag), ready: event.ready)
                }
            }
            if commanded { loop.takeCommands().forEach(perform) }
            for lane in lanes {
                lane.actOnTimer(now: now)
                finishDone(lane)
            }
            if let check = stallCheck, now >= check { endStalled() }
        }
        for transfer in Array(active.values) {
            end(transfer, HTTPError(.shutDown, "\(transfer.request.displayURL): the HTTP transport is shut down"))
        }
        for lane in lanes { lane.close() }
        lanes.removeAll()
    }

    private func waitMilliseconds() -> Int32 {
        var deadline = stallCheck
        for lane in lanes {
            if let timer = lane.timer { deadline = min(deadline ?? .max, timer) }
        }
        guard let deadline else { return -1 }
        guard deadline > now else { return 0 }
        return Int32(clamping: (deadline - now + 999_999) / 1_000_000)
    }

    private func perform(_ command: CurlLoop.Command) {
        switch command {
        case .start(let transfer): start(transfer)
        case .cancel(let transfer):
            end(transfer, HTTPError(.cancelled, "\(transfer.request.displayURL): the request was cancelled"))
        case .resume(let transfer):
            guard let handle = transfer.handle, transfer.receivePaused || transfer.sendPaused else { return }
            transfer.receivePaused = false
            transfer.sendPaused = false
            transfer.lastActivity = now
            curl_easy_pause(handle, CURLPAUSE_CONT)
            lanes[transfer.lane.rawValue].kick(now: now)
        case .stop: stopping = true
        }
    }

    private func start(_ transfer: CurlTransfer) {
        guard !transfer.cancelled.load(ordering: .relaxed) else {
            transfer.sink.finish(
                HTTPError(.cancelled, "\(transfer.request.displayURL): the request was cancelled"))
            return
        }
        let idle = transfer.takesPieces ? nil : idleHandles.popLast()
        guard let handle = idle ?? curl_easy_init() else {
            transfer.sink.finish(HTTPError(.protocolViolation, "libcurl has no memory for another transfer"))
            return
        }
        transfer.lastActivity = now
        if let error = transfer.configure(handle) {
            recycle(handle, of: transfer)
            transfer.sink.finish(error)
            return
        }
        active[ObjectIdentifier(transfer)] = transfer
        guard lanes[transfer.lane.rawValue].add(handle) else {
            end(transfer, HTTPError(.protocolViolation, "libcurl refuses another transfer"))
            return
        }
        if let stall = transfer.request.deadlines.stall {
            stallCheck = min(stallCheck ?? .max, CurlReactor.after(now, stall))
        }
    }

    /// Takes a transfer off its lane and gives its handle back; nil if it had ended before.
    private func detach(_ transfer: CurlTransfer) -> Bool {
        guard active.removeValue(forKey: ObjectIdentifier(transfer)) != nil, let handle = transfer.handle else {
            return false
        }
        lanes[transfer.lane.rawValue].remove(handle)
        recycle(handle, of: transfer)
        return true
    }

    private func recycle(_ handle: UnsafeMutableRawPointer, of transfer: CurlTransfer) {
        curl_easy_reset(handle)
        transfer.release()
        if !transfer.takesPieces, idleHandles.count < CurlReactor.idleHandleLimit {
            idleHandles.append(handle)
        } else {
            curl_easy_cleanup(handle)
        }
    }

    private func end(_ transfer: CurlTransfer, _ error: HTTPError) {
        if detach(transfer) { transfer.sink.finish(error) }
    }

    private func finishDone(_ lane: CurlLane) {
        while let (handle, code) = lane.nextDone() {
            guard let transfer = CurlReactor.transfer(of: handle) else { continue }
            var opened = 0
            sluice_curl_get_long(handle, CURLINFO_NUM_CONNECTS, &opened)
            loop.connectionsOpened.add(opened, ordering: .relaxed)
            if detach(transfer) { transfer.finish(code) }
        }
    }

    private static func transfer(of handle: UnsafeMutableRawPointer) -> CurlTransfer? {
        var context: UnsafeMutableRawPointer?
        guard sluice_curl_get_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else { return nil }
        return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    }

    /// Ends what has been silent for too long. Runs at the earliest moment at which anything can be due, so at most
    /// once per shortest deadline; the bytes themselves cost nothing but a store.
    private func endStalled() {
        stallCheck = nil
        for transfer in Array(active.values) {
            guard let stall = transfer.request.deadlines.stall else { continue }
            if transfer.receivePaused { transfer.lastActivity = now }
            transfer.noteProgress(now: now)
            let due = CurlReactor.after(transfer.lastActivity, stall)
            if due <= now {
                end(
                    transfer,
                    HTTPError(
                        .timedOut, "\(transfer.request.displayURL): no byte for \(Int64(stall.inSeconds)) seconds"))
            } else {
                stallCheck = min(stallCheck ?? .max, due)
            }
        }
    }

    private static func after(_ start: UInt64, _ duration: Duration) -> UInt64 {
        start &+ UInt64(clamping: max(1, min(duration.microseconds, 1 << 50))) &* 1000
    }
}
