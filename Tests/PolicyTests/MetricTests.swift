import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Policy

@Suite("Metrics")
struct MetricTests {
    @Test(
        "compare as their condition says",
        arguments: [
            ("< 0.01", 0.005, true), ("< 0.01", 0.01, false), ("<=0.01", 0.01, true), (">= 99.9", 99.9, true),
            ("> -1", -1, false), ("== 0", 0, true), ("!= 0", 0, false), ("  >  1  ", 2, true),
            ("< 1", .infinity, false),
        ] as [(String, Double, Bool)])
    func condition(text: String, value: Double, holds: Bool) throws {
        #expect(try #require(MetricCondition(text)).holds(value) == holds)
    }

    @Test(
        "refuse what is no condition",
        arguments: [
            "", "0.01", "< ", "=< 1", "< 1 2", "< .5", "< 1.", "< 0x10", "< 1e3", "< inf", "< nan", "< +1", "<> 1",
        ])
    func malformed(text: String) {
        #expect(MetricCondition(text) == nil)
    }

    private func metric(failureLimit: Int = 0, onNoData: NoDataPolicy = .inconclusive) -> EnvironmentSpec.Metric {
        .init(
            name: "errors", prometheus: .init(url: "http://p", query: "q"), condition: "< 0.1",
            interval: .seconds(30), failureLimit: failureLimit, onNoData: onNoData)
    }

    private func states(_ metric: EnvironmentSpec.Metric, _ readings: [MetricReading]) -> [CheckState] {
        var check: Check?
        return readings.enumerated().map { index, reading in
            let next = MetricJudgement.next(
                check, name: "errors", metric, reading, at: Timestamp(seconds: Int64(index) * 30))
            check = next
            return next.state
        }
    }

    @Test("fail when the condition has broken more often than is tolerated, for good")
    func limit() {
        let bad = MetricReading.value(0.5)
        let good = MetricReading.value(0.05)
        #expect(states(metric(), [good, bad]) == [.passed, .failed])
        #expect(
            states(metric(failureLimit: 2), [bad, good, bad, good, bad]) == [
                .running, .passed, .running, .passed, .failed,
            ])
    }

    @Test("judge silence as they are told, and no answer never")
    func noData() {
        #expect(states(metric(onNoData: .inconclusive), [.noData, .value(0)]) == [.inconclusive, .passed])
        #expect(states(metric(onNoData: .pass), [.noData]) == [.passed])
        #expect(states(metric(onNoData: .fail), [.noData]) == [.failed])
        #expect(states(metric(failureLimit: 1, onNoData: .fail), [.noData, .noData]) == [.running, .failed])
        for policy in NoDataPolicy.allCases {
            #expect(states(metric(onNoData: policy), [.failed("down")]) == [.inconclusive])
        }
    }

    @Test("are due at once, then by their interval, and not after they failed")
    func due() {
        let start = Timestamp(seconds: 1000)
        #expect(MetricJudgement.due(nil, metric(), since: start) == start)
        let check = Check(name: "errors", state: .passed, at: start + .seconds(5))
        #expect(MetricJudgement.due(check, metric(), since: start) == start + .seconds(35))
        // What was measured before the version came says nothing of it.
        let stale = Check(name: "errors", state: .passed, at: start - .seconds(5))
        #expect(MetricJudgement.due(stale, metric(), since: start) == start)
        #expect(MetricJudgement.due(Check(name: "errors", state: .failed, at: start), metric(), since: start) == nil)
    }
}
