/// Finds the next changes that bring a kustomization nearer to an edit: one of each entry, so that none overlap.
struct ImagesEditor {
    let text: SourceText
    let root: SourceNode
    let file: String
    /// The quotes for new texts that need some: single ones if the file has these only.
    let quote: YAMLScalar.Style

    init(_ text: SourceText, file: String) throws(YAMLError) {
        self.text = text
        self.file = file
        guard let root = try SourceParser.root(of: text, file: file), case .mapping = root.content else {
            throw YAMLError(.shape, file: file, "the file is no mapping, so no kustomization")
        }
        self.root = root
        let used = root.quotes
        quote = used.contains(.singleQuoted) && !used.contains(.doubleQuoted) ? .singleQuoted : .doubleQuoted
    }

    func unsafe(_ node: SourceNode, _ problem: String) -> YAMLError {
        YAMLError(.edit, file: file, mark: node.mark, problem)
    }

    /// The next changes, or none if the file says what it shall.
    func next(_ edit: ImageEdit) throws(YAMLError) -> [Splice] {
        if let old = root.entry("imageTags") {
            throw unsafe(old.key, "imageTags is deprecated and overrides images; move its entries to images")
        }
        guard let images = root.entry("images") else { return try addList(edit) }
        switch images.value.content {
        case .alias:
            throw unsafe(images.value, "images is an alias; write the list out")
        case .scalar(let scalar):
            guard scalar.style == .plain, YAMLScalar.value(ofPlain: scalar.text, .yaml11) == .null else {
                throw unsafe(images.value, "images must be a list")
            }
            return try fillNull(images.value, edit)
        case .mapping:
            throw unsafe(images.value, "images must be a list")
        case .sequence(let entries, let flow):
            var found = false
            var splices: [Splice] = []
            for entry in entries {
                guard try isNamed(entry, edit.name) else { continue }
                found = true
                splices += try change(entry, edit)
            }
            return found ? splices : try addEntry(to: images.value, entries, flow: flow, edit)
        }
    }

    private func isNamed(_ entry: SourceNode, _ name: String) throws(YAMLError) -> Bool {
        switch entry.content {
        case .alias:
            throw unsafe(entry, "an entry of images is an alias; write it out")
        case .mapping(let fields, _):
            if let merge = fields.first(where: { $0.key.scalar?.isMerge ?? true }) {
                throw unsafe(merge.key, "an entry of images has a merge key; write it out")
            }
            guard let field = entry.entry("name") else { return false }
            guard let scalar = field.value.scalar else {
                throw unsafe(field.value, "the name of an entry of images is an alias or no text; write it out")
            }
            return scalar.text == name
        case .scalar, .sequence:
            throw unsafe(entry, "an entry of images must be a mapping")
        }
    }

    // MARK: An entry

    private func change(_ entry: SourceNode, _ edit: ImageEdit) throws(YAMLError) -> [Splice] {
        // What is set comes first, so that it can take the line of what is to go.
        let wishes = edit.wishes.filter { $0.wish != .remove } + edit.wishes.filter { $0.wish == .remove }
        for (field, wish) in wishes {
            let present = entry.entry(field)
            switch wish {
            case .keep:
                continue
            case .remove:
                if let present { return try remove(present, from: entry) }
            case .set(let value):
                if let present {
                    let splices = try replace(present, value, in: entry)
                    if !splices.isEmpty { return splices }
                } else if let other = replaceable(field, edit, entry) {
                    return try rename(other, to: field, value, in: entry)
                } else {
                    return try add(field, value, to: entry)
                }
            }
        }
        return []
    }

    /// The field that gives its line to another: a digest that a tag replaces, or the other way round.
    private func replaceable(
        _ field: String, _ edit: ImageEdit, _ entry: SourceNode
    ) -> (key: SourceNode, value: SourceNode)? {
        guard field != "newName" else { return nil }
        let other = field == "newTag" ? "digest" : "newTag"
        guard edit.wishes.contains(where: { $0.field == other && $0.wish == .remove }) else { return nil }
        return entry.entry(other)
    }

    private func replace(
        _ field: (key: SourceNode, value: SourceNode), _ value: String, in entry: SourceNode
    ) throws(YAMLError) -> [Splice] {
        let name = field.key.scalar?.text ?? ""
        switch field.value.content {
        case .scalar(let scalar):
            if scalar.text == value, (try? scalar.value(.yaml11)) == .string(value) { return [] }
            guard scalar.style != .literal, scalar.style != .folded else {
                throw unsafe(field.value, "\(name) is a block text; write it on one line")
            }
            guard !scalar.text.contains("${"), !scalar.text.contains("$("), !scalar.text.contains("{{") else {
                throw unsafe(field.value, "\(name) is templated; write the value itself")
            }
            guard scalar.tag == nil else { throw unsafe(field.value, "\(name) has a tag; remove it") }
            let style: YAMLScalar.Style = scalar.style == .plain ? .plain : scalar.style
            let written = ImageText.scalar(value, style: style, quote: quote, flow: isFlow(entry))
            var range = field.value.range
            if field.value.anchor != nil {
                range = try skippingProperties(field.value)
            }
            // An empty value stands right after its colon.
            let gap: [UInt8] = range.isEmpty && text.prefix(range.lowerBound).last == UInt8(ascii: ":") ? [0x20] : []
            return [Splice(range, gap + written)]
        case .alias:
            return [
                Splice(field.value.range, ImageText.scalar(value, style: .plain, quote: quote, flow: isFlow(entry)))
            ]
        case .sequence, .mapping:
            throw unsafe(field.value, "\(name) is no text (templated?); write the value itself")
        }
    }

    /// A scalar's own range, without its anchor.
    private func skippingProperties(_ node: SourceNode) throws(YAMLError) -> Range<Int> {
        var index = node.range.lowerBound
        let bytes = text.bytes
        while index < node.range.upperBound, bytes[index] == UInt8(ascii: "&") {
            while index < node.range.upperBound, bytes[index] > 0x20 { index += 1 }
            while index < node.range.upperBound, bytes[index] == 0x20 { index += 1 }
        }
        guard index < node.range.upperBound, bytes[index] > 0x20, bytes[index] != UInt8(ascii: "#") else {
            throw unsafe(node, "a value does not follow its anchor on the same line; write it there")
        }
        return index..<node.range.upperBound
    }

    private func rename(
        _ field: (key: SourceNode, value: SourceNode), to name: String, _ value: String, in entry: SourceNode
    ) throws(YAMLError) -> [Splice] {
        guard let key = field.key.scalar, field.key.anchor == nil, key.tag == nil, field.value.anchor == nil else {
            throw unsafe(field.key, "a field of the image has an anchor or tag; remove it")
        }
        let written = ImageText.scalar(name, style: key.style, quote: quote, flow: isFlow(entry))
        let renamed = Splice(field.key.range, written)
        let replaced = try replace(field, value, in: entry)
        return [renamed] + replaced
    }

    private func remove(
        _ field: (key: SourceNode, value: SourceNode), from entry: SourceNode
    ) throws(YAMLError) -> [Splice] {
        guard case .mapping(let fields, let flow) = entry.content,
            let index = fields.firstIndex(where: { $0.key.range == field.key.range }), fields.count > 1
        else { throw unsafe(field.key, "the only field of an image cannot be removed") }
        guard field.value.anchor == nil, field.key.anchor == nil else {
            throw unsafe(field.value, "a field to be removed has an anchor; remove the anchor")
        }
        if flow {
            return index + 1 < fields.count
                ? [Splice(field.key.range.lowerBound..<fields[index + 1].key.range.lowerBound, [])]
                : [Splice(fields[index - 1].value.end..<field.value.end, [])]
        }
        if text.beginsLine(field.key.range.lowerBound) {
            var range = text.lineStart(field.key.range.lowerBound)..<text.nextLine(field.value.end)
            // The last line of a text that does not end in a line end: the end before goes instead.
            if range.upperBound == text.bytes.count, text.bytes.last != 0x0A {
                range = text.lineStop(fields[index - 1].value.end)..<text.bytes.count
            }
            return [Splice(range, [])]
        }
        // The first field stands behind the dash: the next one moves up to it.
        guard index == 0 else { throw unsafe(field.key, "a field of the image does not begin a line") }
        let next = fields[1].key.range.lowerBound
        let between = text.bytes[field.value.end..<next]
        guard !between.contains(UInt8(ascii: "#")) else {
            throw unsafe(field.key, "a comment follows the first field of the image; move it above the entry")
        }
        return [Splice(field.key.range.lowerBound..<next, [])]
    }
}
