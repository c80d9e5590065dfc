package import Core
package import HTTP
internal import KubernetesModel

/// Opens, reads, changes and closes the pull requests of one repository, and says how its commits fare.
///
/// Every call is one request (a list may take a few) with deadlines, and is not repeated here: an error's disposition
/// says when to ask again. Redirects are not followed, so no token goes where it was not meant to.
package struct ForgeClient: Sendable {
    package let repository: ForgeRepository
    private let token: String
    private let caPEM: [UInt8]?
    private let transport: any HTTPTransport
    private let clock: any WallClock
    private let dialect: any ForgeDialect

    private static let deadlines = HTTPDeadlines(connect: .seconds(10), stall: .seconds(20), total: .seconds(30))
    /// Far above a page of the longest descriptions.
    private static let answerLimit = 8 << 20
    /// The longest that a forge may put us off.
    private static let patience = Duration.seconds(3600)

    /// - Parameters:
    ///   - caPEM: the certificates to trust instead of the system's; empty for the system's.
    ///   - allowsInsecure: whether a token may go to another machine in the clear.
    package init(
        _ repository: ForgeRepository, token: String, caPEM: [UInt8] = [], transport: any HTTPTransport,
        clock: any WallClock = SystemClock(), allowsInsecure: Bool = false
    ) throws(ForgeError) {
        guard allowsInsecure || repository.apiURL.hasPrefix("https://") || Self.isLoopback(repository.apiURL) else {
            throw ForgeError(.unknown, "\(repository.apiURL): plain http is refused for other machines, use https")
        }
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw ForgeError(
                .unauthorized,
                "there is no token for \(repository.kind.rawValue): the Secret of spec.source.credentialsRef needs the key token or password"
            )
        }
        self.repository = repository
        self.token = token
        self.caPEM = caPEM.isEmpty ? nil : caPEM
        self.transport = transport
        self.clock = clock
        dialect =
            switch repository.kind {
            case .gitHub: GitHubDialect(path: repository.path)
            case .gitLab: GitLabDialect(path: repository.path)
            case .gitea: GiteaDialect(path: repository.path)
            }
    }

    private static func isLoopback(_ url: String) -> Bool {
        guard url.hasPrefix("http://") else { return false }
        let authority = url.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { return false }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost" || host == "[::1]"
            || parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The pull requests from a branch of the repository itself into another, in any state, newest first.
    package func pullRequests(from branch: String, into base: String) async throws(ForgeError) -> [PullRequest] {
        let dialect = dialect
        var found: [PullRequest] = []
        for page in 1...max(1, type(of: dialect).pages) {
            let answer = try await send(dialect.list(from: branch, into: base, page: page), "listing pull requests")
            guard let entries = answer.arrayValue else { throw unintelligible("listing pull requests") }
            found += entries.filter { dialect.isOwn($0, from: branch) }.compactMap(dialect.pullRequest)
            if entries.count < type(of: dialect).pageSize { break }
        }
        return found.sorted { $0.number > $1.number }
    }

    package func pullRequest(_ number: Int) async throws(ForgeError) -> PullRequest {
        try await one(dialect.read(number), "reading pull request \(number)")
    }

    /// Throws `.conflict` or `.refused` where there is one already.
    package func open(_ draft: PullRequestDraft) async throws(ForgeError) -> PullRequest {
        try await one(dialect.open(draft), "opening a pull request for \(draft.branch)")
    }

    package func update(_ number: Int, title: String, description: String) async throws(ForgeError) -> PullRequest {
        try await one(
            dialect.update(number, title: title, description: description), "changing pull request \(number)")
    }

    /// Closes it without a merge; the answer says whether somebody merged it first.
    package func close(_ number: Int) async throws(ForgeError) -> PullRequest {
        try await one(dialect.close(number), "closing pull request \(number)")
    }

    /// Says how a commit fares.
    ///
    /// - Parameter commit: the whole id.
    package func report(_ status: CommitStatus, of commit: String) async throws(ForgeError) {
        do throws(ForgeError) {
            _ = try await send(dialect.report(status, of: commit), "setting the status of commit \(commit.prefix(12))")
        } catch {
            guard dialect.isSettled(error) else { throw error }
        }
    }

    /// Says something below a pull request.
    package func comment(_ number: Int, _ text: String) async throws(ForgeError) {
        _ = try await send(dialect.comment(number, text), "commenting on pull request \(number)")
    }

    // MARK: Requests

    private func one(_ call: ForgeCall, _ doing: String) async throws(ForgeError) -> PullRequest {
        guard let found = dialect.pullRequest(try await send(call, doing)) else { throw unintelligible(doing) }
        return found
    }

    private func send(_ call: ForgeCall, _ doing: String) async throws(ForgeError) -> JSONValue {
        guard call.method == "GET" || Fence.mayWrite else {
            throw ForgeError(
                .unavailable, "\(name): \(doing): not sent, for this replica may not write at the moment")
        }
        var headers = dialect.headers(token: token)
        headers.append(("User-Agent", "sluice"))
        if call.body != nil { headers.append(("Content-Type", "application/json")) }
        let request = HTTPRequest(
            call.method, repository.apiURL + call.target, headers: headers, body: call.body?.jsonBytes ?? [],
            deadlines: Self.deadlines, tls: HTTPTLS(caPEM: caPEM), maxBodyBytes: Self.answerLimit)
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await transport.send(request)
        } catch {
            throw ForgeError(.unavailable, "\(name): \(doing): \(error.message)", disposition: error.disposition)
        }
        guard response.isSuccess else { throw failure(response, doing) }
        do throws(JSONError) {
            return try JSONValue(parsing: response.body, depthLimit: 64)
        } catch {
            throw unintelligible(doing)
        }
    }

    /// `GitHub company/gitops`
    private var name: String { "\(repository.kind.rawValue) \(repository.path)" }

    private func unintelligible(_ doing: String) -> ForgeError {
        ForgeError(
            .unintelligible,
            "\(name): \(doing): the answer of \(repository.apiURL) is none of this API; is it the right URL?")
    }

    private func failure(_ response: HTTPResponse, _ doing: String) -> ForgeError {
        let said = said(response.body)
        let what = "\(name): \(doing): \(response.status)\(said.isEmpty ? "" : " (\(said))")"
        switch response.status {
        case 401: return ForgeError(.unauthorized, "\(what); is the token still good?")
        case 403, 429:
            if response.status == 429 || response.headers["Retry-After"] != nil
                || response.headers["X-RateLimit-Remaining"] == "0"
            {
                return ForgeError(.rateLimited, what, disposition: .waitUntil(comeBack(response.headers)))
            }
            return ForgeError(
                .forbidden,
                "\(what); the token needs to write to the repository, its pull requests and its commit statuses")
        case 404: return ForgeError(.notFound, "\(what); may the token see the repository?")
        case 409: return ForgeError(.conflict, what)
        case 500...:
            let isTold = response.headers["Retry-After"] != nil
            return ForgeError(
                .unavailable, what, disposition: isTold ? .waitUntil(comeBack(response.headers)) : .transient)
        case 300..<400: return ForgeError(.unknown, "\(what); redirects are not followed, set the API's own URL")
        default: return ForgeError(.refused, what)
        }
    }

    /// When to ask again, by what the forge says of it; a minute where it says nothing.
    private func comeBack(_ headers: HTTPHeaders) -> Timestamp {
        let now = clock.now()
        if let seconds = headers["Retry-After"].flatMap({ Int64($0) }), seconds >= 0 {
            return now + min(.seconds(seconds), Self.patience)
        }
        for name in ["X-RateLimit-Reset", "RateLimit-Reset"] {
            guard let epoch = headers[name].flatMap({ Int64($0) }), epoch > 0, epoch < 1 << 40 else { continue }
            return min(max(Timestamp(seconds: epoch), now + .seconds(1)), now + Self.patience)
        }
        return now + .seconds(60)
    }

    /// The forge's own words, short and on one line; a forge that repeats the token is not repeated.
    private func said(_ body: [UInt8]) -> String {
        guard let json = try? JSONValue(parsing: body, depthLimit: 16) else { return "" }
        var words: [String] = []
        for key in ["message", "error", "errors"] {
            switch json[key] {
            case .string(let text)?: words.append(text)
            case .array(let list)?: words += list.compactMap { $0.stringValue ?? $0["message"]?.stringValue }
            default: break
            }
        }
        var text = String.UnicodeScalarView()
        for scalar in words.joined(separator: "; ").unicodeScalars {
            text.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(text).replacing(token, with: "***").bounded(to: 200)
    }
}
