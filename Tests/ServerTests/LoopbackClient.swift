internal import Dispatch
internal import Glibc

/// A client that sends what it is told, byte by byte if need be.
enum LoopbackClient {
    struct SocketError: Error {
        let code = errno
    }

    /// Sends the pieces over one connection, waits after each, and reads until the peer closes.
    static func send(_ pieces: [[UInt8]], pause: Duration = .zero, port: Int) async throws -> String {
        // On a thread that may block: the server runs on the cooperative pool.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try exchange(pieces, pause: pause, port: port) })
            }
        }
    }

    private static func exchange(_ pieces: [[UInt8]], pause: Duration, port: Int) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError() }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SocketError() }
        for piece in pieces {
            var sent = 0
            while sent < piece.count {
                let count = piece[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                // The peer may have answered and closed already.
                guard count > 0 else { break }
                sent += count
            }
            if pause > .zero { usleep(UInt32(pause / .microseconds(1))) }
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// One request with a body; the whole answer as text.
    static func request(
        _ method: String, _ path: String, headers: [String] = [], body: [UInt8] = [], port: Int
    ) async throws -> String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
        if !body.isEmpty { lines.append("Content-Length: \(body.count)") }
        return try await send([Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8), body], port: port)
    }
}
