import Testing

/// What is changed by hand is put back at once.
@Suite(World.isThere, .serialized) struct DriftIntegrationTests {
    /// Each app is scaled once: an app that is scaled again and again is healed ever more slowly, and on purpose.
    @Test func `scaled Deployments are scaled back, twenty of them`() async throws {
        let apps = (1...20).map { "app-\($0)" }
        try await Stage.with(apps: apps) { stage in
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            var times: [Duration] = []
            for app in apps {
                try stage.kubectl("-n", "\(stage.namespace)-dev", "scale", "deployment/\(app)", "--replicas=3")
                let begin = ContinuousClock.now
                try await stage.eventually("\(app) is scaled back", within: .seconds(15), every: .milliseconds(10)) {
                    try stage.field("deployment", app, ".spec.replicas", in: "dev") == "0"
                }
                times.append(ContinuousClock.now - begin)
            }
            times.sort()
            print("drift to healed, as kubectl sees it: median \(times[10]), longest \(times[19])")
            #expect(times[10] < .seconds(5))
        }
    }
}
