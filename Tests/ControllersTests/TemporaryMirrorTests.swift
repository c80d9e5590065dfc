import FoundationEssentials
import Git
import Glibc
import TestSupport
import Testing

@testable import Controllers

@Suite("A temporary mirror")
struct TemporaryMirrorTests {
    private func folders(in parent: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: parent).filter { $0.hasPrefix("sluice-mirror-") }
    }

    @Test("is made in the folder of temporary files, and gone afterwards")
    func place() async throws {
        let parent = "/tmp/sluice-temporary-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let during = try await TemporaryMirror.with(
            of: "file:///srv/shop.git", transport: ScriptedTransport(), parent: parent
        ) { _ in
            try folders(in: parent)
        }
        #expect(during.count == 1)
        #expect(try folders(in: parent) == [])
    }

    @Test("needs a folder that is there and is named from the root", arguments: ["/nowhere/at/all", "here", "."])
    func refused(parent: String) async {
        let error = await #expect(throws: GitError.self) {
            try await TemporaryMirror.with(
                of: "file:///srv/shop.git", transport: ScriptedTransport(), parent: parent
            ) { _ in }
        }
        #expect(error?.message.contains(parent) == true)
        #expect(error?.message.contains("TMPDIR") == true)
    }

    @Test("is made in /tmp where no folder is named", arguments: [nil, ""])
    func unsaid(parent: String?) async throws {
        let before = try Set(folders(in: "/tmp"))
        let during = try await TemporaryMirror.with(
            of: "file:///srv/shop.git", transport: ScriptedTransport(), parent: parent
        ) { _ in
            try Set(folders(in: "/tmp"))
        }
        #expect(!during.subtracting(before).isEmpty)
    }
}
