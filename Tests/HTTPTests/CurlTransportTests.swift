internal import Core
internal import HTTP
internal import Synchronization
internal import Testing

@Suite("The libcurl transport", .timeLimit(.minutes(1)))
struct CurlTransportTests {
    let transport: CurlTransport

    init() throws {
        transport = try CurlTransport(limits: CurlTransport.Limits(streamBufferBytes: 256 << 10))
    }

    @Test("sends method, headers in order and body, and gives status, headers and body")
    func roundTrip() async throws {
        let server = try LoopbackServer { connection in
            guard let head = connection.readHead() else { return }
            let body = String(decoding: connection.readBytes(5), as: UTF8.self)
            let answer = head.split(separator: "\r\n").dropFirst().joined(separator: "|") + "|" + body
            connection.write(
                "HTTP/1.1 201 Created\r\nX-One: 1\r\nx-two:  2  \r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)"
            )
        }
        let response = try await transport.send(
            HTTPRequest(
                "PATCH", server.url("/a?b=c"),
                headers: [("X-B", "2"), ("X-A", "1"), ("Content-Type", "application/json")],
                body: Array("hello".utf8), proxy: .none))
        #expect(response.status == 201)
        #expect(response.headers["X-ONE"] == "1")
        #expect(response.headers["X-Two"] == "2")
        let lines = String(decoding: response.body, as: UTF8.self).split(separator: "|").map(String.init)
        #expect(lines.filter { $0.hasPrefix("X-") } == ["X-B: 2", "X-A: 1"])
        #expect(lines.contains("Content-Type: application/json"))
        #expect(lines.contains("Content-Length: 5"))
        #expect(!lines.contains { $0.hasPrefix("Expect") })
        #expect(lines.last == "hello")
    }

    @Test(
        "refuses what must not reach the wire",
        arguments: [
            HTTPRequest("GET", "file:///etc/passwd"),
            HTTPRequest("GET", "ftp://example.org/"),
            HTTPRequest("GET", "https:///path"),
            HTTPRequest("GET", "https://user:secret@example.org/"),
            HTTPRequest("GET", "https://example.org/a b"),
            HTTPRequest("GET", "https://example.org/a\r\nX: y"),
            HTTPRequest("GE T", "https://example.org/"),
            HTTPRequest("GET", "https://example.org/", headers: [("X", "a\r\nEvil: b")]),
            HTTPRequest("GET", "https://example.org/", headers: [("X Y", "a")]),
            HTTPRequest("GET", "https://example.org/", headers: [("", "a")]),
        ])
    func refuses(_ request: HTTPRequest) async {
        let error = await #expect(throws: HTTPError.self) { _ = try await transport.send(request) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("goes through the proxy that is named, which gets the whole URL")
    func proxy() async throws {
        let proxy = try LoopbackServer { connection in
            let asked = connection.readHead()?.split(separator: "\r\n").first.map(String.init) ?? ""
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(asked.utf8.count)\r\n\r\n\(asked)")
        }
        let response = try await transport.send(
            HTTPRequest("GET", "http://git.company.example/r.git/info/refs", proxy: .url(proxy.url(""))))
        #expect(
            String(decoding: response.body, as: UTF8.self) == "GET http://git.company.example/r.git/info/refs HTTP/1.1")
    }

    @Test("gives up a head that never ends")
    func endlessHead() async throws {
        let server = try LoopbackServer { connection in
            guard connection.readHead() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write("X-Filler: \(String(repeating: "x", count: 1000))\r\n") {}
        }
        let error = await #expect(throws: HTTPError.self) {
            _ = try await transport.send(HTTPRequest("GET", server.url(), proxy: .none))
        }
        #expect(error?.code == .protocolViolation)
        #expect(error?.message.contains("head") == true)
    }

    @Test("says that nobody listens")
    func connectionRefused() async throws {
        let port = try LoopbackServer { _ in }.port
        let error = await #expect(throws: HTTPError.self) {
            _ = try await transport.send(
                HTTPRequest("GET", "http://127.0.0.1:\(port)/x?token=secret", proxy: .none))
        }
        #expect(error?.code == .connectFailed)
        #expect(error?.message.contains("127.0.0.1:\(port)/x") == true)
        #expect(
            error?.message.hasSuffix("Failed to connect to 127.0.0.1 port \(port): Couldn't connect to server") == true)
        #expect(error?.message.contains("secret") == false)
        #expect(error?.disposition == .transient)
    }

    @Test("a response cut short is an error, not a short body")
    func cutBody() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        }
        let error = await #expect(throws: HTTPError.self) {
            _ = try await transport.send(HTTPRequest("GET", server.url(), proxy: .none))
        }
        #expect(error?.code == .connectionLost)
    }

    @Test("garbage instead of HTTP is an error", arguments: ["\u{0}\u{1}\u{2}\r\n\r\n", "SSH-2.0-x\r\n", ""])
    func garbage(_ answer: String) async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write(answer)
        }
        let error = await #expect(throws: HTTPError.self) {
            _ = try await transport.send(HTTPRequest("GET", server.url(), proxy: .none))
        }
        #expect(error?.disposition == .transient)
    }

    @Test("a body above the limit ends the exchange")
    func bodyLimit() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            while connection.write([UInt8](repeating: 120, count: 4096)) {}
        }
        let error = await #expect(throws: HTTPError.self) {
            _ = try await transport.send(HTTPRequest("GET", server.url(), proxy: .none, maxBodyBytes: 10_000))
        }
        #expect(error?.code == .bodyTooLarge)
        #expect(error?.disposition == .terminal)
    }

    @Test("a server that says nothing runs into the deadline", arguments: [true, false])
    func deadlines(stall: Bool) async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.waitForClose()
        }
        let short = Duration.milliseconds(200)
        let deadlines = stall ? HTTPDeadlines(stall: short, total: nil) : HTTPDeadlines(stall: nil, total: short)
        let error = await #expect(throws: HTTPError.self) {
            _ = try await transport.send(HTTPRequest("GET", server.url(), deadlines: deadlines, proxy: .none))
        }
        #expect(error?.code == .timedOut)
    }

    @Test("cancelling the task ends the exchange and closes the connection")
    func cancellation() async throws {
        let (closed, close) = AsyncStream.makeStream(of: Bool.self)
        let (arrived, arrive) = AsyncStream.makeStream(of: Bool.self)
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            arrive.yield(true)
            connection.waitForClose()
            close.yield(true)
        }
        let url = server.url()
        let task = Task { [transport] () async -> HTTPError? in
            do throws(HTTPError) {
                _ = try await transport.send(HTTPRequest("GET", url, proxy: .none))
                return nil
            } catch {
                return error
            }
        }
        for await _ in arrived { break }
        task.cancel()
        #expect(await task.value?.code == .cancelled)
        for await _ in closed { break }
    }

    @Test("a task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let server = try LoopbackServer { _ in }
        let url = server.url()
        let task = Task { [transport] () async -> HTTPError? in
            withUnsafeCurrentTask { $0?.cancel() }
            do throws(HTTPError) {
                _ = try await transport.send(HTTPRequest("GET", url, proxy: .none))
                return nil
            } catch {
                return error
            }
        }
        #expect(await task.value?.code == .cancelled)
        #expect(server.connections == 0)
    }

    @Test("connections are used again")
    func reuse() async throws {
        let server = try LoopbackServer { connection in
            while connection.readHead() != nil {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        for _ in 0..<20 {
            let response = try await transport.send(HTTPRequest("GET", server.url(), proxy: .none))
            #expect(response.body == Array("ok".utf8))
        }
        #expect(server.connections == 1)
    }

    @Test("many requests at once stay within the connections allowed")
    func concurrency() async throws {
        let bounded = try CurlTransport(limits: CurlTransport.Limits(maxConnectionsPerHost: 4))
        let server = try LoopbackServer { connection in
            while connection.readHead() != nil {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let url = server.url()
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<200 {
                group.addTask { try await bounded.send(HTTPRequest("GET", url, proxy: .none)).status }
            }
            return try await group.reduce(0) { $0 + ($1 == 200 ? 1 : 0) }
        }
        #expect(total == 200)
        #expect(server.connections <= 4)
    }

    @Test("a redirect is handed over, or followed without credentials to another host")
    func redirects() async throws {
        let heads = Mutex<[String]>([])
        let target = try LoopbackServer { connection in
            if let head = connection.readHead() { heads.withLock { $0.append(head) } }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
        }
        let location = "http://localhost:\(target.port)/next"
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 5\r\n\r\nmoved")
        }
        var request = HTTPRequest("GET", server.url(), headers: [("Authorization", "Bearer secret")], proxy: .none)
        #expect(try await transport.send(request).status == 302)
        request.maxRedirects = 3
        let response = try await transport.send(request)
        #expect(response.status == 200)
        #expect(String(decoding: response.body, as: UTF8.self) == "here")
        #expect(heads.withLock { $0.count } == 1)
        #expect(heads.withLock { $0.allSatisfy { !$0.contains("secret") } })
    }

    @Test("a shut down transport fails what runs and what comes")
    func shutdown() async throws {
        let (arrived, arrive) = AsyncStream.makeStream(of: Bool.self)
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            arrive.yield(true)
            connection.waitForClose()
        }
        let url = server.url()
        let running = Task { [transport] () async -> HTTPError? in
            do throws(HTTPError) {
                _ = try await transport.send(HTTPRequest("GET", url, proxy: .none))
                return nil
            } catch {
                return error
            }
        }
        for await _ in arrived { break }
        transport.shutdown()
        #expect(await running.value?.code == .shutDown)
        let later = await #expect(throws: HTTPError.self) {
            _ = try await transport.send(HTTPRequest("GET", url, proxy: .none))
        }
        #expect(later?.code == .shutDown)
    }
}
