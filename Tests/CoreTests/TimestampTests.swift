import Testing

@testable import Core

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "reads and writes RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-03-23T10:00:00+01:00", 1_774_256_400),
            ("1969-12-31T23:59:59Z", -1),
        ])
    func reads(text: String, seconds: Int) throws {
        let time = try #require(Timestamp(rfc3339: text))
        #expect(time.seconds == Int64(seconds))
        #expect(Timestamp(rfc3339: time.rfc3339) == time)
    }

    @Test(
        "refuses what is not RFC 3339",
        arguments: [
            "", "2026-02-29T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("keeps microseconds and rounds down to seconds")
    func fractions() throws {
        let time = try #require(Timestamp(rfc3339: "1969-12-31T23:59:59.250000Z"))
        #expect(time.microseconds == -750_000)
        #expect(time.rfc3339 == "1969-12-31T23:59:59Z")
        #expect(time.rfc3339Micro == "1969-12-31T23:59:59.250000Z")
    }
}
