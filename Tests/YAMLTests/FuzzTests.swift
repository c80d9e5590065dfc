import KubernetesModel
import Testing

@testable import YAML

/// Texts that are nearly YAML, or not at all.
private struct Mutator {
    var random: SplitMix

    static let fragments = [
        "a: ", "- ", "? ", ": ", "[", "]", "{", "}", ",", "&x ", "*x", "<<: ", "!!int ", "!!binary ", "|\n", ">-\n  ",
        "'", "\"", "\\u12", "\\x", "\n", "\r\n", "\n  ", "\n---\n", "\n...\n", "%YAML 1.1\n", "#", "\t", "~", "0x",
        "1e9",
        "2020-01-01", "images:\n", "- name: a\n", "  newTag: v1\n", "  digest: x\n", "\u{FEFF}", "é", "😀", "\u{2028}",
        "`", "@",
    ]

    mutating func text() -> [UInt8] {
        var out: [UInt8] = []
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: out.append(UInt8.random(in: 0...255, using: &random))
            case 1: out += Array(repeating: UInt8.random(in: 32...126, using: &random), count: 40)
            default: out += Array(random.pick(Self.fragments).utf8)
            }
        }
        return out
    }
}

@Suite("Arbitrary bytes")
struct FuzzTests {
    @Test("are read, refused or edited, but never trap", arguments: 0..<20)
    func noTrap(seed: Int) {
        var mutator = Mutator(random: SplitMix(seed: UInt64(seed)))
        for _ in 0..<400 {
            let text = mutator.text()
            _ = try? YAML.resources(parsing: text, duplicateKeys: .keep)
            if let documents = try? YAML.documents(parsing: text) {
                for document in documents {
                    _ = try? YAMLEmitter.bytes(of: document)
                    _ = try? document.json(.yaml11)
                }
            }
            _ = try? KustomizationEdit.images(in: text)
            _ = try? KustomizationEdit.setImages(in: text, [ImageEdit(name: "a", newTag: "v2")])
        }
    }

    @Test("what is written reads back the same", arguments: 0..<20)
    func roundTrip(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed) &+ 77)
        for _ in 0..<50 {
            let json = value(&random, depth: 0)
            let text = YAMLEmitter.bytes(of: json)
            #expect(try YAML.document(parsing: text).json(.yaml11) == json)
        }
    }

    private func value(_ random: inout SplitMix, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 3 ? 5 : 8), using: &random) {
        case 0: return .null
        case 1: return .bool(random.pick([true, false]))
        case 2: return .int(Int64.random(in: (.min)...(.max), using: &random))
        case 3: return .double(Double.random(in: -1e6...1e6, using: &random) + 0.123)
        case 4: return .string(text(&random))
        case 5, 6:
            return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth + 1) })
        default:
            return .object(
                JSONObject(
                    (0..<Int.random(in: 0...4, using: &random)).map { _ in
                        (text(&random), value(&random, depth: depth + 1))
                    }))
        }
    }

    private func text(_ random: inout SplitMix) -> String {
        let pieces = [
            "a", "word ", " ", "  ", "\n", "\n\n", "\t", "'", "\"", "\\", ": ", " #", "- ", "é", "日本", "😀", "0", "1.5",
            "true", "~", "[", "{", "&", "*", "!", "|", ">", "%", "@", "lorem ipsum dolor sit amet ", "\u{7}", "\r",
            "---", "...",
        ]
        return (0..<Int.random(in: 0...12, using: &random)).map { _ in random.pick(pieces) }.joined()
    }
}
