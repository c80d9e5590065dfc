package import Core
internal import KubernetesModel
package import SluiceAPI

/// What came back when a metric was asked for.
package enum MetricReading: Sendable, Hashable {
    case value(Double)
    /// The query has no result, or none that is a number.
    case noData
    /// It could not be asked, or the answer was none; the text says why.
    case failed(String)
}

/// How a metric stands after one more reading. Pure: all that it remembers is in the status.
///
/// | reading                        | then                                                            |
/// |--------------------------------|-----------------------------------------------------------------|
/// | a value that holds             | Passed                                                          |
/// | a value that does not          | Running up to `failureLimit` times, then Failed for good        |
/// | no data, `onNoData: Pass`/`Fail` | as a value that holds / that does not                         |
/// | no data, `onNoData: Inconclusive` | Inconclusive; asked again                                    |
/// | no answer                      | Inconclusive, whatever `onNoData` says: silence proves nothing  |
package enum MetricJudgement {
    /// When a metric is to be asked for next; nil once it has failed.
    package static func due(_ check: Check?, _ metric: EnvironmentSpec.Metric, since start: Timestamp) -> Timestamp? {
        guard let check, let at = check.at, at >= start else { return start }
        return check.state == .failed ? nil : at + metric.interval.duration
    }

    package static func next(
        _ check: Check?, name: String, _ metric: EnvironmentSpec.Metric, _ reading: MetricReading, at now: Timestamp
    ) -> Check {
        var next = Check(name: name, state: .running, failures: check?.failures ?? 0, at: now.wholeSeconds)
        switch reading {
        case .value(let value):
            next.value = "\(value)"
            if MetricCondition(metric.condition)?.holds(value) ?? false {
                next.state = .passed
                next.message = "\(next.value) \(metric.condition)"
            } else {
                fail(&next, metric, "\(next.value) is not \(metric.condition)")
            }
        case .noData:
            switch metric.onNoData {
            case .pass:
                next.state = .passed
                next.message = "no data, which counts as good"
            case .fail: fail(&next, metric, "no data")
            case .inconclusive:
                next.state = .inconclusive
                next.message = "no data"
            }
        case .failed(let why):
            next.state = .inconclusive
            next.message = why.bounded(to: 512)
        }
        return next
    }

    private static func fail(_ check: inout Check, _ metric: EnvironmentSpec.Metric, _ what: String) {
        check.failures += 1
        check.state = check.failures > metric.failureLimit ? .failed : .running
        check.message =
            check.state == .failed
            ? what : "\(what); tolerated \(check.failures) of \(metric.failureLimit) times"
    }
}
