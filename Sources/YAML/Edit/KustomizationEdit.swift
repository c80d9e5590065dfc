internal import KubernetesModel

/// Edits of kustomization files that keep everything they are not about: comments, order, quotes, indentation, line
/// ends, a missing last line end.
package enum KustomizationEdit {
    /// The entries of `images`, in order. A file without any has none.
    ///
    /// Throws ``YAMLError`` if the file is no YAML or an entry's field is no string (an unquoted `1.0`, for example,
    /// which kustomize refuses as well).
    package static func images(in bytes: [UInt8], file: String = "") throws(YAMLError) -> [KustomizationImage] {
        let chunk = YAMLChunk(bytes: bytes[...], firstLine: 1)
        guard let root = try YAML.firstDocument(of: chunk, duplicateKeys: .lastWins, file: file),
            let list = root.mapping?.value(of: "images"), !list.isNull
        else { return [] }
        guard let entries = list.sequence else {
            throw YAMLError(.shape, file: file, mark: list.mark, "images must be a list")
        }
        var out: [KustomizationImage] = []
        for entry in entries {
            guard let mapping = entry.mapping else {
                throw YAMLError(.shape, file: file, mark: entry.mark, "an entry of images must be a mapping")
            }
            func text(_ field: String) throws(YAMLError) -> String? {
                guard let node = mapping.value(of: field), !node.isNull else { return nil }
                guard case .string(let text)? = try? node.scalar?.value(.yaml11) else {
                    throw YAMLError(.value, file: file, mark: node.mark, "\(field) must be a string; put it in quotes")
                }
                return text.isEmpty ? nil : text
            }
            out.append(
                KustomizationImage(
                    name: try text("name") ?? "", newName: try text("newName"), newTag: try text("newTag"),
                    digest: try text("digest"), line: entry.mark?.line ?? 0))
        }
        return out
    }

    /// The file with its `images` entries set, only the bytes changed that must be.
    ///
    /// Every entry of an image's name is set; if there is none, one is added in the file's own style, at the end of
    /// `images`, which is itself added at the end of the file if it is missing. The result is read again and compared
    /// with the intent.
    ///
    /// Throws ``YAMLError``, code `edit`, where no safe edit is known: the list or entry is an alias, the value is
    /// templated or a block text, an anchor's other uses would change.
    package static func setImages(
        in bytes: [UInt8], _ edits: [ImageEdit], file: String = ""
    ) throws(YAMLError) -> [UInt8] {
        var current = bytes
        for edit in edits {
            guard !edit.name.isEmpty else { throw YAMLError(.edit, file: file, "an image to set has no name") }
            let expected = try ImageIntent.applying(edit, to: try meaning(of: current, file: file), file: file)
            // Each round changes one field of each entry, and an entry has three that can change.
            for _ in 0..<4 {
                let text = try SourceText(current, file: file)
                let splices = try ImagesEditor(text, file: file).next(edit)
                if splices.isEmpty { break }
                current = text.applying(splices)
            }
            guard let actual = try? meaning(of: current, file: file), actual == expected else {
                throw mismatch(edit, file: file)
            }
        }
        return current
    }

    private static func mismatch(_ edit: ImageEdit, file: String) -> YAMLError {
        YAMLError(
            .edit, file: file,
            "setting image \(YAMLError.quoted(edit.name)) would change more than that image (is an anchor shared?); "
                + "simplify the images list")
    }

    private static func meaning(of bytes: [UInt8], file: String) throws(YAMLError) -> JSONValue {
        let chunk = YAMLChunk(bytes: bytes[...], firstLine: 1)
        let root = try YAML.firstDocument(of: chunk, file: file)
        return try root?.json(.yaml11, file: file) ?? .null
    }
}

extension YAMLMapping {
    /// The value of a field by its name or, failing that, by its name in another case, as Go's JSON decoder reads.
    func value(of field: String) -> YAMLNode? {
        self[field] ?? entries.first { $0.key.text.lowercased() == field.lowercased() }?.value
    }
}
