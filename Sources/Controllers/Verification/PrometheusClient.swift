internal import Core
package import HTTP
internal import KubernetesModel
package import Policy

/// Asks a Prometheus server for one value (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries).
package struct PrometheusClient: Sendable {
    /// An instant query with one value takes a few hundred bytes.
    private static let answerLimit = 1 << 20
    private static let deadlines = HTTPDeadlines(connect: .seconds(5), stall: .seconds(10), total: .seconds(10))

    private let transport: any HTTPTransport

    package init(transport: any HTTPTransport) {
        self.transport = transport
    }

    /// - Parameters:
    ///   - base: the server's base URL, to which `/api/v1/query` is added.
    package func ask(_ base: String, _ query: String) async -> MetricReading {
        let root = base.hasSuffix("/") ? String(base.dropLast()) : base
        let url = root + "/api/v1/query" + URLText.query([("query", query)])
        let request = HTTPRequest(
            "GET", url, headers: [("Accept", "application/json")], deadlines: Self.deadlines,
            maxBodyBytes: Self.answerLimit, maxRedirects: 2)
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await transport.send(request)
        } catch {
            return .failed(error.message)
        }
        return Self.reading(response, from: request.displayURL)
    }

    /// Reads an answer. What a server says of a bad query is told; nothing else of a body is.
    static func reading(_ response: HTTPResponse, from url: String) -> MetricReading {
        guard let json = try? JSONValue(parsing: response.body) else {
            return .failed("\(url): status \(response.status) and no JSON")
        }
        guard response.isSuccess, json["status"]?.stringValue == "success", let data = json["data"] else {
            let error = json["error"]?.stringValue.map { ": " + $0.bounded(to: 256) } ?? ""
            return .failed("\(url): status \(response.status)\(error)")
        }
        switch data["resultType"]?.stringValue {
        case "scalar"?: return value(data["result"], url)
        case "vector"?:
            let samples = data["result"]?.arrayValue ?? []
            guard samples.count <= 1 else {
                return .failed("\(url): the query gives \(samples.count) values; aggregate them to one")
            }
            return samples.first.map { value($0["value"], url) } ?? .noData
        case let other:
            return .failed("\(url): the query gives a \(other?.bounded(to: 32) ?? "nothing"); one value is needed")
        }
    }

    /// `[1435781451.781, "0.5"]`; not a number, as 0/0 is, is no data.
    private static func value(_ sample: JSONValue?, _ url: String) -> MetricReading {
        guard let parts = sample?.arrayValue, parts.count == 2, let text = parts[1].stringValue else {
            return .failed("\(url): the answer is malformed")
        }
        switch text {
        case "NaN": return .noData
        case "+Inf": return .value(.infinity)
        case "-Inf": return .value(-.infinity)
        default: return Double(text).map(MetricReading.value) ?? .failed("\(url): the answer is malformed")
        }
    }
}
