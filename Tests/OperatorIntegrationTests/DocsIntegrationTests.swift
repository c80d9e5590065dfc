import FoundationEssentials
import Testing

/// The commands of the documentation, page by page, as a reader types them.
@Suite(World.isThere, Chart.canBeRendered, World.clusterIsOurs, .serialized) struct DocsIntegrationTests {
    @Test(arguments: [
        "approvals", "install", "migration", "notifications", "rollback", "security", "troubleshooting", "windows",
    ])
    func `the commands of a page go through`(page: String) throws {
        try World.hack("docs", "--name", World.variable("CLUSTER") ?? "", page)
    }

    @Test(
        .enabled(if: World.variable("NODE") != nil, "needs a cluster with a node: run it by hack/test"),
        .timeLimit(.minutes(8)))
    func `the first promotion goes through`() throws {
        try World.hack("docs", "--name", World.variable("CLUSTER") ?? "", "first-promotion")
    }

    @Test func `every page is run or has nothing to run`() throws {
        let tested: Set = [
            "approvals", "install", "migration", "notifications", "rollback", "security", "troubleshooting", "windows",
            "first-promotion",
        ]
        let folder = Chart.folder + "/../docs"
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".md") {
            let runs = Files.read("\(folder)/\(file)").contains("\n```sh\n")
            #expect(runs == tested.contains(String(file.dropLast(3))), "\(file)")
        }
    }
}
