internal import Core
internal import Logging
internal import Server
internal import Synchronization
internal import Testing

@Suite("The log handler")
struct JSONLogHandlerTests {
    struct FixedClock: WallClock {
        func now() -> Timestamp { Timestamp(microseconds: 1_767_225_600_000_250) }
    }

    final class Output: Sendable {
        private let text = Mutex("")
        var written: String { text.withLock { $0 } }
        func append(_ bytes: [UInt8]) { text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
    }

    let output = Output()

    func logger(_ format: JSONLogHandler.Format, provider: Logger.MetadataProvider? = nil) -> Logger {
        Logger(label: "test") { [output] _ in
            var handler = JSONLogHandler(format: format, clock: FixedClock(), sink: output.append)
            handler.metadataProvider = provider
            return handler
        }
    }

    @Test("writes one line of JSON with sorted metadata, numbers as numbers")
    func json() {
        var logger = logger(.json)
        logger[.controller] = "environment"
        logger.warning(
            "Sync \"failed\"",
            metadata: [
                "count": .stringConvertible(3), "ok": .stringConvertible(false), "msg": "taken", "took": "1 s\n2",
                "nested": ["b": ["x", "y"], "a": "\u{1}ü"],
            ])
        #expect(
            output.written
                == #"{"time":"2026-01-01T00:00:00.000250Z","level":"warning","msg":"Sync \"failed\"","#
                + #""controller":"environment","count":3,"msg_":"taken","#
                + #""nested":{"a":"\u0001ü","b":["x","y"]},"ok":false,"took":"1 s\n2"}"# + "\n")
    }

    @Test("writes text that no message can break out of")
    func text() {
        var logger = logger(.text)
        logger[.name] = "web"
        logger.info("A\nB \u{1B}[2J", metadata: ["empty": "", "path": "a b", "quote": #"x"y"#])
        #expect(
            output.written
                == #"2026-01-01T00:00:00Z INFO     A\nB \u001b[2J empty="" object.name=web path="a b" quote="x\"y""#
                + "\n")
    }

    @Test("the line's own metadata wins over the provider's, and that over the logger's")
    func precedence() {
        var logger = logger(.text, provider: .init { ["a": "provider", "b": "provider"] })
        for key in ["a", "b", "c"] { logger[metadataKey: key] = "logger" }
        logger.info("x", metadata: ["a": "line"])
        #expect(output.written == "2026-01-01T00:00:00Z INFO     x a=line b=provider c=logger\n")
    }

    @Test("leaves out what is below the level")
    func level() {
        let logger = logger(.json)
        logger.debug("hidden")
        #expect(output.written == "")
    }
}
