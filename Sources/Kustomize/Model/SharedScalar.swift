/// One value that stands in several places of an object, as kustomize's label transformer leaves it: it puts the same
/// node into every map in which it creates a key, so whatever later sets the value in one place sets it in all.
///
/// An overlay that gives `app` another value in the labels alone thus changes selectors and templates too, if a base
/// gave it to all of them.
struct SharedScalar: Sendable {
    enum Step: Sendable, Hashable, Comparable {
        case index(Int)
        case key(String)
    }

    var key: String
    /// The paths of the maps that hold the key, in order: kustomize merges fields in the order of their names.
    var places: [[Step]]
    /// What stood in all places when they were last looked at.
    var value: Scalar
}

extension Resource {
    /// Makes all places of a shared value say what one of them was set to.
    mutating func settleShared() {
        guard !shared.isEmpty else { return }
        for index in shared.indices {
            let (key, known) = (shared[index].key, shared[index].value)
            var changed: Scalar?
            shared[index].places.removeAll { place in
                guard case .scalar(let scalar)? = node.map(at: place)?[key] else { return true }
                if scalar.text != known.text { changed = scalar }
                return false
            }
            guard let changed else { continue }
            shared[index].value = changed
            for place in shared[index].places {
                node.editMap(at: place[...]) { $0.set(key, text: changed.text, tag: changed.tag) }
            }
        }
        shared.removeAll { $0.places.count < 2 }
    }

    /// The object's own annotations stand for themselves from now on: with `buildMetadata` kustomize writes them anew.
    mutating func unshareAnnotations() {
        for index in shared.indices {
            shared[index].places.removeAll { $0 == [.key("metadata"), .key("annotations")] }
        }
    }
}

extension FieldSpec {
    /// The paths of the maps that this path leads to.
    func places(in node: Node) -> [[SharedScalar.Step]] {
        var out: [[SharedScalar.Step]] = []
        var path: [SharedScalar.Step] = []
        collect(node, 0, &path, &out)
        return out
    }

    private func collect(
        _ node: Node, _ depth: Int, _ path: inout [SharedScalar.Step], _ out: inout [[SharedScalar.Step]]
    ) {
        switch node {
        case .scalar: return
        case .sequence(let elements):
            for (index, element) in elements.enumerated() {
                path.append(.index(index))
                collect(element, depth, &path, &out)
                path.removeLast()
            }
        case .mapping(let mapping):
            guard depth < steps.count else { return out.append(path) }
            guard let next = mapping[steps[depth].name] else { return }
            path.append(.key(steps[depth].name))
            collect(next, depth + 1, &path, &out)
            path.removeLast()
        }
    }
}

extension Node {
    /// The map at a path.
    func map(at path: [SharedScalar.Step]) -> Mapping? {
        var node = self
        for step in path {
            switch (step, node) {
            case (.key(let key), .mapping(let mapping)):
                guard let next = mapping[key] else { return nil }
                node = next
            case (.index(let index), .sequence(let elements)):
                guard elements.indices.contains(index) else { return nil }
                node = elements[index]
            default: return nil
            }
        }
        return node.mapping
    }

    /// Edits the map at a path, if there is one.
    fileprivate mutating func editMap(at path: ArraySlice<SharedScalar.Step>, _ edit: (inout Mapping) -> Void) {
        switch path.first {
        case nil: editMapping(edit)
        case .key(let key):
            editMapping { mapping in
                guard let index = mapping.index(of: key) else { return }
                mapping.entries[index].value.editMap(at: path.dropFirst(), edit)
            }
        case .index(let index):
            editSequence { elements in
                guard elements.indices.contains(index) else { return }
                elements[index].editMap(at: path.dropFirst(), edit)
            }
        }
    }
}
