internal import Core
internal import Dispatch
internal import FoundationEssentials
internal import Glibc
internal import KubernetesModel

extension ExecPlugin {
    /// The most that a plugin may print.
    private static let outputLimit = 1 << 20
    /// How long a plugin may take.
    private static let deadline = Duration.seconds(60)

    /// Runs the program on a thread of its own and reads the `ExecCredential` it prints.
    func run(server: String) async throws(KubernetesError) -> CurrentCredentials {
        let result: Result<[UInt8], KubernetesError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { () throws(KubernetesError) in try execute(server: server) })
            }
        }
        return try credentials(from: try result.get())
    }

    func credentials(from output: [UInt8]) throws(KubernetesError) -> CurrentCredentials {
        guard let json = try? JSONValue(parsing: output), json["kind"]?.stringValue == "ExecCredential",
            let status = json["status"]
        else { throw fail("it printed no ExecCredential with a status") }
        var credentials = CurrentCredentials()
        credentials.authorization = status["token"]?.stringValue.flatMap { $0.isEmpty ? nil : "Bearer " + $0 }
        credentials.clientCertificatePEM = status["clientCertificateData"]?.stringValue.map { Array($0.utf8) }
        credentials.clientKeyPEM = status["clientKeyData"]?.stringValue.map { Array($0.utf8) }
        credentials.expires = status["expirationTimestamp"]?.stringValue.flatMap { Timestamp(rfc3339: $0) }
        guard credentials.authorization != nil || credentials.clientCertificatePEM != nil else {
            throw fail("it gave neither a token nor a client certificate")
        }
        return credentials
    }

    private func fail(_ what: String) -> KubernetesError {
        KubernetesError(.invalidConfiguration, "the credential plugin \(command) failed: \(what)")
    }

    private func execute(server: String) throws(KubernetesError) -> [UInt8] {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw fail("no file descriptor is left") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)

        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        variables["KUBERNETES_EXEC_INFO"] = execInfo(server: server)
        let argv = CStrings([command] + arguments)
        let envp = CStrings(variables.map { "\($0.key)=\($0.value)" })
        var child = pid_t()
        let code = posix_spawnp(&child, command, &actions, nil, argv.pointers, envp.pointers)
        close(ends[1])
        defer { close(ends[0]) }
        guard code == 0 else { throw fail(String(cString: strerror(code))) }

        let output = collect(from: ends[0])
        if output == nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard let output else { throw fail("it took longer than a minute or printed more than 1 MiB") }
        guard status == 0 else { throw fail("it ended with status \((status >> 8) & 0xFF)") }
        return output
    }

    /// What the program prints until it closes its output; nil past a limit.
    private func collect(from descriptor: Int32) -> [UInt8]? {
        let clock = ContinuousClock()
        let end = clock.now + ExecPlugin.deadline
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let left = clock.now.duration(to: end).microseconds / 1000
            guard left > 0 else { return nil }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&wanted, 1, Int32(clamping: left))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? output : nil }
            output.append(contentsOf: piece[..<count])
            guard output.count <= ExecPlugin.outputLimit else { return nil }
        }
    }

    private func execInfo(server: String) -> String {
        var spec: JSONValue = ["interactive": false]
        if provideClusterInfo { spec["cluster"] = ["server": .string(server)] }
        let info: JSONValue = ["kind": "ExecCredential", "apiVersion": .string(apiVersion), "spec": spec]
        return info.jsonText
    }
}

/// A null-terminated array of C strings, freed with it.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointers = .allocate(capacity: count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
