/// One HTTP request: what to send, where to, and how long it may take.
package struct HTTPRequest: Sendable {
    /// Upper case, `GET`, `PATCH`; sent as it stands.
    package var method: String
    /// An absolute `http` or `https` URL. Other schemes are refused.
    package var url: String
    /// Sent in this order. A name may repeat.
    package var headers: [(name: String, value: String)]
    /// The body; ignored by ``HTTPTransport/open(_:)`` when the caller uploads in pieces.
    package var body: [UInt8]
    package var deadlines: HTTPDeadlines
    package var tls: HTTPTLS
    package var proxy: HTTPProxy
    /// A larger response body ends the exchange with ``HTTPError/Code/bodyTooLarge``; nil for no limit (streams).
    package var maxBodyBytes: Int?
    /// Whether HTTP/2 is offered. Exchanges with one server then share a connection, where a reader that stops reading
    /// holds up the others: leave it off for readers that may stall, such as a Git pack.
    package var http2: Bool
    /// How many redirects are followed; 0 hands them to the caller. `Authorization` is never sent to another host.
    package var maxRedirects: Int

    /// 64 MiB: far above any page of an API server's list.
    package static let defaultMaxBodyBytes = 64 << 20

    package init(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        deadlines: HTTPDeadlines = HTTPDeadlines(), tls: HTTPTLS = HTTPTLS(), proxy: HTTPProxy = .environment,
        maxBodyBytes: Int? = HTTPRequest.defaultMaxBodyBytes, http2: Bool = true, maxRedirects: Int = 0
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadlines = deadlines
        self.tls = tls
        self.proxy = proxy
        self.maxBodyBytes = maxBodyBytes
        self.http2 = http2
        self.maxRedirects = maxRedirects
    }

    /// The URL without user information, query and fragment: what may be shown to people and written to logs.
    package var displayURL: String { HTTPRequest.display(url) }

    package static func display(_ url: String) -> String {
        var text = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = text.range(ofScheme: "://") else { return String(text) }
        let authorityEnd = text[scheme...].firstIndex(of: "/") ?? text.endIndex
        if let at = text[scheme..<authorityEnd].lastIndex(of: "@") {
            text.removeSubrange(scheme...at)
        }
        return String(text)
    }
}

extension Substring {
    /// The index behind the first `separator`.
    fileprivate func range(ofScheme separator: String) -> Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(separator) { return index(start, offsetBy: separator.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// How long the parts of an exchange may take; nil for no limit.
package struct HTTPDeadlines: Sendable, Hashable {
    /// Name look-up, TCP and TLS together.
    package var connect: Duration
    /// The longest time without a byte in either direction. Nil where silence is legal, as in a watch. Time in which
    /// the caller does not read does not count.
    package var stall: Duration?
    /// From the start to the last byte.
    package var total: Duration?

    package init(connect: Duration = .seconds(10), stall: Duration? = .seconds(60), total: Duration? = .seconds(120)) {
        self.connect = connect
        self.stall = stall
        self.total = total
    }

    /// For streams that live until one side ends them.
    package static let stream = HTTPDeadlines(stall: nil, total: nil)
}

/// Which peer to trust and who we are, in PEM held in memory.
package struct HTTPTLS: Sendable, Hashable {
    /// The only certificate authorities trusted; nil for the system's.
    package var caPEM: [UInt8]?
    /// The client's certificate, its chain behind it.
    package var clientCertificatePEM: [UInt8]?
    package var clientKeyPEM: [UInt8]?
    /// The name asked for (SNI) and verified instead of the URL's host.
    package var serverName: String?
    /// Off only where the operator's own configuration says so.
    package var verify: Bool

    package init(
        caPEM: [UInt8]? = nil, clientCertificatePEM: [UInt8]? = nil, clientKeyPEM: [UInt8]? = nil,
        serverName: String? = nil, verify: Bool = true
    ) {
        self.caPEM = caPEM
        self.clientCertificatePEM = clientCertificatePEM
        self.clientKeyPEM = clientKeyPEM
        self.serverName = serverName
        self.verify = verify
    }
}

/// The proxy on the way to a server.
package enum HTTPProxy: Sendable, Hashable {
    /// `https_proxy`, `http_proxy`, `no_proxy` of the process's environment.
    case environment
    case none
    /// `http://`, `https://` or `socks5h://` with optional user information.
    case url(String)
}
