import Glibc
import Synchronization

/// An HTTP server on loopback that answers exactly as a test says, however wrong that is.
///
/// Every connection gets a thread. The requests' heads are kept for the test to look at.
final class ScriptedServer: Sendable {
    /// What one connection does after it read a request's head.
    enum Reply: Sendable {
        /// Sends bytes and closes.
        case bytes([UInt8])
        /// Sends bytes and then nothing, for as long as the server lives.
        case stall(after: [UInt8])
        /// Sends one byte at a time with a pause between.
        case drip([UInt8], pauseMicroseconds: UInt32)
        case close
        /// Sends bytes, and then a piece over and over, for as long as the client takes it.
        case flood([UInt8], piece: [UInt8])

        static func response(
            _ status: String, _ headers: [String] = [], body: [UInt8] = []
        ) -> Reply {
            let head =
                (["HTTP/1.1 \(status)", "Content-Length: \(body.count)", "Connection: close"] + headers)
                .joined(separator: "\r\n") + "\r\n\r\n"
            return .bytes(Array(head.utf8) + body)
        }
    }

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[String]>([])
    private let stopped = Mutex<Bool>(false)
    private let accepted = Mutex<Int>(0)
    private let greeting: [UInt8]?
    private let answer: @Sendable (String) -> Reply

    /// `answer` gets a request's head.
    convenience init(_ answer: @escaping @Sendable (String) -> Reply) throws {
        try self.init(greeting: nil, answer)
    }

    /// Says something first, whatever the client sends, and then nothing.
    convenience init(greeting: [UInt8]) throws {
        try self.init(greeting: greeting) { _ in .close }
    }

    private init(greeting: [UInt8]?, _ answer: @escaping @Sendable (String) -> Reply) throws {
        self.greeting = greeting
        self.answer = answer
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                Glibc.bind(listener, raw, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, raw, &length) == 0
            }
        }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        guard bound else { throw CommandFailed(description: "no port on loopback") }
        spawn { server in server.accepting() }
    }

    var url: String { "http://127.0.0.1:\(port)" }
    /// The heads of all requests so far.
    var requests: [String] { seen.withLock { $0 } }

    /// How many connections were accepted so far.
    var connections: Int { accepted.withLock { $0 } }

    func stop() {
        stopped.withLock { $0 = true }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private final class Job {
        let server: ScriptedServer
        let work: @Sendable (ScriptedServer) -> Void

        init(_ server: ScriptedServer, _ work: @escaping @Sendable (ScriptedServer) -> Void) {
            self.server = server
            self.work = work
        }
    }

    private func spawn(_ work: @escaping @Sendable (ScriptedServer) -> Void) {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
                job.work(job.server)
                return nil
            }, Unmanaged.passRetained(Job(self, work)).toOpaque())
        pthread_detach(thread)
    }

    private func accepting() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            accepted.withLock { $0 += 1 }
            spawn { server in
                server.serve(connection)
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32) {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        if let greeting {
            transmit(connection, greeting)
            while !stopped.withLock({ $0 }) {
                if recv(connection, &buffer, buffer.count, Int32(MSG_DONTWAIT)) == 0 { return }
                usleep(5000)
            }
            return
        }
        let end = Array("\r\n\r\n".utf8)
        while received.firstRange(of: end) == nil, received.count < 65_536 {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            received.append(contentsOf: buffer[..<count])
        }
        let head = String(
            decoding: received.prefix(received.firstRange(of: end)?.lowerBound ?? received.count), as: UTF8.self)
        seen.withLock { $0.append(head) }
        switch answer(head) {
        case .bytes(let bytes): transmit(connection, bytes)
        case .stall(let bytes):
            transmit(connection, bytes)
            while !stopped.withLock({ $0 }), recv(connection, &buffer, buffer.count, Int32(MSG_DONTWAIT)) != 0 {
                usleep(5000)
            }
        case .drip(let bytes, let pause):
            for byte in bytes where !stopped.withLock({ $0 }) {
                guard send(connection, [byte], 1, Int32(MSG_NOSIGNAL)) == 1 else { return }
                usleep(pause)
            }
        case .close: break
        case .flood(let bytes, let piece):
            guard transmit(connection, bytes) else { break }
            while !stopped.withLock({ $0 }), transmit(connection, piece) {}
        }
        // What the client still sends would otherwise make the kernel throw our answer away.
        shutdown(connection, Int32(SHUT_WR))
        while recv(connection, &buffer, buffer.count, 0) > 0 {}
    }

    /// Whether the client took it all.
    @discardableResult
    private func transmit(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                send(connection, raw.baseAddress?.advanced(by: sent), raw.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
