/// A path into a JSON document (RFC 6901).
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// Unescaped reference tokens; empty for the whole document.
    package let tokens: [String]

    package init(tokens: [String]) {
        self.tokens = tokens
    }

    /// Reads `/a/b~1c/0`; nil when the text neither is empty nor starts with `/`, or has a bad escape.
    package init?(_ text: String) {
        guard text.isEmpty || text.hasPrefix("/") else { return nil }
        var tokens: [String] = []
        for part in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            var token = ""
            var characters = part.makeIterator()
            while let character = characters.next() {
                guard character == "~" else {
                    token.append(character)
                    continue
                }
                switch characters.next() {
                case "0": token.append("~")
                case "1": token.append("/")
                default: return nil
                }
            }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    package var description: String {
        tokens.map { token in
            "/" + token.map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
        }.joined()
    }
}

extension JSONValue {
    /// The value a pointer leads to, or nil.
    package subscript(pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            switch value {
            case .object(let object):
                guard let next = object[token] else { return nil }
                value = next
            case .array(let array):
                guard let index = Int(token), array.indices.contains(index) else { return nil }
                value = array[index]
            default: return nil
            }
        }
        return value
    }

    /// This document without what the tokens lead to; `*` stands for every element of an array or member of an object.
    ///
    /// A path that leads nowhere changes nothing.
    package func removing(_ tokens: ArraySlice<String>) -> JSONValue {
        guard let token = tokens.first else { return self }
        let rest = tokens.dropFirst()
        switch self {
        case .object(var object):
            for key in token == "*" && object[token] == nil ? object.keys : [token] {
                guard let child = object[key] else { continue }
                object[key] = rest.isEmpty ? nil : child.removing(rest)
            }
            return .object(object)
        case .array(var array):
            if token == "*" { return .array(rest.isEmpty ? [] : array.map { $0.removing(rest) }) }
            guard let index = Int(token), array.indices.contains(index) else { return self }
            if rest.isEmpty { array.remove(at: index) } else { array[index] = array[index].removing(rest) }
            return .array(array)
        default:
            return self
        }
    }
}
