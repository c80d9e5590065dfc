internal import CSSH2
internal import Core
internal import Glibc

/// One command on a server over ssh, with its host key checked in full, without blocking calls.
///
/// libssh2 1.10, as Debian 12 has it, verifies RSA keys of servers by SHA-1 only, which OpenSSH has not offered since
/// 8.8: known_hosts should name a server's ed25519 or ecdsa key.
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
        _ = libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, Self.preference(kinds))
        try shakeHands(kinds)
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

    /// Key types in the order of preference: RSA last, for which the library knows SHA-1 alone.
    private static func preference(_ kinds: [String]) -> String {
        let rsa = SSHPublicKey.Kind.rsa.rawValue
        return (kinds.filter { $0 != rsa } + kinds.filter { $0 == rsa }).joined(separator: ",")
    }

    private func shakeHands(_ kinds: [String]) throws(GitError) {
        let code = try finishing { Int(libssh2_session_handshake(session, socket.number)) }
        guard code != 0 else { return }
        let isMethod = [LIBSSH2_ERROR_METHOD_NONE, LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_METHOD_NOT_SUPPORTED]
            .contains(Int32(code))
        guard isMethod else { throw failure("connecting", code) }
        throw GitError(
            .untrustedServer,
            "repository \(operation.url.text): the server shows no key of the types that known_hosts lists "
                + "(\(Self.preference(kinds))); add its ed25519 or ecdsa key")
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
        let name = "repository \(operation.url.text)"
        let key: SSHSigningKey
        do throws(GitError) {
            key = try SSHSigningKey(privateKey)
        } catch {
            throw GitError(.authenticationFailed, "\(name): ssh-privatekey: \(error.message)")
        }
        let user = operation.url.user ?? "git"
        let session = session
        let blob = Self.offered(key)
        let signer = Signer(key)
        let code = try withExtendedLifetime(signer) { () throws(GitError) -> Int in
            var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(signer).toOpaque()
            return try finishing { () -> Int in
                Int(
                    libssh2_userauth_publickey(
                        session, user, blob, blob.count,
                        { _, signature, count, data, size, context in
                            SSHChannel.sign(signature, count, data, size, context)
                        }, &context))
            }
        }
        guard code != 0 else { return }
        switch Int32(code) {
        case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
            let advice = key.publicKey.kind == .rsa ? "; not every server takes rsa keys from us, try ed25519" : ""
            throw GitError(
                .authenticationFailed,
                "\(name): the server refused the key \(key.publicKey.fingerprint) of user "
                    + "\(user)\(advice)")
        default: throw failure("authenticating", code)
        }
    }

    /// The public key as it is offered.
    ///
    /// libssh2 1.10 takes the signature's algorithm from the name that the key begins with, and so knows SHA-1 alone for
    /// RSA, which servers refuse. With the algorithm's name in that place OpenSSH reads the same key and SHA-2 is used.
    private static func offered(_ key: SSHSigningKey) -> [UInt8] {
        guard key.publicKey.kind == .rsa else { return key.publicKey.blob }
        var reader = SSHReader(key.publicKey.blob)
        _ = reader.string()
        var writer = SSHWriter()
        writer.string(key.algorithm)
        writer.raw(reader.rest)
        return writer.bytes
    }

    /// Keeps a key for the library's callback.
    private final class Signer {
        let key: SSHSigningKey
        init(_ key: SSHSigningKey) { self.key = key }
    }

    /// The library's callback: signs what proves to the server that the key is ours.
    private static func sign(
        _ signature: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, _ count: UnsafeMutablePointer<Int>?,
        _ data: UnsafePointer<UInt8>?, _ size: Int, _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32 {
        guard let signature, let count, let data, let signer = context?.pointee,
            let made = try? Unmanaged<Signer>.fromOpaque(signer).takeUnretainedValue().key.rawSignature(
                of: Array(UnsafeBufferPointer(start: data, count: size))),
            // The library frees it with `free`, as the session has no allocator of its own.
            let memory = malloc(made.count)
        else { return -1 }
        made.withUnsafeBytes {
            memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: made.count)
        }
        signature.pointee = memory.assumingMemoryBound(to: UInt8.self)
        count.pointee = made.count
        return 0
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
