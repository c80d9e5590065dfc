import Testing

@testable import Core

@Suite("Base64")
struct Base64Tests {
    @Test(
        "the vectors of RFC 4648 hold both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test("every byte and the whole alphabet survive the way there and back", arguments: 0...3)
    func roundTrip(dropped: Int) {
        let bytes = Array((0...UInt8.max).dropFirst(dropped))
        let text = Base64.encode(bytes)
        #expect(text.utf8.count == (bytes.count + 2) / 3 * 4)
        #expect(Base64.decode(text) == bytes)
        #expect(Base64.decode("-\(text)-".dropFirst().dropLast()) == bytes)
    }

    @Test("line breaks, spaces and tabs do not count", arguments: ["Zm9v\nYg==\n", " Zm 9v\r\nYg=\t=", "\nZm9vYg=\n="])
    func whitespace(text: String) {
        #expect(Base64.decode(text) == Array("foob".utf8))
    }

    @Test(
        "anything else is refused",
        arguments: ["Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "=Zg=", "Z!==", "====", "Zm9-", "Zm9_", "Zm9é"])
    func refused(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
