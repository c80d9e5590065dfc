internal import Core
internal import KubernetesModel

/// The suffix that generated ConfigMaps and Secrets get: it changes with their content.
enum ContentHash {
    /// Ten characters.
    static func suffix(of resource: Resource) throws(DocumentError) -> String {
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
        default:
            // kustomize hashes such an object with the lines and styles of its source.
            throw DocumentError(
                path: ["kind"],
                problem: "a generated object that a patch made a \(resource.kind) has no stable hash: set"
                    + " disableNameSuffixHash for it")
        }
        var bytes: [UInt8] = []
        GoJSON.write(.object(members), to: &bytes)
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
}

extension Node {
    fileprivate func hashed() throws(DocumentError) -> JSONValue {
        if case .scalar(let scalar) = self { return .string(scalar.text) }
        return try json()
    }
}
