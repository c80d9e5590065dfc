internal import Core
internal import HTTP

/// libgit2's smart HTTP over our own transport: each stream is one request.
///
/// Redirects are followed for the first request only, as Git does, and the requests after it go to the new address.
/// Credentials stay with the scheme, host and port that they were given for.
final class HTTPSubtransport: SmartSubtransport {
    let operation: RemoteOperation
    /// The repository's address without a trailing slash; a redirect changes it.
    private var base: String

    init(_ operation: RemoteOperation) {
        self.operation = operation
        var text = operation.url.text
        while text.hasSuffix("/") { text.removeLast() }
        base = text
    }

    func stream(_ service: SmartService) throws(GitError) -> any SmartStream {
        HTTPSubtransportStream(service, self)
    }

    /// 5 redirects, as browsers' and Git's own habit of a handful.
    private static let redirectLimit = 5
    /// 64 MiB of references.
    private static let listingLimit = 64 << 20

    /// Sends a request and returns its exchange once the head says that Git follows.
    func exchange(_ service: SmartService, body: [UInt8]) throws(GitError) -> any HTTPBlockingExchange {
        for _ in 0...Self.redirectLimit {
            try operation.proceed()
            if service.isPush, !service.isListing { try operation.beginUpdate() }
            let suffix = service.isListing ? "/info/refs?service=\(service.name)" : "/\(service.name)"
            let exchange: any HTTPBlockingExchange
            let head: HTTPResponseHead
            do throws(HTTPError) {
                let request = request(service, base + suffix, body)
                exchange = try operation.transport.open(request, upload: .body)
                operation.track { exchange.cancel() }
                head = try exchange.head()
            } catch {
                throw translated(error)
            }
            if service.isListing, [301, 302, 303, 307, 308].contains(head.status) {
                base = try redirected(to: head.headers["Location"] ?? "", suffix: suffix)
                exchange.cancel()
                continue
            }
            try accept(head, service)
            return exchange
        }
        throw GitError(.unreachable, "repository \(operation.url.text): too many redirects")
    }

    private func request(_ service: SmartService, _ url: String, _ body: [UInt8]) -> HTTPRequest {
        var headers = [(name: "Accept", value: service.contentType), (name: "User-Agent", value: "git/2.0 (sluice)")]
        if !service.isListing {
            headers.append((name: "Content-Type", value: "application/x-\(service.name)-request"))
        }
        if let authorization { headers.append((name: "Authorization", value: authorization)) }
        let limits = operation.limits
        let credentials = operation.credentials
        let here = isHome
        return HTTPRequest(
            service.isListing ? "GET" : "POST", url, headers: headers, body: body,
            deadlines: HTTPDeadlines(
                connect: limits.connectTimeout, stall: limits.stallTimeout, total: operation.remaining),
            tls: HTTPTLS(
                caPEM: credentials.caPEM.isEmpty ? nil : credentials.caPEM,
                clientCertificatePEM: here ? credentials.clientCertificate?.certificatePEM : nil,
                clientKeyPEM: here ? credentials.clientCertificate?.keyPEM : nil),
            maxBodyBytes: service.isListing ? Self.listingLimit : limits.packBytes, http2: false)
    }

    /// Whether requests still go where the credentials belong.
    private var isHome: Bool {
        guard let url = try? GitURL(base, limits: operation.limits) else { return false }
        return url.isOnSameServer(as: operation.url)
    }

    private var authorization: String? {
        guard isHome else { return nil }
        switch operation.credentials.method {
        case .basic(let username, let password):
            return "Basic " + Base64.encode(Array("\(username):\(password)".utf8))
        case .bearer(let token): return "Bearer " + token
        case .anonymous, .ssh: return nil
        }
    }

    /// The repository's address after a redirect.
    private func redirected(to location: String, suffix: String) throws(GitError) -> String {
        let shown = GitURL.redacted(location)
        var target = location
        if location.hasPrefix("/"), !location.hasPrefix("//"), let url = try? GitURL(base, limits: operation.limits) {
            target = "\(url.scheme.rawValue)://\(url.host)\(url.port.map { ":\($0)" } ?? "")\(location)"
        }
        guard target.hasSuffix(suffix) else {
            throw GitError(
                .protocolViolation,
                "repository \(operation.url.text): redirected to \(shown), which is no Git repository")
        }
        target.removeLast(suffix.count)
        let url = try GitURL(target, limits: operation.limits)
        guard url.scheme == .https || url.scheme == operation.url.scheme && url.scheme == .http else {
            throw GitError(
                .protocolViolation, "repository \(operation.url.text): a redirect to \(shown) is refused")
        }
        let isHere = url.isOnSameServer(as: operation.url) && name(of: url) == name(of: operation.url)
        guard operation.limits.followMoves || isHere else {
            throw GitError(
                .protocolViolation, "repository \(operation.url.text): it has moved to \(url.text): name that instead")
        }
        return url.text
    }

    /// A repository's path, which some servers want to end in `.git` and send those on who leave that away.
    private func name(of url: GitURL) -> Substring {
        url.path.hasSuffix(".git") ? url.path.dropLast(".git".count) : url.path[...]
    }

    private func accept(_ head: HTTPResponseHead, _ service: SmartService) throws(GitError) {
        let name = "repository \(operation.url.text)"
        switch head.status {
        case 200: break
        case 401:
            throw GitError(
                .authenticationFailed,
                operation.credentials.method == .anonymous
                    ? "\(name): the server wants credentials; name a Secret in credentialsRef"
                    : "\(name): the server refused the credentials")
        case 403:
            throw GitError(
                .authenticationFailed,
                "\(name): the credentials may not \(service.isPush ? "push" : "read") (403)")
        case 404, 410:
            throw GitError(
                .repositoryNotFound,
                "\(name): the server knows no such repository (\(head.status)); some servers say so for wrong credentials"
            )
        case 413: throw GitError(.tooLarge, "\(name): the server refused the size of the request (413)")
        case 429, 500...599:
            let wait = head.headers["Retry-After"].flatMap { UInt32($0) }
            throw GitError(
                .unreachable, "\(name): the server answered \(head.status)",
                disposition: wait.map { .waitUntil(operation.clock.now() + .seconds(Int64($0))) })
        default: throw GitError(.protocolViolation, "\(name): the server answered \(head.status)")
        }
        let type = head.headers["Content-Type"]?.prefix { $0 != ";" && $0 != " " }.lowercased() ?? ""
        guard type == service.contentType else {
            throw GitError(
                .protocolViolation,
                "\(name): the server does not speak Git's smart HTTP here (content type \(type.bounded(to: 64)))")
        }
    }

    func translated(_ error: HTTPError) -> GitError {
        // The operation's own reasons come first: it is what cancelled the exchange.
        do throws(GitError) { try operation.proceed() } catch { return error }
        let message = "repository \(operation.url.text): \(error.message)"
        switch error.code {
        case .timedOut: return GitError(.timeout, message)
        case .tlsFailed: return GitError(.untrustedServer, message)
        case .bodyTooLarge: return GitError(.tooLarge, message)
        case .cancelled, .shutDown: return GitError(.cancelled, message)
        case .protocolViolation, .tooManyRedirects: return GitError(.protocolViolation, message)
        case .invalidRequest: return GitError(.invalidURL, message)
        case .nameNotResolved, .connectFailed, .connectionLost: return GitError(.unreachable, message)
        }
    }
}

/// One request: libgit2 writes its body, then reads the response.
final class HTTPSubtransportStream: SmartStream {
    private let subtransport: HTTPSubtransport
    private let service: SmartService
    private var body: [UInt8] = []
    private var exchange: (any HTTPBlockingExchange)?
    /// The beginning of a listing, where the capabilities are.
    private var listed: [UInt8] = []
    private static let capabilityBytes = 4096

    init(_ service: SmartService, _ subtransport: HTTPSubtransport) {
        self.service = service
        self.subtransport = subtransport
    }

    deinit {
        if let exchange {
            exchange.cancel()
            subtransport.operation.track(nil)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(GitError) {
        guard exchange == nil, body.count + bytes.count <= subtransport.operation.limits.packBytes else {
            throw GitError(.tooLarge, "repository \(subtransport.operation.url.text): the upload is too large")
        }
        body.append(contentsOf: bytes)
    }

    /// The server names its object format with the first reference; libgit2 would misread the longer ids.
    private func checkObjectFormat(_ bytes: Slice<UnsafeMutableRawBufferPointer>) throws(GitError) {
        guard listed.count < Self.capabilityBytes else { return }
        listed.append(contentsOf: bytes.prefix(Self.capabilityBytes - listed.count))
        guard String(decoding: listed, as: UTF8.self).contains("object-format=sha256") else { return }
        throw GitError(
            .unsupported,
            "repository \(subtransport.operation.url.text): its objects are named by SHA-256, only SHA-1 is supported")
    }

    /// 0 at the end.
    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(GitError) -> Int {
        let exchange: any HTTPBlockingExchange
        if let current = self.exchange {
            exchange = current
        } else {
            exchange = try subtransport.exchange(service, body: body)
            self.exchange = exchange
            body = []
        }
        let count: Int
        do throws(HTTPError) {
            count = try exchange.read(into: buffer)
        } catch {
            throw subtransport.translated(error)
        }
        if service.isListing { try checkObjectFormat(buffer[..<count]) }
        return count
    }
}
