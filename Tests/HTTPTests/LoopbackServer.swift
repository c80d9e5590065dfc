internal import Glibc
internal import Synchronization

/// A server on a free port of the loopback interface that gives each connection, as raw bytes, to a handler on a thread
/// of its own. It stops with its last reference.
final class LoopbackServer: Sendable {
    let port: Int
    private let listener: Int32
    private let accepted = Counter()

    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    /// How many connections there were.
    var connections: Int { accepted.value.withLock { $0 } }

    init(_ handler: @escaping @Sendable (LoopbackConnection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) | listen(listener, 64) | getsockname(listener, $0, &size)
            }
        }
        guard listener >= 0, bound == 0 else { throw LoopbackError.notListening }
        port = Int(UInt16(bigEndian: address.sin_port))
        LoopbackServer.thread { [accepted] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                accepted.value.withLock { $0 += 1 }
                LoopbackServer.thread {
                    let connection = LoopbackConnection(connection)
                    handler(connection)
                    connection.close()
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(Box(body)).toOpaque())
        pthread_detach(thread)
    }
}

enum LoopbackError: Error {
    case notListening
}

/// One connection of a ``LoopbackServer``, used by its handler's thread alone.
final class LoopbackConnection {
    private let descriptor: Int32
    private var rest: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    func close() {
        Glibc.close(descriptor)
    }

    /// The head of the next request, lines as sent, or nil when the peer is gone.
    func readHead() -> String? {
        while true {
            if let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
                rest.removeSubrange(..<end.upperBound)
                return head
            }
            guard readMore() else { return nil }
        }
    }

    func readBytes(_ count: Int) -> [UInt8] {
        while rest.count < count, readMore() {}
        defer { rest.removeFirst(min(count, rest.count)) }
        return Array(rest.prefix(count))
    }

    /// A chunked body, put together.
    func readChunked() -> [UInt8] {
        var body: [UInt8] = []
        while true {
            while rest.firstRange(of: Array("\r\n".utf8)) == nil, readMore() {}
            guard let end = rest.firstRange(of: Array("\r\n".utf8)) else { return body }
            let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
            rest.removeSubrange(..<end.upperBound)
            body += readBytes(size)
            _ = readBytes(2)
            if size == 0 { return body }
        }
    }

    /// Whether the peer took it all.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Waits until the peer closes.
    func waitForClose() {
        while readMore() {}
    }

    private func readMore() -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else { return false }
        rest += piece[..<count]
        return true
    }
}
