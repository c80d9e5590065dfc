internal import YAML

extension Node {
    /// The node as kustomize has it after it has taken its values, written them as JSON and read that as YAML: texts
    /// stand in quotes, maps in braces, numbers and dates are spelled anew.
    func rewrittenAsJSON() throws(DocumentError) -> Node {
        switch self {
        case .scalar(let scalar): return .scalar(try scalar.rewrittenAsJSON())
        case .sequence(let elements):
            var out: [Node] = []
            out.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                do { out.append(try element.rewrittenAsJSON()) } catch { throw error.inside("[\(index)]") }
            }
            return .sequence(out)
        case .mapping(let mapping):
            if let key = mapping.repeatedKey {
                throw DocumentError(problem: "a key is given twice: remove one of them (\(key))")
            }
            var out = Mapping(isFlow: true)
            out.entries.reserveCapacity(mapping.entries.count)
            for entry in mapping.entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                guard entry.keyTag == .string else {
                    throw DocumentError(problem: "the key '\(entry.key)' is not a string: put it in quotes")
                }
                do {
                    out.entries.append(Mapping.Entry(key: entry.key, value: try entry.value.rewrittenAsJSON()))
                } catch {
                    throw error.inside(entry.key)
                }
            }
            return .mapping(out)
        }
    }
}

extension Scalar {
    fileprivate func rewrittenAsJSON() throws(DocumentError) -> Scalar {
        if quoted || tag == .string { return Scalar(text, tag: .string, style: .quoted) }
        // Types that do not fit are noticed there.
        _ = try json(inFlow: false)
        switch YAMLScalar.value(ofPlain: text, .goYAML3) {
        case .string(let text), .timestamp(let text): return Scalar(text, tag: .string, style: .quoted)
        case .int(let number): return Scalar(String(number), tag: .integer)
        case .uint(let number): return Scalar(String(number), tag: .integer)
        case .float(let number):
            let text = GoFloat.json(number)
            return Scalar(text, tag: Tag(YAMLScalar.value(ofPlain: text, .goYAML3)))
        case .bool(let flag): return Scalar(flag ? "true" : "false", tag: .boolean)
        case .null: return Scalar("null", tag: .null)
        }
    }
}
