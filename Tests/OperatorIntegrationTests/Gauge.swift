/// One number, served on loopback: as Prometheus answers queries, or as a program answers whom Prometheus scrapes it.
final class Gauge {
    enum Form: String {
        case prometheus, exporter
    }

    private let server: LoopbackServer
    private let folder: String

    var url: String { server.url }
    /// The port, as text.
    var port: String { server.port }

    init(_ value: String, as form: Form, _ stage: Stage) async throws {
        folder = "\(stage.folder)/gauge-\(form)"
        try Files.write(value, to: folder + "/value")
        server = try await LoopbackServer("gauge", ["--as", form.rawValue, "--folder", folder], stage)
    }

    /// Has it serve another number.
    func show(_ value: String) throws { try Files.write(value, to: folder + "/value") }

    /// The paths that it was asked for, with their queries.
    var asked: String { Files.read(folder + "/asked") }
}
