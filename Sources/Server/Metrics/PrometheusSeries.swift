internal import CoreMetrics
internal import Synchronization

/// One series: a metric's name with one set of labels.
protocol PrometheusSeries: AnyObject, Sendable {
    static var type: PrometheusType { get }
    /// Appends its lines.
    func write(name: String, labels: String, to out: inout String)
}

/// A number that only grows.
final class PrometheusCounter: PrometheusSeries, CounterHandler, FloatingPointCounterHandler {
    static let type = PrometheusType.counter
    private let value = Mutex(0.0)

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount > 0 else { return }
        value.withLock { $0 += amount }
    }

    func reset() { value.withLock { $0 = 0 } }

    func write(name: String, labels: String, to out: inout String) {
        let value = value.withLock { $0 }
        out += "\(name)\(PrometheusWriter.braced(labels)) \(PrometheusWriter.number(value))\n"
    }
}

/// A number that goes up and down.
final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    static let type = PrometheusType.gauge
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(name: String, labels: String, to out: inout String) {
        let value = value.withLock { $0 }
        out += "\(name)\(PrometheusWriter.braced(labels)) \(PrometheusWriter.number(value))\n"
    }
}

/// Counts of values up to fixed bounds, with their number and sum.
final class PrometheusHistogram: PrometheusSeries, TimerHandler, RecorderHandler {
    static let type = PrometheusType.histogram

    private struct State {
        /// Per bucket, not yet cumulative; the last is for what exceeds every bound.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: upper bounds of the buckets, ascending; a value that equals one belongs to it.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(name: String, labels: String, to out: inout String) {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for (bound, count) in zip(bounds + [.infinity], state.counts) {
            total += count
            out += "\(name)_bucket{\(prefix)le=\"\(PrometheusWriter.number(bound))\"} \(total)\n"
        }
        let braced = PrometheusWriter.braced(labels)
        out += "\(name)_sum\(braced) \(PrometheusWriter.number(state.sum))\n"
        out += "\(name)_count\(braced) \(total)\n"
    }
}
