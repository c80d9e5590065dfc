internal import CCurl
internal import Synchronization

/// One exchange on the loop.
///
/// `@unchecked Sendable`: `cancelled` is atomic and the constants are immutable; everything else is touched by the
/// loop's thread alone, from its start to ``CurlLoop`` dropping it.
final class CurlTransfer: @unchecked Sendable {
    /// Which connections a transfer uses.
    enum Lane: Int, CaseIterable {
        case requests, streams
    }

    let request: HTTPRequest
    let sink: any TransferSink
    let lane: Lane
    let upload: HTTPUpload
    /// Set by any thread; checked when the loop starts the transfer.
    let cancelled = Atomic(false)

    /// Whether the bodies are large, so that libcurl should read in large pieces.
    ///
    /// Such a transfer has a handle of its own. A used handle may keep its buffer, also across `curl_easy_reset` (after
    /// a transfer that shared its connection, or ended while it waited for one), and then refuses another size with
    /// `CURLE_BAD_FUNCTION_ARGUMENT`.
    var takesPieces: Bool { upload != .body || !request.http2 }

    // The loop's thread only.
    var handle: UnsafeMutableRawPointer?
    var headerList: UnsafeMutablePointer<curl_slist>?
    var connectList: UnsafeMutablePointer<curl_slist>?
    /// Bytes of the error text that libcurl writes.
    let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    /// In nanoseconds of the monotonic clock.
    var lastActivity: UInt64 = 0
    private var transferred: curl_off_t = 0
    private var headerBytes = 0
    var receivePaused = false
    var sendPaused = false
    /// Why this side ended the transfer, when libcurl only knows that a callback refused.
    var refusal: HTTPError?
    private var partialHead: HTTPResponseHead?
    private var headDelivered = false
    private var redirectsLeft: Int

    init(request: HTTPRequest, sink: any TransferSink, lane: Lane, upload: HTTPUpload = .body) {
        self.request = request
        self.sink = sink
        self.lane = lane
        self.upload = upload
        redirectsLeft = request.maxRedirects
        errorText.pointee = 0
    }

    deinit {
        errorText.deallocate()
    }

    /// Compares libcurl's byte counters with the last look: any progress in either direction is activity.
    func noteProgress(now: UInt64) {
        guard let handle else { return }
        var down: curl_off_t = 0
        var up: curl_off_t = 0
        sluice_curl_get_off(handle, CURLINFO_SIZE_DOWNLOAD_T, &down)
        sluice_curl_get_off(handle, CURLINFO_SIZE_UPLOAD_T, &up)
        let sum = down + up + curl_off_t(headerBytes)
        guard sum != transferred else { return }
        transferred = sum
        lastActivity = now
    }

    /// 256 KiB for the heads and trailers of one transfer: above what servers send, below what harms.
    private static let headerLimit = 256 << 10

    /// One line of a head, or of trailers, which are dropped; false ends the transfer.
    func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= Self.headerLimit else {
            refusal = HTTPError(.protocolViolation, "\(request.displayURL): the response's head never ends")
            return false
        }
        var line = bytes[...]
        while let last = line.last, last == 0x0A || last == 0x0D || last == 0x20 { line = line.dropLast() }
        if line.starts(with: "HTTP/".utf8) {
            // A new head: after a 1xx, or after a redirect that libcurl follows.
            partialHead = HTTPResponseHead(status: CurlTransfer.status(of: line))
        } else if line.isEmpty {
            completeHead()
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), partialHead != nil {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            let value = line[line.index(after: colon)...].drop { $0 == 0x20 || $0 == 0x09 }
            partialHead?.headers.append(name, String(decoding: value, as: UTF8.self))
        }
        return true
    }

    private static func status(of line: Slice<UnsafeRawBufferPointer>) -> Int {
        let digits = line.drop { $0 != 0x20 }.dropFirst().prefix(3)
        return Int(String(decoding: digits, as: UTF8.self)) ?? 0
    }

    private func completeHead() {
        guard let head = partialHead, !headDelivered else { return }
        partialHead = nil
        guard head.status >= 200 else { return }
        if redirectsLeft > 0, (300..<400).contains(head.status), head.status != 304, head.headers["location"] != nil {
            redirectsLeft -= 1
            return
        }
        headDelivered = true
        sink.receive(head)
    }

    /// A piece of the body; false ends the transfer, nil pauses it.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        // The body of a redirect that is followed is nobody's.
        guard headDelivered else { return true }
        switch sink.receive(bytes) {
        case .taken: return true
        case .full:
            receivePaused = true
            return nil
        case .tooLarge:
            refusal = HTTPError(.bodyTooLarge, "\(request.displayURL): the response is larger than allowed")
            return false
        }
    }

    /// Tells the sink how the transfer ended.
    func finish(_ code: CURLcode) {
        guard code != CURLE_OK else {
            sink.finish(headDelivered ? nil : HTTPError(.protocolViolation, "\(request.displayURL): no response"))
            return
        }
        sink.finish(refusal ?? HTTPError(curl: code, url: request.displayURL, detail: String(cString: errorText)))
    }
}
