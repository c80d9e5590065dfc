import Core
import Testing

@Suite("HMAC-SHA-256")
struct HMACSHA256Tests {
    /// RFC 4231, test cases 1, 2 and 6.
    static let vectors: [(key: [UInt8], message: String, code: String)] = [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]

    @Test("agrees with the RFC's vectors", arguments: vectors)
    func agrees(_ vector: (key: [UInt8], message: String, code: String)) {
        #expect(Hex.encode(HMACSHA256.code(of: Array(vector.message.utf8), key: vector.key)) == vector.code)
    }

    @Test("refuses a code that is short, empty or differs in one bit")
    func refuses() {
        let key = Array("key".utf8)
        let message = Array("message".utf8)
        var code = HMACSHA256.code(of: message, key: key)
        #expect(HMACSHA256.isValid(code, of: message, key: key))
        #expect(!HMACSHA256.isValid(code, of: Array("massage".utf8), key: key))
        #expect(!HMACSHA256.isValid(code, of: message, key: Array("kay".utf8)))
        #expect(!HMACSHA256.isValid(Array(code.dropLast()), of: message, key: key))
        #expect(!HMACSHA256.isValid([], of: message, key: key))
        code[31] ^= 1
        #expect(!HMACSHA256.isValid(code, of: message, key: key))
    }
}
