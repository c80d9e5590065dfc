internal import Core

/// The key under which the admission webhook stamps; the operator's replicas share it, and nobody else has it.
package struct StampKey: Sendable {
    /// How many bytes a key has.
    package static let length = 32

    private let bytes: [UInt8]

    /// Nil for a key that is shorter than ``length``.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= StampKey.length else { return nil }
        self.bytes = bytes
    }

    /// The bytes of a new key.
    package static func random() -> [UInt8] {
        var system = SystemRandomNumberGenerator()
        return (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &system) }
    }

    func code(of message: [UInt8]) -> [UInt8] { HMACSHA256.code(of: message, key: bytes) }

    func isValid(_ code: [UInt8], of message: [UInt8]) -> Bool {
        HMACSHA256.isValid(code, of: message, key: bytes)
    }
}
