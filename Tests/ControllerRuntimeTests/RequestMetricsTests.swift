internal import ControllerRuntime
internal import KubernetesClient
internal import MetricsTestKit
internal import Testing

@Suite("Request metrics")
struct RequestMetricsTests {
    @Test("counts requests by verb, resource and code, and hands them on")
    func counts() throws {
        let metrics = TestMetrics()
        let counters = RequestCounters()
        let observer = RequestMetrics(factory: metrics, next: counters)
        for (verb, resource, status) in [
            ("apply", "deployments.apps", 200), ("apply", "deployments.apps", 200), ("get", "secrets", 0),
            ("raw", "/api/v1/namespaces/shop", 200),
        ] {
            observer.requestFinished(
                RequestRecord(verb: verb, resource: resource, status: status, duration: .milliseconds(20)))
        }
        let expect = { (verb: String, resource: String, code: String, count: Int64) in
            let counter = try metrics.expectCounter(
                "sluice_api_requests_total", [("verb", verb), ("resource", resource), ("code", code)])
            #expect(counter.totalValue == count)
        }
        try expect("apply", "deployments.apps", "200", 2)
        try expect("get", "secrets", "error", 1)
        try expect("raw", "other", "200", 1)
        let timer = try metrics.expectTimer("sluice_api_request_duration_seconds", [("verb", "apply")])
        #expect(timer.values == [20_000_000, 20_000_000])
        #expect(counters.total() == 4)
    }
}
