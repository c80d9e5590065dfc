import Core
import FoundationEssentials
import Glibc
import HTTP
import Testing

@testable import Git

/// The repository's own Git server on loopback (nginx, fcgiwrap, `git http-backend`), for one suite.
struct SmartServer: Sendable {
    let variables: [String: String]

    @TaskLocal static var current: SmartServer?

    var directory: String { variables["SLUICE_GIT_DIR"] ?? "" }
    var url: String { variables["SLUICE_GIT_URL"] ?? "" }
    var tlsURL: String { variables["SLUICE_GIT_TLS_URL"] ?? "" }
    var password: String { variables["SLUICE_GIT_PASSWORD"] ?? "" }
    var ca: [UInt8] {
        get throws { Array(try Data(contentsOf: URL(fileURLWithPath: variables["SLUICE_GIT_CA"] ?? ""))) }
    }

    var credentials: GitCredentials { GitCredentials(.basic(username: "git", password: password)) }

    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    private static let script = root + "/hack/git-server"
    private static let name = "tests-\(getpid())"

    /// Whether the server's parts are installed.
    static let isInstalled = ["/usr/sbin/nginx", "/usr/sbin/fcgiwrap", "/usr/bin/git"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static func command(_ verb: String...) throws -> String {
        // Its state belongs to the machine, not to the folder that the tests run in.
        try run(
            [script] + verb + ["--name", name], in: root,
            environment: ["HOME": FileManager.default.temporaryDirectory.path])
    }

    static func start() throws -> SmartServer {
        _ = try command("up")
        var variables: [String: String] = [:]
        for line in try command("env").split(separator: "\n") {
            let pair = line.dropFirst("export ".count).split(separator: "=", maxSplits: 1)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
        }
        return SmartServer(variables: variables)
    }

    /// A new empty repository; returns its path on disk and its path in URLs.
    func repository(_ name: String) throws -> (disk: String, path: String) {
        let path = try Self.command("repo", name)
        return (directory + "/" + path, "/" + path)
    }
}

/// Starts the server around a suite.
struct WithSmartServer: SuiteTrait, TestScoping {
    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let server = try SmartServer.start()
        do {
            try await SmartServer.$current.withValue(server) { try await function() }
        } catch {
            _ = try? SmartServer.command("down")
            throw error
        }
        _ = try SmartServer.command("down")
    }
}

extension SuiteTrait where Self == WithSmartServer {
    static var withSmartServer: WithSmartServer { WithSmartServer() }
}
