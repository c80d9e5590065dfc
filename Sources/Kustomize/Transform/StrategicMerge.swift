internal import YAML

/// Strategic merge as kustomize does it (https://github.com/kubernetes-sigs/kustomize/tree/master/kyaml/yaml/merge2).
///
/// Elements of a patch's lists come first. Null removes. Directives are read from `$patch`.
struct StrategicMerge {
    let schema: MergeSchema
    let budget: Budget

    /// Applies a patch to an object; nil if the patch deletes it.
    func apply(_ patch: Node, to base: Node) throws(DocumentError) -> Node? {
        var patch = patch
        switch try directive(in: &patch) {
        case .delete: return nil
        // On a whole object kustomize ignores it.
        case .replace: return base
        case .merge: break
        }
        return try merge(base, patch, type: nil)
    }

    enum Directive {
        case merge, replace, delete
    }

    /// Takes the directive out of a map, if there is one.
    private func directive(in node: inout Node) throws(DocumentError) -> Directive {
        guard case .mapping(let mapping) = node, let value = mapping["$patch"] else { return .merge }
        node.editMapping { $0["$patch"] = nil }
        switch value.text {
        case "delete": return .delete
        case "replace": return .replace
        case "merge": return .merge
        default: throw DocumentError(problem: "$patch is delete, replace or merge")
        }
    }

    /// Takes the first directive out of a list, if there is one.
    private func directive(inList elements: inout [Node]) throws(DocumentError) -> Directive {
        for index in elements.indices
        where elements[index]["$patch"] != nil && elements[index].mapping?.entries.count == 1 {
            var element = elements.remove(at: index)
            return try directive(in: &element)
        }
        return .merge
    }

    /// The merged value, or nil if it is to go.
    func merge(_ base: Node?, _ patch: Node?, type: String?) throws(DocumentError) -> Node? {
        let kind = [base, patch].compactMap { $0 }.first { !$0.isNull }
        switch kind {
        case nil, .mapping: return try mergeMaps(base, patch, type: type)
        case .sequence, .scalar:
            // Lists need their field's rule; see `mergeField`.
            return try mergeScalars(base, patch)
        }
    }

    private func mergeScalars(_ base: Node?, _ patch: Node?) throws(DocumentError) -> Node? {
        if let base, let patch, !base.isNull, !patch.isNull { try requireSameKind(base, patch) }
        guard let patch else { return base }
        return patch.isNull ? nil : patch
    }

    private func requireSameKind(_ base: Node, _ patch: Node) throws(DocumentError) {
        switch (base, patch) {
        case (.scalar, .scalar), (.sequence, .sequence), (.mapping, .mapping): return
        default: throw DocumentError(problem: "the patch has \(patch.kindName) where the object has \(base.kindName)")
        }
    }

    private func mergeMaps(_ base: Node?, _ patch: Node?, type: String?) throws(DocumentError) -> Node? {
        guard let base, !base.isNull else { return try added(patch, over: base, type: type) }
        guard case .mapping(var result) = base else { return base }
        guard var patch else {
            return .mapping(try settled(result, type: type ?? rootType(base, nil)))
        }
        if patch.isNull { return nil }
        try requireSameKind(base, patch)
        let directive = try directive(in: &patch)
        let type = type ?? rootType(base, patch)
        switch directive {
        case .delete: return nil
        case .replace:
            guard case .mapping(let replacement) = patch else { return patch }
            return .mapping(try settled(replacement, type: type, isNew: true))
        case .merge: break
        }
        result = try settled(result, type: type, except: patch.mapping)
        for entry in patch.mapping?.entries ?? [] {
            let index = result.index(of: entry.key)
            let old = index.map { result.entries[$0].value }
            let merged: Node?
            do { merged = try mergeField(entry.key, old, entry.value, of: type) } catch {
                throw error.inside(entry.key)
            }
            result.setField(entry.key, merged, at: index)
        }
        return .mapping(result)
    }

    /// What a patch adds where the object has nothing.
    private func added(_ patch: Node?, over base: Node?, type: String?) throws(DocumentError) -> Node? {
        guard var patch else {
            // An explicit null survives a merge around it; an empty value does not.
            guard let base, !base.text.isEmpty else { return nil }
            return .scalar(Scalar(base.text, tag: .null))
        }
        if patch.isNull { return nil }
        if try directive(in: &patch) == .delete { return nil }
        guard case .mapping(let mapping) = patch else { return patch }
        let type = type ?? rootType(nil, patch)
        return .mapping(try settled(mapping, type: type, isNew: true))
    }

    /// An object inside another one is known by its own apiVersion and kind.
    private func rootType(_ base: Node?, _ patch: Node?) -> String? {
        for node in [base, patch] {
            guard let node, let version = node["apiVersion"]?.text, let kind = node["kind"]?.text else { continue }
            if let type = schema.type(apiVersion: version, kind: kind) { return type }
        }
        return nil
    }

    /// A map whose other side has nothing to say, as kustomize leaves it after it has walked through.
    ///
    /// - Parameter isNew: it comes from a patch, where every null goes; in an object only those without a text do.
    private func settled(
        _ mapping: Mapping, type: String?, isNew: Bool = false, except patch: Mapping? = nil
    ) throws(DocumentError) -> Mapping {
        var result = mapping
        var index = 0
        while index < result.entries.count {
            let key = result.entries[index].key
            if let patch, patch.index(of: key) != nil {
                index += 1
                continue
            }
            switch result.entries[index].value {
            case .scalar(let scalar) where scalar.tag == .null:
                guard !isNew, let kept = try added(nil, over: result.entries[index].value, type: nil) else {
                    result.entries.remove(at: index)
                    continue
                }
                result.entries[index].value = kept
            case .scalar(var scalar):
                if scalar.getsQuotes {
                    scalar.style = .quoted
                    result.entries[index].value = .scalar(scalar)
                }
            case .mapping, .sequence:
                let value = result.entries[index].value
                guard Self.needsSettling(value, schema.field(key, of: type)) else { break }
                let merged: Node?
                do {
                    merged =
                        isNew
                        ? try mergeField(key, nil, value, of: type) : try mergeField(key, value, nil, of: type)
                } catch {
                    throw error.inside(key)
                }
                guard let merged else {
                    result.entries.remove(at: index)
                    continue
                }
                result.entries[index].value = merged
            }
            index += 1
        }
        return result
    }

    /// Whether there is anything below that walking through would change.
    private static func needsSettling(_ node: Node, _ field: MergeSchema.Field?) -> Bool {
        switch node {
        case .scalar(let scalar): return scalar.tag == .null || scalar.getsQuotes
        case .sequence: return field?.list != nil
        case .mapping(let mapping):
            return mapping.entries.contains { entry in
                if case .sequence = entry.value { return true }
                if entry.key == "$patch" { return true }
                return needsSettling(entry.value, nil)
            }
        }
    }

    /// Merges the values of one field.
    private func mergeField(
        _ key: String, _ base: Node?, _ patch: Node?, of type: String?
    ) throws(DocumentError) -> Node? {
        let field = schema.field(key, of: type)
        guard let rule = field?.list else { return try merge(base, patch, type: field?.type) }
        let baseIsMissing = base?.isNull ?? true
        let patchIsMissing = patch?.isNull ?? true
        guard !baseIsMissing || !patchIsMissing else { return try merge(base, patch, type: nil) }
        if let patch, patch.isNull { return nil }
        if let base, let patch, !baseIsMissing { try requireSameKind(base, patch) }
        guard case .sequence(let old) = baseIsMissing ? .sequence([]) : base ?? .sequence([]) else {
            return patch ?? base
        }
        var new = patch?.sequence ?? []
        if let patch, patch.sequence == nil { return patch }
        if baseIsMissing {
            // A new list is merged into itself. That makes a difference where elements share a key, of which the last
            // wins then, or lack it.
            let isPlain = rule.identifies(new)
            if case .keyed = rule, let odd = new.first(where: { !$0.isNull && $0.mapping == nil }) {
                throw DocumentError(problem: "the elements of this list are maps, and the patch has \(odd.kindName)")
            }
            return .sequence(try mergeLists(isPlain ? [] : new, new, rule, type: field?.type))
        }
        switch try directive(inList: &new) {
        case .delete: return nil
        case .replace: return .sequence(try mergeLists([], new, rule, type: field?.type))
        case .merge: return .sequence(try mergeLists(old, new, rule, type: field?.type))
        }
    }
}

extension Scalar {
    /// Whether it is a string that gets quotes on the way through a merge, because YAML 1.1 would take its text for
    /// something else. They stay when the text is replaced.
    fileprivate var getsQuotes: Bool {
        guard style == .plain, tag == .string || tag == .none, let first = text.utf8.first else { return false }
        // Most texts begin with a letter that begins no other value.
        switch first {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            guard text.utf8.count <= 5 else { return false }
        default: break
        }
        switch YAMLScalar.value(ofPlain: text, .yaml11) {
        case .string, .timestamp: return false
        default: return true
        }
    }
}

extension Mapping {
    /// Puts a merged value where the old one was; the style of the old one stays. Nil removes the field.
    fileprivate mutating func setField(_ key: String, _ value: Node?, at index: Int?) {
        switch (index, value) {
        case (let index?, var value?):
            switch entries[index].value {
            case .scalar(let old):
                if case .scalar(var new) = value {
                    new.style = old.style
                    value = .scalar(new)
                }
                // A map in the place of a null is not in braces.
                value.editMapping { $0.isFlow = false }
            case .sequence(let old) where old.isEmpty:
                // The brackets of an empty list stay around what takes its place.
                value.editSequence { $0 = $0.map(\.inBrackets) }
            case .sequence, .mapping: break
            }
            entries[index].value = value
        case (let index?, nil): entries.remove(at: index)
        case (nil, let value?): entries.append(Entry(key: key, value: value))
        case (nil, nil): break
        }
    }
}
