internal import Core
internal import FoundationEssentials
internal import HTTP
internal import TestSupport
internal import Testing

@testable internal import KubernetesClient

@Suite("The kubeconfig")
struct KubeconfigTests {
    func text(cluster: String = "", user: String = "token: t0ken", context: String = "") -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: main
        clusters:
        - name: c
          cluster:
            server: https://10.0.0.1:6443/
            \(cluster)
        contexts:
        - name: main
          context: {cluster: c, user: u\(context)}
        - name: other
          context: {cluster: c}
        users:
        - name: u
          user:
            \(user)
        """
    }

    func load(_ text: String, trust: KubeconfigTrust = .data, context: String? = nil) throws -> ClusterConfiguration {
        try ClusterConfiguration(
            kubeconfig: Array(text.utf8), context: context, trust: trust, name: "Secret shop/cluster")
    }

    @Test("gives server, namespace and token")
    func token() throws {
        let configuration = try load(text(context: ", namespace: shop"))
        #expect(configuration.server == "https://10.0.0.1:6443")
        #expect(configuration.namespace == "shop")
        #expect(configuration.credentials == .bearer("t0ken"))
    }

    @Test("takes certificates out of the data")
    func certificates() throws {
        let configuration = try load(
            text(
                cluster: "certificate-authority-data: Q0E=",
                user: "{client-certificate-data: Q0VSVA==, client-key-data: S0VZ}"))
        #expect(configuration.tls.caPEM == Array("CA".utf8))
        #expect(configuration.tls.clientCertificatePEM == Array("CERT".utf8))
        #expect(configuration.tls.clientKeyPEM == Array("KEY".utf8))
        #expect(configuration.credentials == .none)
    }

    @Test("another context may be chosen, and must exist")
    func contexts() throws {
        #expect(try load(text(), context: "other").credentials == .none)
        let error = #expect(throws: KubernetesError.self) { try load(text(), context: "nope") }
        #expect(error?.message == "Secret shop/cluster: contexts: there is no entry named \"nope\"")
    }

    @Test(
        "refuses by name what a tenant's kubeconfig may not ask for",
        arguments: [
            ("exec", "", "exec: {command: /bin/sh, apiVersion: client.authentication.k8s.io/v1}"),
            ("auth-provider", "", "auth-provider: {name: oidc}"),
            ("insecure-skip-tls-verify", "insecure-skip-tls-verify: true", "token: t"),
            ("tokenFile", "", "tokenFile: /var/run/secrets/token"),
            ("client-certificate", "", "{client-certificate: /etc/passwd, client-key: /etc/shadow}"),
            ("certificate-authority", "certificate-authority: /etc/passwd", "token: t"),
            ("proxy-url", "proxy-url: http://169.254.169.254", "token: t"),
        ])
    func refuses(_ field: String, _ cluster: String, _ user: String) throws {
        let error = #expect(throws: KubernetesError.self) { try load(text(cluster: cluster, user: user)) }
        #expect(error?.message.hasPrefix("Secret shop/cluster: \(field) is not allowed") == true)
        #expect(error?.disposition == .terminal)
    }

    @Test(
        "auth-provider and impersonation are refused for everybody",
        arguments: ["auth-provider: {name: x}", "as: root"])
    func refusedAlways(_ user: String) {
        #expect(throws: KubernetesError.self) { try load(text(user: user), trust: .operatorOwned(directory: "/")) }
    }

    @Test("the operator's own may name a program, with a path beside the file")
    func exec() throws {
        let user = "exec: {command: ./login, args: [a], env: [{name: K, value: V}], apiVersion: v1}"
        let configuration = try load(text(user: user), trust: .operatorOwned(directory: "/etc/sluice"))
        #expect(
            configuration.credentials
                == .exec(
                    ExecPlugin(
                        command: "/etc/sluice/./login", arguments: ["a"], environment: ["K": "V"], apiVersion: "v1")))
    }

    @Test(
        "what is no kubeconfig is told without quoting it",
        arguments: ["", "[]", "token: [hunter2", "\u{0}hunter2", "a: hunter2"])
    func nonsense(_ text: String) {
        let error = #expect(throws: KubernetesError.self) { try load(text) }
        #expect(error?.message.contains("hunter2") == false)
        #expect(error?.code == .invalidConfiguration)
    }

    @Test("bad base64 and half a pair are refused")
    func malformed() {
        #expect(throws: KubernetesError.self) { try load(text(cluster: "certificate-authority-data: '%%'")) }
        #expect(throws: KubernetesError.self) { try load(text(user: "client-key-data: S0VZ")) }
    }

    @Test("a Pod's authority is read again after a minute, and kept while its file is empty")
    func authorityFile() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "sluice-ca-\(UUID().uuidString)").path
        func write(_ text: String) { _ = FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) }
        defer { try? FileManager.default.removeItem(atPath: path) }
        write("one")
        var configuration = ClusterConfiguration(
            server: "https://server.test:6443", tls: HTTPTLS(caPEM: Array("one".utf8)))
        configuration.authorityFile = path
        let fixture = Fixture()
        let client = KubernetesClient(
            configuration: configuration, transport: fixture.transport, clock: fixture.clock,
            monotonicClock: fixture.clock)
        for (text, trusted) in [("two", "one"), ("", "two"), ("three", "two"), ("three", "three")] {
            fixture.transport.expect("GET", "/version", .json("{}")) { request in
                #expect(request.tls.caPEM == Array(trusted.utf8))
            }
            _ = try await client.raw("GET", path: "/version")
            write(text)
            fixture.clock.advance(by: .seconds(60))
        }
    }

    @Test("a token file is read again after a minute and after a 401")
    func tokenFile() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "sluice-token-\(UUID().uuidString)").path
        func write(_ token: String) { _ = FileManager.default.createFile(atPath: path, contents: Data(token.utf8)) }
        defer { try? FileManager.default.removeItem(atPath: path) }
        let fixture = Fixture(credentials: .tokenFile(path))
        func expect(_ token: String, _ answer: ScriptedAnswer) {
            fixture.transport.expect("GET", "/version", answer) { request in
                #expect(request.headers.contains { $0 == ("Authorization", "Bearer \(token)") })
            }
        }
        write("one\n")
        expect("one", .json("{}"))
        _ = try await fixture.client.raw("GET", path: "/version")
        write("two")
        expect("one", .json("{}"))
        _ = try await fixture.client.raw("GET", path: "/version")
        fixture.clock.advance(by: .seconds(60))
        expect("two", .json("{}"))
        _ = try await fixture.client.raw("GET", path: "/version")
        write("three")
        expect("two", .status(401, "Unauthorized"))
        expect("three", .json("{}"))
        _ = try await fixture.client.raw("GET", path: "/version")
        // A second 401 in a row is told.
        expect("three", .status(401, "Unauthorized"))
        expect("three", .status(401, "Unauthorized"))
        await #expect(throws: KubernetesError.self) { _ = try await fixture.client.raw("GET", path: "/version") }
        fixture.transport.finish()
    }

    @Test("a plugin's output becomes a token, kept until shortly before its end")
    func plugin() async throws {
        let script =
            #"echo '{"kind":"ExecCredential","status":{"token":"'$NAME'","expirationTimestamp":"2026-01-01T01:00:00Z"}}'"#
        let plugin = ExecPlugin(
            command: "/bin/sh", arguments: ["-c", script], environment: ["NAME": "abc"], apiVersion: "v1")
        let credentials = try await plugin.run(server: "https://x")
        #expect(credentials.authorization == "Bearer abc")
        #expect(credentials.expires == Timestamp(rfc3339: "2026-01-01T01:00:00Z"))
    }

    @Test(
        "a plugin that fails or prints nonsense is told",
        arguments: ["exit 3", "echo hunter2", "echo '{}'", "kill -9 $$"])
    func pluginFails(_ script: String) async {
        let plugin = ExecPlugin(command: "/bin/sh", arguments: ["-c", script], apiVersion: "v1")
        let error = await #expect(throws: KubernetesError.self) { _ = try await plugin.run(server: "https://x") }
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test("a plugin that is not there is told")
    func pluginMissing() async {
        let plugin = ExecPlugin(command: "/nonexistent/login", apiVersion: "v1")
        await #expect(throws: KubernetesError.self) { _ = try await plugin.run(server: "https://x") }
    }
}
