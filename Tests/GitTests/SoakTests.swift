import Core
import FoundationEssentials
import Glibc
import HTTP
import Testing

@testable import Git

private let soakCycles = getenv("SLUICE_GIT_SOAK").flatMap { Int(String(cString: $0)) } ?? 0

/// Long runs, alone in the process: `SLUICE_GIT_SOAK=1000 swift test --filter SoakTests`.
@Suite(.enabled(if: soakCycles > 0, "set SLUICE_GIT_SOAK to a number of cycles"), .withSmartServer)
struct SoakTests {
    /// Kibibytes of resident memory, open descriptors, threads.
    private func resources() throws -> (memory: Int, descriptors: Int, threads: Int) {
        let status = String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/proc/self/status")), as: UTF8.self)
        func field(_ name: String) -> Int {
            status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
                .flatMap { Int($0.filter(\.isNumber)) } ?? 0
        }
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        return (field("VmRSS"), open, field("Threads"))
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
        var early = try resources()
        let began = ContinuousClock.now
        for cycle in 0..<soakCycles {
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
            if cycle == soakCycles / 5 { early = try resources() }
            if cycle % 100 == 99 { print("soak: cycle \(cycle + 1): \(try resources())") }
        }
        let late = try resources()
        let each = (ContinuousClock.now - began) / soakCycles
        print(
            "soak: \(soakCycles) cycles, \(each) each; early \(early), late \(late), disk \(try await reader.diskUse())"
        )
        #expect(late.descriptors <= early.descriptors + 20)
        #expect(late.threads <= early.threads + 2)
        #expect(late.memory <= early.memory + 16_384)
    }
}
