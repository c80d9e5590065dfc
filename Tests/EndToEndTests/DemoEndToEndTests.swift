import Foundation
import Testing

/// The demo is the end-to-end test: a real API server, a kubelet with real pods, a real Git server, signed commits.
@Suite("The demo's story")
struct DemoEndToEndTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(
        "goes through from the first environment to the rollback",
        .enabled(
            if: environment["SLUICE_TEST_NODE"] != nil && environment["SLUICE_TEST_BINARY"] != nil,
            "needs root and a cluster with a node: run it by hack/test"),
        .timeLimit(.minutes(12)))
    func story() throws {
        let hack = try #require(Self.environment["SLUICE_TEST_HACK"])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: hack + "/e2e")
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text.suffix(8000))")
        #expect(text.contains("the demo is through"))
    }
}
