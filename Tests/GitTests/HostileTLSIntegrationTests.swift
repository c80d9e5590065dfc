import FoundationEssentials
import Glibc
import HTTP
import Testing

@testable import Git

/// A server that cannot prove who it is gets no request, and no credentials.
@Suite struct HostileTLSIntegrationTests {
    /// An authority and a server of its own, whose certificate may be wrong.
    private final class Site {
        let folder: TemporaryFolder
        let port: UInt16
        private let pid: pid_t

        /// - Parameters:
        ///   - name: the subject alternative name.
        ///   - dates: first and last moment of validity, as `openssl ca` takes them.
        ///   - asksForClient: whether it lets nobody in without a certificate of the authority.
        init(
            name: String = "IP:127.0.0.1", dates: (String, String) = ("20200101000000Z", "20990101000000Z"),
            asksForClient: Bool = false
        ) throws {
            folder = try TemporaryFolder()
            let probe = try ScriptedServer { _ in .close }
            port = probe.port
            probe.stop()
            try Data(
                """
                set -e
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt \
                  -subj /CN=authority -days 3650
                openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out request -subj /CN=git
                printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n' >config
                printf '[p]\\ncommonName=supplied\\n[e]\\nsubjectAltName=\(name)\\n' >>config
                touch index; echo 01 >serial
                openssl ca -batch -config config -cert ca.crt -keyfile ca.key -in request -out crt -notext \
                  -startdate \(dates.0) -enddate \(dates.1) -extensions e
                openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.key -out request \
                  -subj /CN=sluice
                openssl ca -batch -config config -cert ca.crt -keyfile ca.key -in request -out client.crt -notext -days 365
                """.utf8
            ).write(to: URL(fileURLWithPath: folder / "make"))
            try run(["sh", "make"], in: folder.path)
            pid = try start(
                [
                    "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", folder / "crt", "-key",
                    folder / "key", "-www", "-quiet",
                ] + (asksForClient ? ["-Verify", "1", "-verify_return_error", "-CAfile", folder / "ca.crt"] : []),
                output: folder / "log")
            try waitForPort()
        }

        deinit {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
        }

        private func waitForPort() throws {
            for _ in 0..<500 {
                let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(made) }
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
                let size = socklen_t(MemoryLayout<sockaddr_in>.size)
                let code = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(made, $0, size) }
                }
                if code == 0 { return }
                usleep(10_000)
            }
            throw CommandFailed(description: "openssl s_server does not start")
        }

        func fetch(caPEM: [UInt8], as client: GitCredentials.ClientCertificate? = nil) async throws(GitError) {
            do {
                var limits = GitLimits()
                limits.stallTimeout = .seconds(5)
                let credentials = GitCredentials(
                    .basic(username: "git", password: "s3cr3t"), caPEM: caPEM, clientCertificate: client)
                let mirror = GitRepository(
                    url: try GitURL("https://127.0.0.1:\(port)/r.git"), credentials: credentials,
                    directory: folder / "m", transport: try CurlTransport(), limits: limits, clock: FixedClock())
                _ = try await mirror.fetch(.branch("main"))
            } catch let error as GitError {
                throw error
            } catch {
                throw GitError(.unsupported, "\(error)")
            }
        }

        var ca: [UInt8] { get throws { try bytes("ca.crt") } }
        var client: GitCredentials.ClientCertificate {
            get throws { .init(certificatePEM: try bytes("client.crt"), keyPEM: try bytes("client.key")) }
        }

        private func bytes(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(fileURLWithPath: folder / name)))
        }
    }

    @Test func `a certificate that is in order is taken`() async throws {
        let site = try Site()
        let ca = try site.ca
        // What answers there speaks no Git, but it was asked.
        await expect(.protocolViolation) { try await site.fetch(caPEM: ca) }
    }

    @Test func `a server that asks for a client's certificate gets it, and lets nobody in without`() async throws {
        let site = try Site(asksForClient: true)
        let ca = try site.ca
        let client = try site.client
        await expect(.protocolViolation) { try await site.fetch(caPEM: ca, as: client) }
        let error = await #expect(throws: GitError.self) { try await site.fetch(caPEM: ca) }
        #expect(error?.code != .protocolViolation, "\(String(describing: error))")
    }

    @Test func `an expired certificate is refused`() async throws {
        let site = try Site(dates: ("20200101000000Z", "20200102000000Z"))
        let ca = try site.ca
        await expect(.untrustedServer) { try await site.fetch(caPEM: ca) }
    }

    @Test func `a certificate of the future is refused`() async throws {
        let site = try Site(dates: ("20980101000000Z", "20990101000000Z"))
        let ca = try site.ca
        await expect(.untrustedServer) { try await site.fetch(caPEM: ca) }
    }

    @Test func `a certificate for another host is refused`() async throws {
        let site = try Site(name: "DNS:git.example.com")
        let ca = try site.ca
        await expect(.untrustedServer) { try await site.fetch(caPEM: ca) }
    }

    @Test func `an authority that nobody knows is refused`() async throws {
        let site = try Site()
        let other = try Site()
        let ca = try other.ca
        await expect(.untrustedServer) { try await site.fetch(caPEM: ca) }
        await expect(.untrustedServer) { try await site.fetch(caPEM: []) }
    }

    @Test func `a server that breaks off the handshake is told`() async throws {
        let server = try ScriptedServer(greeting: Array("HTTP/1.1 400 plain text here\r\n\r\n".utf8))
        defer { server.stop() }
        let folder = try TemporaryFolder()
        var limits = GitLimits()
        limits.connectTimeout = .seconds(2)
        let mirror = GitRepository(
            url: try GitURL("https://127.0.0.1:\(server.port)/r.git"), credentials: .anonymous,
            directory: folder / "m", transport: try CurlTransport(), limits: limits, clock: FixedClock())
        await expect(.untrustedServer) { _ = try await mirror.fetch(.branch("main")) }
    }
}
