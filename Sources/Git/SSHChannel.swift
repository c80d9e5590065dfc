internal import CSSH2
internal import Core
internal import Glibc

/// One command on a server over ssh, with its host key checked in full, without blocking calls.
///
/// libssh2 1.10, as Debian 12 has it, signs with RSA keys by SHA-1 only, which OpenSSH refuses since 8.8: keys of users
/// and servers have to be ed25519 or ecdsa.
final class SSHChannel: SmartStream {
    private let operation: RemoteOperation
    private let socket: SSHSocket
    private let session: OpaquePointer
    private var channel: OpaquePointer?
    private var received = 0

    private static let started: Bool = {
        // libgit2 counts its own initialisation; a second one costs nothing.
        _ = Libgit2.ready
        return libssh2_init(0) == 0
    }()

    init(_ operation: RemoteOperation, command: String) throws(GitError) {
        let name = "repository \(operation.url.text)"
        guard Self.started else { throw GitError(.unsupported, "\(name): the ssh library cannot be initialised") }
        guard case .ssh(let privateKey, let knownHosts) = operation.credentials.method else {
            throw GitError(
                .authenticationFailed, "\(name): ssh wants ssh-privatekey and known_hosts in the credentials Secret")
        }
        self.operation = operation
        let hosts = try KnownHosts(knownHosts)
        let port = operation.url.port ?? 22
        let kinds = hosts.kinds(host: operation.url.host, port: port)
        guard !kinds.isEmpty else {
            throw GitError(
                .untrustedServer,
                "\(name): known_hosts names no key for \(operation.url.host) port \(port); add the server's keys")
        }
        socket = try SSHSocket(host: operation.url.host, port: port, operation)
        guard let session = libssh2_session_init_ex(nil, nil, nil, nil) else {
            throw GitError(.storageFailed, "\(name): out of memory")
        }
        self.session = session
        let socket = socket
        operation.track { socket.interrupt() }
        libssh2_session_set_blocking(session, 0)
        // The server is asked for a key of a type that we know, or it might show another, right one.
        _ = libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, kinds.joined(separator: ","))
        try retrying("connecting") { libssh2_session_handshake(session, socket.number) }
        try checkHostKey(hosts, port)
        try authenticate(privateKey)
        try open(command)
    }

    deinit {
        operation.track(nil)
        // All that matters was read; on a closed connection the library has nothing left to wait for.
        socket.interrupt()
        for _ in 0..<10 where libssh2_session_free(session) != LIBSSH2_ERROR_EAGAIN { break }
        socket.close()
    }

    private func checkHostKey(_ hosts: KnownHosts, _ port: UInt16) throws(GitError) {
        var count = 0
        var kind: Int32 = 0
        guard let start = libssh2_session_hostkey(session, &count, &kind) else {
            throw GitError(.untrustedServer, "repository \(operation.url.text): the server showed no key")
        }
        let key = Array(UnsafeRawBufferPointer(start: start, count: count))
        guard hosts.trusts(host: operation.url.host, port: port, key: key) else {
            let fingerprint = "SHA256:" + Base64.encode(SHA256Digest(of: key).bytes).filter { $0 != "=" }
            throw GitError(
                .untrustedServer,
                "repository \(operation.url.text): the server's key \(fingerprint) is not the one in known_hosts")
        }
    }

    private func authenticate(_ privateKey: [UInt8]) throws(GitError) {
        try Self.checkKey(privateKey, operation)
        let user = operation.url.user ?? "git"
        let session = session
        let code = try finishing { () -> Int in
            privateKey.withUnsafeBytes { raw in
                Int(
                    libssh2_userauth_publickey_frommemory(
                        session, user, user.utf8.count, nil, 0, raw.bindMemory(to: CChar.self).baseAddress, raw.count,
                        nil))
            }
        }
        guard code != 0 else { return }
        switch Int32(code) {
        case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
            throw GitError(
                .authenticationFailed,
                "repository \(operation.url.text): the server refused the key of user \(user) (keys must be ed25519 or ecdsa)"
            )
        case LIBSSH2_ERROR_FILE:
            throw GitError(
                .authenticationFailed,
                "repository \(operation.url.text): ssh-privatekey cannot be read; it must be without a passphrase")
        default: throw failure("authenticating", code)
        }
    }

    /// The library says little about keys that it cannot read.
    private static func checkKey(_ key: [UInt8], _ operation: RemoteOperation) throws(GitError) {
        let name = "repository \(operation.url.text): ssh-privatekey"
        let text = String(decoding: key.prefix(65_536), as: UTF8.self)
        guard text.contains("PRIVATE KEY-----") else {
            throw GitError(.authenticationFailed, "\(name) holds no private key")
        }
        guard text.contains("BEGIN OPENSSH PRIVATE KEY") else { return }
        do throws(GitError) {
            _ = try SSHSigningKey(openSSH: key)
        } catch {
            throw GitError(
                .authenticationFailed, "\(name) must be an ed25519 or ecdsa key without a passphrase and undamaged")
        }
    }

    private func open(_ command: String) throws(GitError) {
        let session = session
        var opened: OpaquePointer?
        let code = try finishing { () -> Int in
            // 2 MiB, libssh2's own default, and its largest packet.
            opened = libssh2_channel_open_ex(session, "session", 7, 2 << 20, 32_768, nil, 0)
            return opened == nil ? Int(libssh2_session_last_errno(session)) : 0
        }
        guard code == 0, let opened else { throw failure("opening a channel", code) }
        channel = opened
        try retrying("starting Git") {
            libssh2_channel_process_startup(opened, "exec", 4, command, UInt32(command.utf8.count))
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(GitError) {
        guard let channel else { return }
        var sent = 0
        while sent < bytes.count {
            let offset = sent
            let count = try finishing { () -> Int in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
                return libssh2_channel_write_ex(channel, 0, rest.bindMemory(to: CChar.self).baseAddress, rest.count)
            }
            guard count > 0 else { throw failure("sending", count) }
            sent += count
        }
    }

    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(GitError) -> Int {
        guard let channel else { return 0 }
        let count = try finishing { () -> Int in
            libssh2_channel_read_ex(channel, 0, buffer.bindMemory(to: CChar.self).baseAddress, buffer.count)
        }
        guard count >= 0 else { throw failure("receiving", count) }
        if count == 0, received == 0 { throw refusal(channel) }
        received += count
        return count
    }

    /// Why a server ended a command before it said anything: it writes that to the error stream.
    private func refusal(_ channel: OpaquePointer) -> GitError {
        var buffer = [CChar](repeating: 0, count: 1024)
        // SSH_EXTENDED_DATA_STDERR, RFC 4254 section 5.2
        let count = libssh2_channel_read_ex(channel, 1, &buffer, buffer.count)
        let text = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var shown = ""
        for scalar in text.unicodeScalars {
            shown.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        let lower = shown.lowercased()
        let denied = lower.contains("denied") || lower.contains("not allowed") || lower.contains("read-only")
        let missing = lower.contains("not found") || lower.contains("not appear to be") || lower.contains("not exist")
        let code: GitError.Code = missing ? .repositoryNotFound : denied ? .authenticationFailed : .unreachable
        return GitError(
            code, "repository \(operation.url.text): the server ended the command: \(shown.bounded(to: 256))")
    }

    /// Repeats a call while it would block; throws at any other code but 0.
    private func retrying(_ doing: String, _ call: () -> Int32) throws(GitError) {
        let code = try finishing { Int(call()) }
        guard code == 0 else { throw failure(doing, code) }
    }

    /// Repeats a call while it would block, within the deadlines.
    private func finishing(_ call: () -> Int) throws(GitError) -> Int {
        var silence = ContinuousClock.now + operation.limits.stallTimeout
        while true {
            try operation.proceed()
            let code = call()
            guard code == Int(LIBSSH2_ERROR_EAGAIN) else { return code }
            guard ContinuousClock.now < silence else {
                throw GitError(
                    .timeout,
                    "repository \(operation.url.text): nothing came for \(operation.limits.stallTimeout)")
            }
            let directions = libssh2_session_block_directions(session)
            var events: Int32 = 0
            if directions & LIBSSH2_SESSION_BLOCK_INBOUND != 0 { events |= POLLIN }
            if directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 { events |= POLLOUT }
            if socket.wait(events: events == 0 ? POLLIN : events, upTo: .milliseconds(200)) {
                silence = .now + operation.limits.stallTimeout
            }
        }
    }

    private func failure(_ doing: String, _ code: Int) -> GitError {
        do throws(GitError) { try operation.proceed() } catch { return error }
        var text: UnsafeMutablePointer<CChar>?
        libssh2_session_last_error(session, &text, nil, 0)
        let detail = text.map { String(cString: $0) } ?? "error \(code)"
        return GitError(.unreachable, "repository \(operation.url.text): \(doing) over ssh: \(detail)")
    }
}
