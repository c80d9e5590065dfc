import Core
import FoundationEssentials
import Glibc
import HTTP
import Testing

@testable import Git

/// How often everything is done: `SLUICE_GIT_SOAK=1000 swift test --filter SoakIntegrationTests` for a long run.
private let cycles = max(20, getenv("SLUICE_GIT_SOAK").flatMap { Int(String(cString: $0)) } ?? 40)

/// What is done again and again takes no more memory, descriptors and threads in the end than after a while.
///
/// The figures are those of the whole process, so nothing else may run beside it.
@Suite(
    .serialized, .enabled(if: SmartServer.isInstalled, "nginx, fcgiwrap and git are needed: run hack/bootstrap"),
    .withSmartServer
)
struct SoakIntegrationTests {
    private struct Resources: CustomStringConvertible {
        /// Resident, in kibibytes.
        let memory: Int
        let descriptors: Int
        let threads: Int

        init() throws {
            let path = "/proc/self/status"
            let status = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            func field(_ name: String) -> Int {
                status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
                    .flatMap { Int($0.filter(\.isNumber)) } ?? 0
            }
            memory = field("VmRSS")
            threads = field("Threads")
            descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }

        var description: String { "\(memory / 1024) MiB, \(descriptors) descriptors, \(threads) threads" }
    }

    /// Runs something again and again and compares what is taken after a fifth of it with what is taken in the end.
    private func soak(_ name: String, _ body: (Int) async throws -> Void) async throws {
        var early = try Resources()
        let began = ContinuousClock.now
        for cycle in 0..<cycles {
            try await body(cycle)
            if cycle == cycles / 5 { early = try Resources() }
            if cycle % 100 == 99 { print("\(name): cycle \(cycle + 1): \(try Resources())") }
        }
        var late = try Resources()
        // Threads of servers that were stopped, and idle ones of pools, take a while to end on a busy machine.
        for _ in 0..<150 where late.threads > early.threads + 2 {
            try await Task.sleep(for: .milliseconds(100))
            late = try Resources()
        }
        print("\(name): \(cycles) cycles of \((ContinuousClock.now - began) / cycles); early \(early); late \(late)")
        #expect(late.descriptors <= early.descriptors + 20)
        // Pools of threads grow with what else ran; one that leaked in each cycle would be far more.
        #expect(late.threads <= early.threads + 8)
        #expect(late.memory <= early.memory + 16_384)
    }

    @Test func `fetching, committing and pushing leaks nothing`() async throws {
        let server = try #require(SmartServer.current)
        let (disk, path) = try server.repository("soak")
        let fixture = try GitFixture()
        for index in 0..<50 { try fixture.write("apps/app-\(index)/kustomization.yaml", "newTag: v\(index)\n") }
        try fixture.commit(["README": "x"])
        try fixture.git("push", "-q", disk, "HEAD:refs/heads/main")
        let transport = try CurlTransport()
        func mirror(_ name: String) throws -> GitRepository {
            GitRepository(
                url: try GitURL(server.url + path), credentials: server.credentials, directory: fixture.folder / name,
                transport: transport, clock: SystemClock())
        }
        let writer = try mirror("writer")
        let reader = try mirror("reader")
        try await soak("push and fetch") { cycle in
            let base = try await writer.fetch(.branch("main")).commit
            let commit = try await writer.commit(
                onto: base,
                edits: ["apps/app-\(cycle % 50)/kustomization.yaml": .write(Array("newTag: c\(cycle)\n".utf8))],
                message: "Promote\n\nPromotion: shop/p\(cycle)\n", author: author)
            try await writer.push(commit, to: "main", expecting: base)
            #expect(try await reader.fetch(.branch("main")).commit == commit)
            let found = try await reader.findCommit(from: commit, limit: 10, trailers: ["Promotion": "shop/p\(cycle)"])
            #expect(found?.id == commit)
            await expect(.branchNotFound) { _ = try await reader.fetch(.branch("none")) }
        }
        print("disk: \(try await reader.diskUse() >> 10) KiB")
    }

    @Test func `servers that stall, lie and break off leak nothing`() async throws {
        let repository = try ScriptedRepository()
        let (bytes, marks) = ScriptedRepository.answer(repository.pack)
        let places = ScriptedRepository.Mark.allCases
        let transport = try CurlTransport()
        let folder = try TemporaryFolder()
        var limits = GitLimits()
        // Long enough for a server that answers while the machine is busy.
        limits.stallTimeout = .milliseconds(250)
        try await soak("hostile servers") { cycle in
            let cut = Array(bytes[..<(marks[places[cycle % places.count]] ?? 0)])
            let server = try repository.server {
                switch cycle % 3 {
                case 0: .stall(after: cut)
                case 1: .bytes(cut)
                default: .bytes(cut + [UInt8](repeating: 0x7A, count: 10_000))
                }
            }
            defer { server.stop() }
            let mirror = GitRepository(
                url: try GitURL(server.url + "/r.git"), credentials: .anonymous, directory: folder / "m\(cycle)",
                transport: transport, limits: limits, clock: FixedClock())
            await #expect(throws: GitError.self) { _ = try await mirror.fetch(.branch("main")) }
            #expect(try await mirror.fetch(.branch("main")).commit.hex == repository.head)
        }
    }

    @Test func `repositories that come and go leave no thread behind`() async throws {
        let fixture = try GitFixture()
        try fixture.commit(["a": "1"])
        try fixture.push()
        try await soak("repositories") { cycle in
            let mirror = try fixture.mirror("mirror-\(cycle % 10)")
            _ = try await mirror.fetch(.branch("main"))
        }
    }
}
