internal import CoreMetrics
internal import Metrics
internal import Server
internal import Testing

@Suite("The Prometheus registry")
struct PrometheusRegistryTests {
    let registry = PrometheusRegistry(seriesLimit: 3)

    @Test("writes every type of metric, sorted, with help where there is some")
    func everything() {
        registry.describe(["sluice_syncs_total": "Syncs by result.\nA \\ and a \"quote\"."])
        let failed = Counter(label: "sluice_syncs_total", dimensions: [("result", "failed")], factory: registry)
        let good = Counter(
            label: "sluice_syncs_total", dimensions: [("result", "ok"), ("cluster", "a")], factory: registry)
        failed.increment(by: 0)
        good.increment(by: 3)
        Meter(label: "sluice_apps", factory: registry).set(2.5)
        Recorder(label: "queue-depth", dimensions: [], aggregate: false, factory: registry).record(-7)
        #expect(
            registry.text() == """
                # TYPE queue_depth gauge
                queue_depth -7
                # TYPE sluice_apps gauge
                sluice_apps 2.5
                # HELP sluice_syncs_total Syncs by result.\\nA \\\\ and a "quote".
                # TYPE sluice_syncs_total counter
                sluice_syncs_total{cluster="a",result="ok"} 3
                sluice_syncs_total{result="failed"} 0

                """)
    }

    @Test("counts a timer's durations into buckets of seconds, each with those below it")
    func histogram() {
        let timer = Timer(label: "sync_seconds", dimensions: [("app", "web")], factory: registry)
        timer.record(duration: .milliseconds(1))
        timer.record(duration: .milliseconds(2))
        timer.record(duration: .seconds(2))
        timer.record(duration: .seconds(3600))
        let lines = registry.text().split(separator: "\n").map(String.init)
        #expect(lines.count == 1 + PrometheusRegistry.timeBuckets.count + 1 + 2)
        #expect(lines[0] == "# TYPE sync_seconds histogram")
        #expect(lines[1] == #"sync_seconds_bucket{app="web",le="0.001"} 1"#)
        #expect(lines[2] == #"sync_seconds_bucket{app="web",le="0.005"} 2"#)
        #expect(lines.contains(#"sync_seconds_bucket{app="web",le="1"} 2"#))
        #expect(lines.contains(#"sync_seconds_bucket{app="web",le="2.5"} 3"#))
        #expect(lines.contains(#"sync_seconds_bucket{app="web",le="600"} 3"#))
        #expect(lines.contains(#"sync_seconds_bucket{app="web",le="+Inf"} 4"#))
        #expect(lines.suffix(2) == [#"sync_seconds_sum{app="web"} 3602.003"#, #"sync_seconds_count{app="web"} 4"#])
    }

    @Test(
        "escapes label values and mends names",
        arguments: [
            ("name", "a\"b\\c\nd", #"m{name="a\"b\\c\nd"} 1"#),
            ("na.me", "ü", #"m{na_me="ü"} 1"#),
            ("1st", "", #"m{_1st=""} 1"#),
            ("", "x", #"m{_="x"} 1"#),
        ])
    func labels(name: String, value: String, line: String) {
        Counter(label: "m", dimensions: [(name, value)], factory: registry).increment()
        #expect(registry.text() == "# TYPE m counter\n\(line)\n")
    }

    @Test("writes numbers as Prometheus reads them")
    func numbers() {
        let values: [(Double, String)] = [
            (0, "0"), (1e15, "1000000000000000"), (0.1, "0.1"), (-.infinity, "-Inf"), (.infinity, "+Inf"),
            (.nan, "NaN"), (1e300, "1e+300"),
        ]
        let meter = Meter(label: "m", factory: registry)
        for (value, text) in values {
            meter.set(value)
            #expect(registry.text() == "# TYPE m gauge\nm \(text)\n")
        }
    }

    @Test("two counters with the same labels in any order are one series")
    func shared() {
        Counter(label: "m", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "m", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment(by: 2)
        #expect(registry.text() == "# TYPE m counter\nm{a=\"1\",b=\"2\"} 3\n")
    }

    @Test("caps the series of a metric and counts what it drops")
    func cap() {
        for index in 0..<5 {
            Counter(label: "m", dimensions: [("i", "\(index)")], factory: registry).increment()
        }
        Counter(label: "m", dimensions: [("i", "1")], factory: registry).increment()
        #expect(
            registry.text() == """
                # TYPE m counter
                m{i="0"} 1
                m{i="1"} 2
                m{i="2"} 1
                # TYPE sluice_metrics_dropped_series_total counter
                sluice_metrics_dropped_series_total{metric="m"} 2

                """)
    }

    @Test("a name keeps the type it had first")
    func typeConflict() {
        Counter(label: "m", factory: registry).increment()
        Meter(label: "m", factory: registry).set(9)
        #expect(
            registry.text() == """
                # TYPE m counter
                m 1
                # TYPE sluice_metrics_dropped_series_total counter
                sluice_metrics_dropped_series_total{metric="m"} 1

                """)
    }

    @Test("a destroyed series is gone and makes room")
    func destroy() {
        let meters = (0..<3).map { Meter(label: "m", dimensions: [("i", "\($0)")], factory: registry) }
        meters[1].destroy()
        Meter(label: "m", dimensions: [("i", "new")], factory: registry).set(1)
        #expect(registry.text() == "# TYPE m gauge\nm{i=\"0\"} 0\nm{i=\"2\"} 0\nm{i=\"new\"} 1\n")
    }

    @Test("a counter never goes down")
    func negative() {
        let counter = FloatingPointCounter(label: "m", factory: registry)
        counter.increment(by: 1.5)
        counter.increment(by: -1)
        #expect(registry.text() == "# TYPE m counter\nm 1.5\n")
    }

    @Test("asks collectors at each scrape")
    func collectors() {
        registry.collect {
            [PrometheusSample("b", .gauge, labels: [("x", "2")], 2), PrometheusSample("a", .counter, 1)]
        }
        registry.collect { [PrometheusSample("b", .gauge, labels: [("x", "1")], 1)] }
        #expect(registry.text() == "# TYPE a counter\na 1\n# TYPE b gauge\nb{x=\"1\"} 1\nb{x=\"2\"} 2\n")
    }

    @Test("tells what this process uses")
    func process() throws {
        let values = Dictionary(uniqueKeysWithValues: ProcessMetrics.samples().map { ($0.name, $0.value) })
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_048_576)
        #expect(try #require(values["process_threads"]) >= 1)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_start_time_seconds"]) > 1_600_000_000)
        #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
    }
}
