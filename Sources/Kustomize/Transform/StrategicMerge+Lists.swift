/// Lists whose elements are merged.
///
/// The steps are those of kustomize one by one, because what it does with elements that lack a key, or share one, is
/// what people see.
extension StrategicMerge {
    func mergeLists(
        _ base: [Node], _ patch: [Node], _ rule: MergeSchema.ListRule, type: String?
    ) throws(DocumentError) -> [Node] {
        switch rule {
        case .set: return mergeSets(base, patch)
        case .keyed(let keys): return try mergeKeyed(base, patch, keys, type: type)
        }
    }

    /// The patch's scalars, then those of the object that are not among them.
    private func mergeSets(_ base: [Node], _ patch: [Node]) -> [Node] {
        var seen: Set<String> = []
        return (patch + base).filter { !$0.isNull && seen.insert($0.text).inserted }
    }

    private func mergeKeyed(
        _ base: [Node], _ patch: [Node], _ keys: [String], type: String?
    ) throws(DocumentError) -> [Node] {
        var base = base
        let patch = patch
        var values: [[String]] = []
        var seen: Set<[String]> = []
        for element in patch + base {
            guard case .mapping(let mapping) = element else { continue }
            let value = keys.map { mapping[$0]?.text ?? "" }
            if seen.insert(value).inserted { values.append(value) }
        }
        var merged: [Node] = []
        for value in values {
            let (names, wanted) = Self.given(value, of: keys)
            let oldIndex = Self.first(in: base, names, wanted)
            let newIndex = Self.first(in: patch, names, wanted)
            let result = try merge(
                oldIndex.map { base[$0] }, newIndex.map { patch[$0] }, type: type)
            guard var result, result.mapping?.entries.isEmpty != true else {
                Self.set(nil, in: &base, names, wanted)
                continue
            }
            if let oldIndex { base[oldIndex] = result }
            result.editMapping { mapping in
                for (name, text) in zip(names, wanted) where mapping.index(of: name) == nil {
                    mapping.set(name, text: text, tag: .none)
                }
            }
            Self.set(result, in: &merged, names, wanted)
        }
        for value in values {
            let (names, _) = Self.given(value, of: keys)
            guard names.count == 1 else { continue }
            for element in base {
                guard let wanted = element[names[0]]?.text else {
                    if !merged.contains(element) { merged.append(element) }
                    continue
                }
                Self.set(element, in: &merged, names, [wanted])
            }
        }
        return merged
    }

    /// The keys that an element gives a value for; all of them if it gives none.
    private static func given(_ value: [String], of keys: [String]) -> ([String], [String]) {
        let given = zip(keys, value).filter { !$0.1.isEmpty }
        return given.isEmpty ? (keys, value) : (given.map(\.0), given.map(\.1))
    }

    private static func first(in elements: [Node], _ keys: [String], _ values: [String]) -> Int? {
        elements.firstIndex { element in
            guard case .mapping(let mapping) = element else { return false }
            return zip(keys, values).allSatisfy { mapping[$0]?.text == $1 }
        }
    }

    /// Replaces every element with these keys, or adds it; nil removes them. An empty value stands for any.
    private static func set(_ element: Node?, in elements: inout [Node], _ keys: [String], _ values: [String]) {
        var found = false
        var out: [Node] = []
        for old in elements {
            if old.isNull || old.mapping?.entries.isEmpty == true { continue }
            guard case .mapping(let mapping) = old else {
                out.append(old)
                continue
            }
            let fits = zip(keys, values).allSatisfy { key, value in
                guard let text = mapping[key]?.text else { return false }
                return value.isEmpty || text == value
            }
            guard fits else {
                out.append(old)
                continue
            }
            found = true
            if let element { out.append(element) }
        }
        if let element, !found { out.append(element) }
        elements = out
    }
}
