import Foundation
import Testing

/// The demo is the end-to-end test: a real API server, a kubelet with real pods, a real Git server, signed commits.
@Suite("The demo's story", .serialized)
struct DemoEndToEndTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let isThere: ConditionTrait = .enabled(
        if: environment["SLUICE_TEST_NODE"] != nil && environment["SLUICE_TEST_BINARY"] != nil,
        "needs root and a cluster with a node: run it by hack/test")

    @Test("goes through from the first environment to the rollback", isThere, .timeLimit(.minutes(12)))
    func story() throws {
        let (status, text) = try run()
        #expect(status == 0, "\(text.suffix(8000))")
        #expect(text.contains("the demo is through"))
    }

    @Test(
        "goes through with the operator as two pods of the image, one of them killed in a promotion", isThere,
        .enabled(if: environment["SLUICE_TEST_PYTHON"] != nil, "SLUICE_TEST_PYTHON: no template engine"),
        .timeLimit(.minutes(15)))
    func pods() throws {
        let (status, text) = try run("--pods")
        #expect(status == 0, "\(text.suffix(8000))")
        #expect(text.contains("committed exactly once"))
        #expect(text.contains("the demo is through"))
    }

    private func run(_ arguments: String...) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: (Self.environment["SLUICE_TEST_HACK"] ?? "hack") + "/e2e")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
