internal import CCurl
internal import Core

extension CurlTransfer {
    /// Configures a fresh or reset handle for this transfer. The first option that libcurl refuses ends it.
    func configure(_ handle: UnsafeMutableRawPointer) -> HTTPError? {
        self.handle = handle
        var failed: CURLcode = CURLE_OK
        func check(_ code: CURLcode) { if failed == CURLE_OK { failed = code } }
        func set(_ option: CURLoption, _ value: Int) { check(sluice_curl_set_long(handle, option, value)) }
        func set(_ option: CURLoption, _ value: String?) { check(sluice_curl_set_string(handle, option, value)) }

        let context = Unmanaged.passUnretained(self).toOpaque()
        check(sluice_curl_set_pointer(handle, CURLOPT_PRIVATE, context))
        check(sluice_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText))
        check(sluice_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION, curlReceivesBody))
        check(sluice_curl_set_pointer(handle, CURLOPT_WRITEDATA, context))
        check(sluice_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION, curlReceivesHeader))
        check(sluice_curl_set_pointer(handle, CURLOPT_HEADERDATA, context))
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")

        set(CURLOPT_URL, request.url)
        if request.maxRedirects > 0 {
            set(CURLOPT_FOLLOWLOCATION, 1)
            set(CURLOPT_MAXREDIRS, request.maxRedirects)
        }
        configureConnection(set: set, set: set)
        check(sluice_curl_set_socket_options(handle))
        configureTLS(handle, check: check, set: set, set: set)
        configureBody(handle, check: check, set: set, set: set)
        configureHeaders(handle, check: check)
        guard failed.rawValue != CURLE_OK.rawValue else { return nil }
        return HTTPError(curl: failed, url: request.displayURL, detail: String(cString: curl_easy_strerror(failed)))
    }

    private func configureConnection(
        set number: (CURLoption, Int) -> Void, set text: (CURLoption, String?) -> Void
    ) {
        let deadlines = request.deadlines
        number(CURLOPT_CONNECTTIMEOUT_MS, CurlTransfer.milliseconds(deadlines.connect))
        if let total = deadlines.total { number(CURLOPT_TIMEOUT_MS, CurlTransfer.milliseconds(total)) }
        // Pieces go over HTTP/1.1: an upload that pauses is a connection of its own.
        let http2 = request.http2 && upload == .body
        number(CURLOPT_HTTP_VERSION, Int(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1))
        if http2 { number(CURLOPT_PIPEWAIT, 1) }
        number(CURLOPT_TCP_KEEPALIVE, 1)
        number(CURLOPT_TCP_KEEPIDLE, 20)
        number(CURLOPT_TCP_KEEPINTVL, 10)
        // A pack comes in large pieces, everything else in small ones.
        if takesPieces { number(CURLOPT_BUFFERSIZE, 128 << 10) }
        switch request.proxy {
        case .environment: break
        case .none: text(CURLOPT_PROXY, "")
        case .url(let url): text(CURLOPT_PROXY, url)
        }
    }

    private func configureTLS(
        _ handle: UnsafeMutableRawPointer, check: (CURLcode) -> Void, set number: (CURLoption, Int) -> Void,
        set text: (CURLoption, String?) -> Void
    ) {
        func blob(_ option: CURLoption, _ bytes: [UInt8]) {
            bytes.withUnsafeBytes { check(sluice_curl_set_blob(handle, option, $0.baseAddress, $0.count)) }
        }
        let tls = request.tls
        number(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let ca = tls.caPEM {
            blob(CURLOPT_CAINFO_BLOB, ca)
            // Debian's libcurl would trust the system's directory beside it.
            text(CURLOPT_CAPATH, nil)
            text(CURLOPT_CAINFO, nil)
        }
        if let certificate = tls.clientCertificatePEM {
            text(CURLOPT_SSLCERTTYPE, "PEM")
            blob(CURLOPT_SSLCERT_BLOB, certificate)
        }
        if let key = tls.clientKeyPEM {
            text(CURLOPT_SSLKEYTYPE, "PEM")
            blob(CURLOPT_SSLKEY_BLOB, key)
        }
        if !tls.verify {
            number(CURLOPT_SSL_VERIFYPEER, 0)
            number(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let name = tls.serverName { connect(to: name, handle, check: check, set: text) }
    }

    /// Asks for `name` while connecting to the URL's host: libcurl takes the name verified from the URL.
    private func connect(
        to name: String, _ handle: UnsafeMutableRawPointer, check: (CURLcode) -> Void,
        set text: (CURLoption, String?) -> Void
    ) {
        guard let start = request.url.firstIndex(of: "/").map({ request.url.index($0, offsetBy: 2) }) else { return }
        let authority = request.url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = request.url[authority.endIndex...]
        let bracket = authority.lastIndex(of: "]") ?? authority.startIndex
        let colon = authority[bracket...].lastIndex(of: ":")
        let host = colon.map { authority[..<$0] } ?? authority
        let port = colon.map { String(authority[authority.index(after: $0)...]) } ?? "443"
        text(CURLOPT_URL, "https://\(name):\(port)\(path)")
        connectList = curl_slist_append(nil, "\(name):\(port):\(host):\(port)")
        check(sluice_curl_set_list(handle, CURLOPT_CONNECT_TO, connectList))
    }

    private func configureBody(
        _ handle: UnsafeMutableRawPointer, check: (CURLcode) -> Void, set number: (CURLoption, Int) -> Void,
        set text: (CURLoption, String?) -> Void
    ) {
        if case .pieces(let length) = upload {
            number(CURLOPT_UPLOAD, 1)
            text(CURLOPT_CUSTOMREQUEST, request.method)
            check(sluice_curl_set_off(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(length ?? -1)))
            check(sluice_curl_set_data_callback(handle, CURLOPT_READFUNCTION, curlSendsBody))
            check(
                sluice_curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque()))
            return
        }
        switch request.method {
        case "HEAD": number(CURLOPT_NOBODY, 1)
        case "GET" where request.body.isEmpty: number(CURLOPT_HTTPGET, 1)
        case _ where request.body.isEmpty && request.method == "DELETE":
            text(CURLOPT_CUSTOMREQUEST, request.method)
        default:
            number(CURLOPT_POST, 1)
            if request.method != "POST" { text(CURLOPT_CUSTOMREQUEST, request.method) }
            // The request outlives the handle's use of it, but an array's storage has no fixed address: one copy.
            check(sluice_curl_set_off(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
            request.body.withUnsafeBytes { bytes in
                // `nil` would make libcurl ask a read callback for an empty body.
                let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
                if let start, bytes.count > 0 {
                    check(sluice_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start))
                } else {
                    check(sluice_curl_set_string(handle, CURLOPT_COPYPOSTFIELDS, ""))
                }
            }
        }
    }

    private func configureHeaders(_ handle: UnsafeMutableRawPointer, check: (CURLcode) -> Void) {
        func append(_ line: String) {
            if let list = curl_slist_append(headerList, line) { headerList = list } else { check(CURLE_OUT_OF_MEMORY) }
        }
        var typed = false
        for (name, value) in request.headers {
            typed = typed || HTTPHeaders.equal(name, "Content-Type")
            // A header without a value is written with `;`, or libcurl would leave it out.
            append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        // Neither libcurl's guess of a form nor a round trip before a large body.
        if !typed { append("Content-Type:") }
        append("Expect:")
        check(sluice_curl_set_list(handle, CURLOPT_HTTPHEADER, headerList))
    }

    /// Frees what libcurl only borrowed; call when the handle is off the loop.
    func release() {
        curl_slist_free_all(headerList)
        curl_slist_free_all(connectList)
        headerList = nil
        connectList = nil
        handle = nil
    }

    /// At least one, because 0 means "no limit" or a default to libcurl.
    private static func milliseconds(_ duration: Duration) -> Int {
        Int(clamping: max(1, min(duration.microseconds / 1000, Int64(Int32.max))))
    }
}

/// The transfer behind a callback's context. The loop holds it for as long as its handle is in use.
private func transfer(_ context: UnsafeMutableRawPointer) -> CurlTransfer {
    Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
}

private func curlReceivesBody(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = transfer(context)
    switch transfer.receiveBody(UnsafeRawBufferPointer(start: data, count: size * count)) {
    case .some(true): return size * count
    case .some(false): return size * count == 0 ? 1 : 0
    case .none: return Int(CURL_WRITEFUNC_PAUSE)
    }
}

private func curlReceivesHeader(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let isTaken = transfer(context).receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count))
    return isTaken ? size * count : 0
}

private func curlSendsBody(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return Int(CURL_READFUNC_ABORT) }
    let transfer = transfer(context)
    switch transfer.sink.upload(into: UnsafeMutableRawBufferPointer(start: data, count: size * count)) {
    case .bytes(let sent): return sent
    case .end: return 0
    case .wait:
        transfer.sendPaused = true
        return Int(CURL_READFUNC_PAUSE)
    }
}
