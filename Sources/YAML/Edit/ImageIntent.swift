internal import KubernetesModel

/// What an edit means for a kustomization, apart from any text: the yardstick for the edited file.
enum ImageIntent {
    /// The kustomization with an image set.
    static func applying(_ edit: ImageEdit, to json: JSONValue, file: String) throws(YAMLError) -> JSONValue {
        guard var root = json.objectValue else {
            throw YAMLError(.shape, file: file, "the file is no mapping, so no kustomization")
        }
        let images = key("images", in: root) ?? "images"
        var list = root[images]?.arrayValue ?? []
        var found = false
        for index in list.indices {
            guard var entry = list[index].objectValue, let name = key("name", in: entry),
                entry[name] == .string(edit.name)
            else { continue }
            found = true
            for (field, wish) in edit.wishes {
                let key = key(field, in: entry) ?? field
                switch wish {
                case .keep: break
                case .set(let value): entry[key] = .string(value)
                case .remove: entry[key] = nil
                }
            }
            list[index] = .object(entry)
        }
        if !found {
            var entry: JSONObject = ["name": .string(edit.name)]
            for (field, wish) in edit.wishes {
                if case .set(let value) = wish { entry[field] = .string(value) }
            }
            list.append(.object(entry))
        }
        root[images] = .array(list)
        return .object(root)
    }

    private static func key(_ name: String, in object: JSONObject) -> String? {
        if object[name] != nil { return name }
        return object.keys.first { $0.lowercased() == name.lowercased() }
    }
}
