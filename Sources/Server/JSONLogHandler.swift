package import Core
internal import Glibc
package import Logging
internal import Synchronization

/// Writes each log line to a descriptor: one JSON object for programs, or one line of text for people.
///
/// A JSON line has `time` (RFC 3339 with microseconds), `level`, `msg` and the metadata as further members, nested where
/// it is nested; a metadata key that is one of these three gets an underscore. Lines are written whole.
package struct JSONLogHandler: LogHandler {
    package enum Format: String, Sendable, CaseIterable {
        case json
        case text
    }

    /// Where the lines go.
    package typealias Sink = @Sendable ([UInt8]) -> Void

    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let format: Format
    private let clock: any WallClock
    private let sink: Sink

    package init(
        format: Format = JSONLogHandler.defaultFormat, level: Logger.Level = .info,
        clock: any WallClock = SystemClock(), sink: @escaping Sink = JSONLogHandler.standardError
    ) {
        self.format = format
        logLevel = level
        self.clock = clock
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all[LogKey.error.rawValue] = .string("\(error)") }
        let members = all.sorted { $0.key < $1.key }
        var line: [UInt8] = []
        switch format {
        case .json: writeJSON(event, members, to: &line)
        case .text: writeText(event, members, to: &line)
        }
        line.append(UInt8(ascii: "\n"))
        sink(line)
    }

    private typealias Members = [(key: String, value: Logger.Metadata.Value)]

    private func writeJSON(_ event: LogEvent, _ members: Members, to line: inout [UInt8]) {
        line += "{\"time\":\"\(clock.now().rfc3339Micro)\",\"level\":\"\(event.level.rawValue)\",\"msg\":".utf8
        LogText.quote("\(event.message)", to: &line)
        for (key, value) in members {
            line.append(UInt8(ascii: ","))
            LogText.quote(["time", "level", "msg"].contains(key) ? key + "_" : key, to: &line)
            line.append(UInt8(ascii: ":"))
            LogText.write(value, to: &line)
        }
        line.append(UInt8(ascii: "}"))
    }

    private func writeText(_ event: LogEvent, _ members: Members, to line: inout [UInt8]) {
        let level = event.level.rawValue.uppercased()
        line += "\(clock.now().rfc3339) \(level)\(String(repeating: " ", count: max(0, 8 - level.utf8.count))) ".utf8
        LogText.plain("\(event.message)", to: &line)
        for (key, value) in members {
            line += " \(key)=".utf8
            let text = "\(value)"
            let needsQuotes = text.isEmpty || text.utf8.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3D }
            if needsQuotes { LogText.quote(text, to: &line) } else { LogText.plain(text, to: &line) }
        }
    }

    /// Text on a terminal, JSON otherwise.
    package static var defaultFormat: Format { isatty(STDERR_FILENO) == 1 ? .text : .json }

    private static let lock = Mutex(())

    /// Writes whole lines to standard error. A line that cannot be written is lost: there is nowhere to say so.
    package static let standardError: Sink = { line in
        lock.withLock { _ in
            var rest = line[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}

/// The text forms of what a log line holds.
private enum LogText {
    static func write(_ value: Logger.Metadata.Value, to out: inout [UInt8]) {
        switch value {
        case .string(let text): quote(text, to: &out)
        case .stringConvertible(let value): write(convertible: value, to: &out)
        case .array(let values):
            out.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                write(value, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .dictionary(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                quote(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                write(member.value, to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    /// Numbers and truth values as JSON's own, anything else as a string.
    private static func write(convertible value: any CustomStringConvertible, to out: inout [UInt8]) {
        switch value {
        case let number as any BinaryInteger: out += "\(number)".utf8
        case let number as Double where number.isFinite: out += "\(number)".utf8
        case let truth as Bool: out += (truth ? "true" : "false").utf8
        default: quote(value.description, to: &out)
        }
    }

    static func quote(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        escape(text, quotes: true, to: &out)
        out.append(UInt8(ascii: "\""))
    }

    /// Without quotes, control characters escaped: a message cannot forge another line or move a terminal's cursor.
    static func plain(_ text: String, to out: inout [UInt8]) {
        escape(text, quotes: false, to: &out)
    }

    private static func escape(_ text: String, quotes: Bool, to out: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): out += "\\n".utf8
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                if quotes { out.append(UInt8(ascii: "\\")) }
                out.append(byte)
            case 0..<0x20, 0x7F: out += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: out.append(byte)
            }
        }
    }
}
