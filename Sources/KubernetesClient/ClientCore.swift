internal import Core
internal import HTTP
internal import KubernetesModel

/// What all copies of a client share, and the one place that sends.
final class ClientCore: Sendable {
    let configuration: ClusterConfiguration
    let clock: any WallClock
    let monotonicClock: any MonotonicClock
    private let transport: any HTTPTransport
    private let credentials: CredentialProvider
    private let authority: AuthorityFile?
    private let observer: (any RequestObserver)?
    let serverClock = ServerClock()

    init(
        configuration: ClusterConfiguration, transport: any HTTPTransport, clock: any WallClock,
        monotonicClock: any MonotonicClock, observer: (any RequestObserver)?
    ) {
        self.configuration = configuration
        self.transport = transport
        self.clock = clock
        self.monotonicClock = monotonicClock
        self.observer = observer
        authority = configuration.authorityFile.map {
            AuthorityFile($0, pem: configuration.tls.caPEM ?? [], clock: monotonicClock)
        }
        credentials = CredentialProvider(
            configuration.credentials, server: configuration.server, clock: clock, monotonicClock: monotonicClock)
    }

    /// One request before it has credentials.
    struct Call {
        var verb: String
        /// For the counters, `deployments.apps/status`.
        var resource: String
        var method: String
        /// Path and query.
        var target: String
        var contentType: String?
        var accept = "application/json"
        var body: [UInt8] = []
        /// For messages: `PATCH deployments.apps shop/web`.
        var subject: String
        var sensitive = false
        var impersonation: Impersonation?
        var deadlines = HTTPDeadlines(connect: .seconds(10), stall: .seconds(45), total: .seconds(90))
    }

    /// Sends and gives the body of a success; anything else is thrown.
    func send(_ call: Call) async throws(KubernetesError) -> [UInt8] {
        let response = try await exchange(call) { transport, request throws(HTTPError) in
            try await transport.send(request)
        } head: {
            $0.head
        }
        guard response.isSuccess else {
            throw KubernetesError(
                response: response.head, body: response.body, subject: call.subject, sensitive: call.sensitive,
                now: clock.now())
        }
        return response.body
    }

    /// Sends and gives the body of a success as a stream.
    func stream(_ call: Call) async throws(KubernetesError) -> HTTPStream {
        let stream = try await exchange(call) { transport, request throws(HTTPError) in
            var request = request
            request.maxBodyBytes = nil
            return try await transport.stream(request)
        } head: {
            $0.head
        }
        guard (200..<300).contains(stream.status) else {
            let body: [UInt8]
            do throws(HTTPError) { body = try await stream.collect(limit: 64 << 10) } catch { body = [] }
            throw KubernetesError(
                response: stream.head, body: body, subject: call.subject, sensitive: call.sensitive, now: clock.now())
        }
        return stream
    }

    /// Sends with credentials, once more after a 401 if they could be renewed, and tells the observer.
    private func exchange<Answer: Sendable>(
        _ call: Call,
        perform: (any HTTPTransport, HTTPRequest) async throws(HTTPError) -> Answer,
        head: (Answer) -> HTTPResponseHead
    ) async throws(KubernetesError) -> Answer {
        var renewed = false
        while true {
            let request = request(call, try await credentials.current())
            guard call.method == "GET" || Fence.mayWrite else {
                throw KubernetesError(
                    .cancelled, "\(call.subject): not sent, for this replica may not write at the moment")
            }
            let start = monotonicClock.now()
            let answer: Answer
            do throws(HTTPError) {
                answer = try await perform(transport, request)
            } catch {
                note(call, status: 0, since: start)
                throw KubernetesError(error, subject: call.subject)
            }
            let status = head(answer).status
            serverClock.observe(
                head(answer).headers["Date"], took: monotonicClock.now() - start, now: clock.now())
            note(call, status: status, since: start)
            guard status == 401, !renewed, credentials.invalidate() else { return answer }
            renewed = true
        }
    }

    private func request(_ call: Call, _ credentials: CurrentCredentials) -> HTTPRequest {
        var headers: [(name: String, value: String)] = [("Accept", call.accept), ("User-Agent", "sluice")]
        if let contentType = call.contentType { headers.append(("Content-Type", contentType)) }
        if let authorization = credentials.authorization { headers.append(("Authorization", authorization)) }
        if let impersonation = call.impersonation { headers += impersonation.headers }
        var tls = configuration.tls
        if let authority { tls.caPEM = authority.pem }
        if let certificate = credentials.clientCertificatePEM {
            tls.clientCertificatePEM = certificate
            tls.clientKeyPEM = credentials.clientKeyPEM
        }
        return HTTPRequest(
            call.method, configuration.server + call.target, headers: headers, body: call.body,
            deadlines: call.deadlines, tls: tls, proxy: configuration.proxy)
    }

    private func note(_ call: Call, status: Int, since start: Duration) {
        observer?.requestFinished(
            RequestRecord(
                verb: call.verb, resource: call.resource, status: status, duration: monotonicClock.now() - start))
    }
}
