package import KubernetesModel

extension YAMLNode {
    /// Where a field stands in the text: its key, or for an element of a list its value.
    ///
    /// For a field that is not there, the nearest of its parents that is. Nil for nodes that were not read from a text.
    package func mark(at path: FieldPath) -> YAMLMark? { mark(at: path.steps[...]) }

    /// Where a field stands, by the path's text (`spec.apps[2].labels["a.b/c"]`), as ``FieldError/path`` has it.
    ///
    /// A text that is no path leads as far as it can be read.
    package func mark(at path: String) -> YAMLMark? { mark(at: FieldPath.steps(of: path)[...]) }

    private func mark(at steps: ArraySlice<FieldPath.Step>) -> YAMLMark? {
        var node = self
        var mark = mark
        for step in steps {
            switch (step, node.content) {
            case (.key(let key), .mapping(let mapping)):
                guard let entry = mapping.entries.first(where: { $0.key.text == key }) else { return mark }
                mark = entry.keyMark ?? entry.value.mark
                node = entry.value
            case (.index(let index), .sequence(let elements)):
                guard elements.indices.contains(index) else { return mark }
                mark = elements[index].mark
                node = elements[index]
            default:
                return mark
            }
        }
        return mark
    }
}

extension YAMLError {
    /// A field's fault with its place in the text that the field was read from.
    ///
    /// - Parameter root: the document that the field's path starts at.
    package init(_ error: FieldError, in root: YAMLNode, file: String = "") {
        self.init(.field, file: file, mark: root.mark(at: error.path), error.message)
    }
}

extension FieldPath {
    fileprivate enum Step {
        case key(String)
        case index(Int)
    }

    fileprivate var steps: [Step] {
        var out: [Step] = []
        var rest = self
        while true {
            switch rest {
            case .root: return out.reversed()
            case .key(let parent, let key):
                out.append(.key(key))
                rest = parent
            case .index(let parent, let index):
                out.append(.index(index))
                rest = parent
            }
        }
    }

    /// The steps of a path's text.
    fileprivate static func steps(of text: String) -> [Step] {
        var out: [Step] = []
        var rest = text[...]
        while !rest.isEmpty {
            if rest.hasPrefix("[\"") {
                let key = rest.dropFirst(2)
                guard let end = key.indices.first(where: { key[$0...].hasPrefix("\"]") }) else { return out }
                out.append(.key(String(key[..<end])))
                rest = key[end...].dropFirst(2)
            } else if rest.hasPrefix("[") {
                guard let end = rest.firstIndex(of: "]"), let index = Int(rest[..<end].dropFirst()) else { return out }
                out.append(.index(index))
                rest = rest[rest.index(after: end)...]
            } else {
                if rest.hasPrefix(".") { rest = rest.dropFirst() }
                let end = rest.firstIndex { $0 == "." || $0 == "[" } ?? rest.endIndex
                guard end > rest.startIndex else { return out }
                out.append(.key(String(rest[..<end])))
                rest = rest[end...]
            }
        }
        return out
    }
}
