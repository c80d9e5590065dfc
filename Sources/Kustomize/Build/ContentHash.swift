internal import Core
internal import KubernetesModel

/// The suffix that generated ConfigMaps and Secrets get: it changes with their content.
enum ContentHash {
    /// Ten characters, or nil for kinds that have no hash.
    static func suffix(of resource: Resource) throws(DocumentError) -> String? {
        var members: JSONObject = ["name": "", "kind": .string(resource.kind)]
        switch resource.kind {
        case "ConfigMap":
            members["data"] = try resource.node["data"]?.hashed() ?? ""
            if let binary = resource.node["binaryData"], case .mapping = binary {
                members["binaryData"] = try binary.hashed()
            }
        case "Secret":
            members["type"] = .string(resource.node["type"]?.text ?? "")
            members["data"] = try resource.node["data"]?.hashed() ?? ""
            if let text = resource.node["stringData"], case .mapping = text {
                members["stringData"] = try text.hashed()
            }
        default: return nil
        }
        var bytes: [UInt8] = []
        write(.object(members), to: &bytes)
        return String(SHA256Digest(of: bytes).hex.prefix(10).map(letter))
    }

    /// Digits that could spell something, and vowels, are replaced.
    private static func letter(_ digit: Character) -> Character {
        switch digit {
        case "0": "g"
        case "1": "h"
        case "3": "k"
        case "a": "m"
        case "e": "t"
        default: digit
        }
    }

    /// Compact JSON as Go's encoder writes it.
    private static func write(_ value: JSONValue, to out: inout [UInt8]) {
        switch value {
        case .object(let object):
            out.append(UInt8(ascii: "{"))
            for (index, member) in object.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                GoJSON.write(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                write(member.value, to: &out)
            }
            out.append(UInt8(ascii: "}"))
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                write(element, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .string(let text): GoJSON.write(text, to: &out)
        default: value.write(to: &out)
        }
    }
}

extension Node {
    fileprivate func hashed() throws(DocumentError) -> JSONValue {
        if case .scalar(let scalar) = self { return .string(scalar.text) }
        return try json()
    }
}

/// Strings as Go's `encoding/json` writes them: safe to embed in HTML.
enum GoJSON {
    private static let digits = Array("0123456789abcdef".utf8)

    static func write(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: out.append(contentsOf: "\\\"".utf8)
            case 0x5C: out.append(contentsOf: "\\\\".utf8)
            case 0x08: out.append(contentsOf: "\\b".utf8)
            case 0x0C: out.append(contentsOf: "\\f".utf8)
            case 0x0A: out.append(contentsOf: "\\n".utf8)
            case 0x0D: out.append(contentsOf: "\\r".utf8)
            case 0x09: out.append(contentsOf: "\\t".utf8)
            case 0x2028: out.append(contentsOf: "\\u2028".utf8)
            case 0x2029: out.append(contentsOf: "\\u2029".utf8)
            case 0..<0x20, 0x3C, 0x3E, 0x26:
                out.append(contentsOf: "\\u00".utf8)
                out.append(digits[Int(scalar.value >> 4)])
                out.append(digits[Int(scalar.value & 15)])
            default: out.append(contentsOf: String(scalar).utf8)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
