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
        let values = try values(of: keys, in: patch + base)
        guard let used = Self.usedKeys(keys, values) else { return base }
        var merged: [Node] = []
        for value in values {
            // Each step looks at all elements.
            try checkTime(values.count)
            let wanted = zip(keys, value).filter { used.contains($0.0) }.map(\.1)
            let (names, texts) = Self.given(zip(keys, value).filter { used.contains($0.0) })
            let oldIndex = Self.first(in: base, names, texts)
            let new = Self.first(in: patch, names, texts).map { patch[$0] }
            let result = try merge(oldIndex.map { base[$0] }, new, type: type)
            guard var result, result.mapping?.entries.isEmpty != true else {
                Self.set(nil, in: &base, used, wanted)
                continue
            }
            // An element that replaces is overwritten again below by the one that it should replace.
            if let oldIndex, new?["$patch"]?.text != "replace" { base[oldIndex] = result }
            result.editMapping { mapping in
                for (name, text) in zip(used, wanted) where mapping.index(of: name) == nil && !text.isEmpty {
                    mapping.set(name, text: text, tag: .none)
                }
            }
            Self.set(result, in: &merged, used, wanted)
        }
        for element in base {
            try checkTime(base.count)
            var wanted: [String] = []
            for name in used {
                if let text = element[name]?.text { wanted.append(text) } else { merged.append(element) }
            }
            // With several keys kustomize moves the element to the end.
            if used.count > 1 { Self.set(nil, in: &merged, used, wanted) }
            Self.set(element, in: &merged, used, wanted)
        }
        return merged
    }

    /// The values of the keys of all elements, each combination once. With several keys, combinations that differ only
    /// in what one of them lacks are completed from each other.
    private func values(of keys: [String], in elements: [Node]) throws(DocumentError) -> [[String]] {
        var values: [[String]] = []
        var seen: Set<[String]> = []
        for element in elements {
            let value = keys.map { element[$0]?.text ?? "" }
            if seen.insert(value).inserted { values.append(value) }
        }
        // Where every element has every key, none completes another.
        guard keys.count > 1, values.contains(where: { $0.contains("") }) else { return values }
        for i in values.indices {
            try checkTime(values.count)
            let one = values[i]
            for j in values.indices {
                guard let both = Self.combined(one, values[j]) else { continue }
                values[i] = both
                values[j] = both
            }
        }
        return values
    }

    /// Stops the work on a long list, of which every step looks at all elements, when the time is up.
    private func checkTime(_ count: Int) throws(DocumentError) {
        guard count < 1000 || !budget.isOverdue else { throw DocumentError(problem: "the time is up") }
    }

    private static func combined(_ a: [String], _ b: [String]) -> [String]? {
        var shares = false
        var out: [String] = []
        for (x, y) in zip(a, b) {
            if x == y {
                shares = true
            } else if !x.isEmpty, !y.isEmpty {
                return nil
            }
            out.append(x.isEmpty ? y : x)
        }
        return shares ? out : nil
    }

    /// The keys that any element gives; all of them if none does; nil if there are no elements.
    private static func usedKeys(_ keys: [String], _ values: [[String]]) -> [String]? {
        guard !values.isEmpty else { return nil }
        let used = keys.indices.filter { index in values.contains { !$0[index].isEmpty } }.map { keys[$0] }
        return used.isEmpty ? keys : used
    }

    /// The keys that one element gives; all of them if it gives none.
    private static func given(_ pairs: [(String, String)]) -> ([String], [String]) {
        let given = pairs.filter { !$0.1.isEmpty }
        let chosen = given.isEmpty ? pairs : given
        return (chosen.map(\.0), chosen.map(\.1))
    }

    private static func first(in elements: [Node], _ keys: [String], _ values: [String]) -> Int? {
        elements.firstIndex { element in
            guard case .mapping(let mapping) = element else { return false }
            return zip(keys, values).allSatisfy { mapping[$0]?.text == $1 }
        }
    }

    /// Replaces every element with these values, or adds it; nil removes them.
    ///
    /// An empty value stands for any. A key without a value is not looked at, but if there are no values at all
    /// nothing fits and nothing is kept.
    private static func set(_ element: Node?, in elements: inout [Node], _ keys: [String], _ values: [String]) {
        var found = false
        var out: [Node] = []
        out.reserveCapacity(elements.count + 1)
        for old in elements {
            if old.isNull || old.mapping?.entries.isEmpty == true { continue }
            guard case .mapping(let mapping) = old else {
                if !values.isEmpty { out.append(old) }
                continue
            }
            let fits =
                !values.isEmpty
                && zip(keys, values).allSatisfy { key, value in
                    guard let text = mapping[key]?.text else { return false }
                    return value.isEmpty || text == value
                }
            if fits {
                found = true
                if let element { out.append(element) }
            } else if !values.isEmpty {
                out.append(old)
            }
        }
        if let element, !found { out.append(element) }
        elements = out
    }
}

extension MergeSchema.ListRule {
    /// Whether every element has a key of its own.
    func identifies(_ elements: [Node]) -> Bool {
        guard case .keyed(let keys) = self else { return true }
        var seen: Set<[String]> = []
        return elements.allSatisfy { element in
            let values = keys.map { element[$0]?.text ?? "" }
            return values.contains { !$0.isEmpty } && seen.insert(values).inserted
        }
    }
}
