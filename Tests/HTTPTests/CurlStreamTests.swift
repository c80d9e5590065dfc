internal import Core
internal import HTTP
internal import Synchronization
internal import Testing

@Suite("Streams and blocking exchanges", .timeLimit(.minutes(1)))
struct CurlStreamTests {
    let transport: CurlTransport

    init() throws {
        transport = try CurlTransport(limits: CurlTransport.Limits(streamBufferBytes: 256 << 10))
    }

    @Test("the head comes before the body, pieces as they are sent")
    func pieces() async throws {
        let (asked, ask) = AsyncStream.makeStream(of: Bool.self)
        let gate = Gate()
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            gate.wait()
            connection.write("5\r\nhello\r\n")
            gate.wait()
            connection.write("0\r\n\r\n")
            ask.finish()
        }
        let stream = try await transport.stream(HTTPRequest("GET", server.url(), deadlines: .stream, proxy: .none))
        #expect(stream.status == 200)
        var chunks = stream.chunks.makeAsyncIterator()
        gate.open()
        #expect(try await chunks.next() == Array("hello".utf8))
        gate.open()
        #expect(try await chunks.next() == nil)
        for await _ in asked {}
    }

    @Test("a reader that does not read holds the server back, and gets every byte in the end")
    func backpressure() async throws {
        let total = 64 << 20
        let sent = Mutex(0)
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            for piece in 0..<(total >> 16) {
                guard connection.write([UInt8](repeating: UInt8(truncatingIfNeeded: piece), count: 1 << 16)) else {
                    return
                }
                sent.withLock { $0 += 1 << 16 }
            }
        }
        let stream = try await transport.stream(
            HTTPRequest("GET", server.url(), deadlines: .stream, proxy: .none, maxBodyBytes: nil))
        var received = 0
        var wrong = 0
        var ahead = 0
        for try await chunk in stream.chunks {
            let first = (65_536 - received % 65_536) % 65_536
            for offset in stride(from: first, to: chunk.count, by: 65_536)
            where chunk[offset] != UInt8(truncatingIfNeeded: (received + offset) >> 16) { wrong += 1 }
            received += chunk.count
            ahead = max(ahead, sent.withLock { $0 } - received)
        }
        #expect(received == total)
        #expect(wrong == 0)
        // The buffer and what two sockets hold, far from the whole.
        #expect(ahead < 16 << 20)
    }

    @Test("a request that ended while it waited for a connection leaves nothing behind for an exchange in pieces")
    func afterWaiting() async throws {
        let narrow = try CurlTransport(limits: CurlTransport.Limits(maxConnectionsPerHost: 1))
        let (arrived, arrive) = AsyncStream.makeStream(of: Bool.self)
        let gate = Gate()
        let server = try LoopbackServer { connection in
            guard let head = connection.readHead() else { return }
            if head.hasPrefix("GET /held") {
                arrive.yield(true)
                gate.wait()
            }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        let held = server.url("/held")
        let holder = Task { try await narrow.send(HTTPRequest("GET", held, proxy: .none)).status }
        for await _ in arrived { break }
        let waiting = HTTPRequest(
            "GET", server.url(), deadlines: HTTPDeadlines(stall: .milliseconds(50), total: nil), proxy: .none)
        let error = await #expect(throws: HTTPError.self) { _ = try await narrow.send(waiting) }
        #expect(error?.code == .timedOut)

        let request = HTTPRequest("GET", server.url(), proxy: .none, http2: false)
        let status = try await onThread { try narrow.open(request, upload: .body).head().status }
        #expect(status == 200)
        gate.open()
        #expect(try await holder.value == 200)
    }

    @Test("a stream that is dropped closes its connection")
    func dropped() async throws {
        let (closed, close) = AsyncStream.makeStream(of: Bool.self)
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
            connection.waitForClose()
            close.yield(true)
        }
        var stream: HTTPStream? = try await transport.stream(
            HTTPRequest("GET", server.url(), deadlines: .stream, proxy: .none))
        #expect(stream?.status == 200)
        stream = nil
        for await _ in closed { break }
    }

    @Test("cancelling the reader ends the stream")
    func cancelledReader() async throws {
        let (closed, close) = AsyncStream.makeStream(of: Bool.self)
        let (opened, open) = AsyncStream.makeStream(of: Bool.self)
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.waitForClose()
            close.yield(true)
        }
        let url = server.url()
        let task = Task { [transport] in
            let stream = try await transport.stream(HTTPRequest("GET", url, deadlines: .stream, proxy: .none))
            open.yield(true)
            for try await _ in stream.chunks {}
        }
        for await _ in opened { break }
        task.cancel()
        await #expect(throws: HTTPError.self) { try await task.value }
        for await _ in closed { break }
    }

    @Test("a stream that is cut throws after the bytes that came")
    func cut() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")
        }
        let stream = try await transport.stream(HTTPRequest("GET", server.url(), deadlines: .stream, proxy: .none))
        var body: [UInt8] = []
        let error = await #expect(throws: HTTPError.self) {
            for try await chunk in stream.chunks { body += chunk }
        }
        #expect(error?.code == .connectionLost)
        #expect(body == Array("hel".utf8))
    }

    @Test("silence longer than the stall deadline ends a stream")
    func stalled() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
            connection.waitForClose()
        }
        let deadlines = HTTPDeadlines(stall: .milliseconds(200), total: nil)
        let stream = try await transport.stream(HTTPRequest("GET", server.url(), deadlines: deadlines, proxy: .none))
        let error = await #expect(throws: HTTPError.self) {
            for try await _ in stream.chunks {}
        }
        #expect(error?.code == .timedOut)
    }

    @Test("a blocking exchange uploads in pieces and reads back")
    func blockingUpload() async throws {
        let server = try LoopbackServer { connection in
            guard let head = connection.readHead(), head.lowercased().contains("transfer-encoding: chunked") else {
                return
            }
            let body = connection.readChunked()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            connection.write(body)
        }
        let exchange = try transport.open(
            HTTPRequest("POST", server.url("/git-receive-pack"), proxy: .none), upload: .pieces(length: nil))
        let size = 3_000_000
        let received = try await onThread {
            var sum = 0
            for piece in 0..<30 {
                try [UInt8](repeating: UInt8(piece), count: size / 30).withUnsafeBytes { try exchange.write($0) }
            }
            try exchange.finishWriting()
            guard try exchange.head().status == 200 else { return -1 }
            var buffer = [UInt8](repeating: 0, count: 10_000)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try exchange.read(into: $0) }
                if count == 0 { return sum }
                sum += count
            }
        }
        #expect(received == size)
    }

    @Test("a blocking exchange sends a whole body with its length")
    func blockingBody() async throws {
        let server = try LoopbackServer { connection in
            guard let head = connection.readHead() else { return }
            let body = connection.readBytes(4)
            let answer =
                (head.contains("Content-Length: 4") ? "length " : "no length ") + String(decoding: body, as: UTF8.self)
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(answer.utf8.count)\r\n\r\n\(answer)")
        }
        let exchange = try transport.open(
            HTTPRequest("POST", server.url(), body: Array("want".utf8), proxy: .none), upload: .body)
        let text = try await onThread {
            var buffer = [UInt8](repeating: 0, count: 100)
            var out: [UInt8] = []
            while true {
                let count = try buffer.withUnsafeMutableBytes { try exchange.read(into: $0) }
                if count == 0 { return String(decoding: out, as: UTF8.self) }
                out += buffer[..<count]
            }
        }
        #expect(text == "length want")
    }

    @Test("cancelling wakes a blocked reader")
    func blockingCancel() async throws {
        let (arrived, arrive) = AsyncStream.makeStream(of: Bool.self)
        let server = try LoopbackServer { connection in
            _ = connection.readHead()
            arrive.yield(true)
            connection.waitForClose()
        }
        let exchange = try transport.open(HTTPRequest("GET", server.url(), proxy: .none), upload: .body)
        async let blocked = onThread { () -> HTTPError? in
            do throws(HTTPError) {
                _ = try exchange.head()
                return nil
            } catch {
                return error
            }
        }
        for await _ in arrived { break }
        exchange.cancel()
        #expect(try await blocked?.code == .cancelled)
    }
}
