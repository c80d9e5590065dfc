/// The types of metrics that are written.
package enum PrometheusType: String, Sendable {
    case counter
    case gauge
    case histogram
}

/// One value that is read when it is asked for.
package struct PrometheusSample: Sendable {
    package let name: String
    package let type: PrometheusType
    package let labels: [(String, String)]
    package let value: Double

    package init(_ name: String, _ type: PrometheusType, labels: [(String, String)] = [], _ value: Double) {
        self.name = name
        self.type = type
        self.labels = labels
        self.value = value
    }
}

/// Puts families of series together, in the order of their names.
struct PrometheusWriter {
    private let help: [String: String]
    private var families: [String: String] = [:]

    init(help: [String: String]) {
        self.help = help
    }

    var text: String {
        families.sorted { $0.key < $1.key }.map(\.value).joined()
    }

    /// Adds one family with the lines that `body` appends. A name that is there already keeps its first lines.
    mutating func family(_ name: String, _ type: PrometheusType, _ body: (inout String) -> Void) {
        guard families[name] == nil else { return }
        var out = ""
        if let help = help[name] {
            out += "# HELP \(name) \(Self.escaped(help, quotes: false))\n"
        }
        out += "# TYPE \(name) \(type.rawValue)\n"
        body(&out)
        families[name] = out
    }

    /// Adds samples, those of one name as one family.
    mutating func samples(_ samples: [PrometheusSample]) {
        for (name, group) in Dictionary(grouping: samples, by: { Self.name($0.name) }) {
            guard let type = group.first?.type else { continue }
            let lines = group.map { "\(name)\(Self.braced(Self.labels($0.labels))) \(Self.number($0.value))\n" }
            family(name, type) { $0 += lines.sorted().joined() }
        }
    }

    /// A name with only letters, digits, `_` and `:`, not beginning with a digit.
    static func name(_ name: String) -> String { legal(name, colon: true) }

    private static func legal(_ name: String, colon: Bool) -> String {
        let isLegal = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: colon && byte == UInt8(ascii: ":")
            }
        }
        var bytes = name.utf8.map { isLegal($0) ? $0 : UInt8(ascii: "_") }
        if bytes.first.map({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) ?? true {
            bytes.insert(UInt8(ascii: "_"), at: 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `a="x",b="y"` in the order of the names; of several labels with one name the last counts.
    static func labels(_ pairs: [(String, String)]) -> String {
        var values: [String: String] = [:]
        for (name, value) in pairs { values[legal(name, colon: false)] = value }
        return values.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }
            .joined(separator: ",")
    }

    static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\"" where quotes: out += "\\\""
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// A value as Go's `ParseFloat` reads it; whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
