package import CoreMetrics
internal import Synchronization

/// A swift-metrics backend that keeps every series in memory and writes them in Prometheus' text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
///
/// Counters and meters are what they are called there; timers become histograms in seconds, so their names end in
/// `_seconds`; recorders become histograms of values, or gauges when they do not aggregate. The number of series of one
/// metric is capped: what comes after is counted in `sluice_metrics_dropped_series_total` and shown nowhere else, so
/// that no label with too many values can fill the memory. The output is sorted and so the same for the same state.
package final class PrometheusRegistry: MetricsFactory, Sendable {
    /// Upper bounds of the buckets of timers, in seconds: from a cached answer to a slow rollout.
    package static let timeBuckets: [Double] = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600,
    ]
    /// Upper bounds of the buckets of recorders: counts and sizes, each four times the last.
    package static let valueBuckets: [Double] = [
        1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    ]

    private struct Family {
        let type: PrometheusType
        var series: [String: any PrometheusSeries] = [:]
    }

    private struct Guarded {
        var families: [String: Family] = [:]
        var dropped: [String: UInt64] = [:]
        var help: [String: String] = [:]
        var collectors: [@Sendable () -> [PrometheusSample]] = []
    }

    private let guarded = Mutex(Guarded())
    private let seriesLimit: Int

    /// - Parameter seriesLimit: the most series of one metric.
    package init(seriesLimit: Int = 2000) {
        self.seriesLimit = seriesLimit
    }

    /// Sets the help texts of metrics by name.
    package func describe(_ help: [String: String]) {
        guarded.withLock { guarded in
            for (name, text) in help { guarded.help[name] = text }
        }
    }

    /// Adds something that is read at each scrape instead of being kept, such as the process's memory.
    package func collect(_ collector: @escaping @Sendable () -> [PrometheusSample]) {
        guarded.withLock { $0.collectors.append(collector) }
    }

    /// The whole state in Prometheus' text format.
    package func text() -> String {
        let state = guarded.withLock { guarded in
            (guarded.families, guarded.dropped, guarded.help, guarded.collectors)
        }
        let (families, dropped, help, collectors) = state
        var writer = PrometheusWriter(help: help)
        for (name, family) in families where !family.series.isEmpty {
            writer.family(name, family.type) { out in
                for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                    series.write(name: name, labels: labels, to: &out)
                }
            }
        }
        let lost = dropped.map { metric, count in
            PrometheusSample(
                "sluice_metrics_dropped_series_total", .counter, labels: [("metric", metric)], Double(count))
        }
        writer.samples(lost + collectors.flatMap { $0() })
        return writer.text
    }

    /// The series with this name and these labels, made if need be; one that is kept nowhere when the cap is reached or
    /// the name already has another type.
    private func series<S: PrometheusSeries>(
        _ name: String, _ dimensions: [(String, String)], _ make: () -> S
    ) -> S {
        let name = PrometheusWriter.name(name)
        let labels = PrometheusWriter.labels(dimensions)
        return guarded.withLock { guarded in
            let known = guarded.families[name]?.series[labels]
            if let known = known as? S { return known }
            let new = make()
            let family = guarded.families[name] ?? Family(type: S.type)
            if known == nil, family.type == S.type, family.series.count < seriesLimit {
                guarded.families[name, default: family].series[labels] = new
            } else {
                // Should names be made up without end, one name stands for the rest of them.
                let key = guarded.dropped.count < 100 || guarded.dropped[name] != nil ? name : "other"
                guarded.dropped[key, default: 0] += 1
            }
            return new
        }
    }

    private func remove(_ handler: AnyObject) {
        guarded.withLock { guarded in
            for (name, family) in guarded.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                guarded.families[name]?.series[labels] = nil
                return
            }
        }
    }
}

extension PrometheusRegistry {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions) { PrometheusCounter() }
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions) { PrometheusCounter() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions) { PrometheusGauge() }
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(label, dimensions) { PrometheusGauge() } }
        return series(label, dimensions) { PrometheusHistogram(bounds: Self.valueBuckets) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions) { PrometheusHistogram(bounds: Self.timeBuckets) }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
