extension ImagesEditor {
    func isFlow(_ node: SourceNode) -> Bool {
        switch node.content {
        case .mapping(_, let flow), .sequence(_, let flow): flow
        case .scalar, .alias: false
        }
    }

    /// Whether the file is written as JSON: its first key has double quotes.
    private var isJSON: Bool {
        guard case .mapping(let entries, flow: true) = root.content else { return false }
        return entries.first?.key.scalar?.style == .doubleQuoted
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: A field of an entry

    func add(_ field: String, _ value: String, to entry: SourceNode) throws(YAMLError) -> [Splice] {
        guard case .mapping(let fields, let flow) = entry.content,
            let after = fields.last(where: { ["name", "newname", "newtag"].contains($0.key.scalar?.text.lowercased()) }
            ),
            let key = after.key.scalar
        else { throw unsafe(entry, "an entry of images must be a mapping") }
        let style = key.style == .plain ? YAMLScalar.Style.plain : .doubleQuoted
        let name = ImageText.scalar(field, style: key.style, quote: quote, flow: flow)
        let value = ImageText.scalar(value, style: style, quote: quote, flow: flow)
        if !flow {
            // A value that is empty or ends a line has nothing but blanks and a comment behind it.
            let line = text.lineEnd + text.indentation(of: after.key.range.lowerBound) + name + bytes(": ") + value
            return [.insert(line, at: text.lineStop(after.value.end))]
        }
        let colon = separator(after)
        return [.insert(gap(before: after.key, colon) + name + colon + value, at: after.value.end)]
    }

    /// What stands between a key and its value: `: ` or, in compact JSON, `:`.
    private func separator(_ field: (key: SourceNode, value: SourceNode)) -> [UInt8] {
        let between = text.bytes[field.key.end..<max(field.key.end, field.value.range.lowerBound)]
        return between.elementsEqual([UInt8(ascii: ":")]) && field.key.scalar?.style == .doubleQuoted
            ? [UInt8(ascii: ":")] : bytes(": ")
    }

    /// The comma and what follows it before another node like this one in a flow collection.
    private func gap(before node: SourceNode, _ colon: [UInt8]) -> [UInt8] {
        if text.beginsLine(node.range.lowerBound) {
            return bytes(",") + text.lineEnd + text.prefix(node.range.lowerBound)
        }
        return colon.count == 1 ? bytes(",") : bytes(", ")
    }

    // MARK: An entry

    /// A new entry in flow style.
    private func flowEntry(_ edit: ImageEdit, like model: SourceNode?) -> [UInt8] {
        var fields: [(String, String)] = [("name", edit.name)]
        for (field, wish) in edit.wishes {
            if case .set(let value) = wish { fields.append((field, value)) }
        }
        var (open, gap, colon, close) = (bytes("{"), bytes(", "), bytes(": "), bytes("}"))
        var style: YAMLScalar.Style = isJSON ? .doubleQuoted : .plain
        if let model, case .mapping(let entries, flow: true) = model.content, let first = entries.first {
            style = first.key.scalar?.style ?? style
            colon = separator(first)
            if colon.count == 1 { gap = bytes(",") }
            let start = first.key.range.lowerBound
            if text.beginsLine(start) {
                open += text.lineEnd + text.prefix(start)
                gap = bytes(",") + text.lineEnd + text.prefix(start)
                let brace = model.end - 1
                if text.beginsLine(brace) { close = text.lineEnd + text.prefix(brace) + close }
            }
        }
        var out = open
        for (index, field) in fields.enumerated() {
            if index > 0 { out += gap }
            out += ImageText.scalar(field.0, style: style, quote: quote, flow: true) + colon
            out += ImageText.scalar(field.1, style: style, quote: quote, flow: true)
        }
        return out + close
    }

    /// A new entry in block style, its dash behind `indent`, without a line end before or after.
    private func blockEntry(_ edit: ImageEdit, indent: [UInt8], dash: [UInt8]) -> [UInt8] {
        let inner = text.lineEnd + indent + dash.map { _ in 0x20 }
        var out = indent + dash + bytes("name: ")
        out += ImageText.scalar(edit.name, style: .plain, quote: quote, flow: false)
        for (field, wish) in edit.wishes {
            guard case .set(let value) = wish else { continue }
            out += inner + bytes("\(field): ")
            out += ImageText.scalar(value, style: .plain, quote: quote, flow: false)
        }
        return out
    }

    func addEntry(
        to list: SourceNode, _ entries: [SourceNode], flow: Bool, _ edit: ImageEdit
    ) throws(YAMLError) -> [Splice] {
        guard let last = entries.last else {
            // Only brackets can hold no entry; the opening one is the last in an anchor's or tag's wake.
            guard let bracket = text.bytes[list.range].lastIndex(of: UInt8(ascii: "[")) else {
                throw unsafe(list, "images is no list that can be added to")
            }
            return [.insert(flowEntry(edit, like: nil), at: bracket + 1)]
        }
        if flow {
            let colon = isJSON ? separatorOf(last) : bytes(": ")
            return [.insert(gap(before: last, colon) + flowEntry(edit, like: last), at: last.end)]
        }
        if isFlow(last) {
            let (indent, dash) = try bullet(of: last)
            return [.insert(text.lineEnd + indent + dash + flowEntry(edit, like: last), at: text.lineStop(last.end))]
        }
        let (indent, dash) = try bullet(of: last)
        return [.insert(text.lineEnd + blockEntry(edit, indent: indent, dash: dash), at: text.lineStop(last.end))]
    }

    private func separatorOf(_ entry: SourceNode) -> [UInt8] {
        guard case .mapping(let fields, _) = entry.content, let first = fields.first else { return bytes(": ") }
        return separator(first)
    }

    /// The blanks before an item's dash, and the dash with the blanks behind it.
    private func bullet(of item: SourceNode) throws(YAMLError) -> (indent: [UInt8], dash: [UInt8]) {
        let prefix = text.prefix(item.range.lowerBound)
        guard let dash = prefix.firstIndex(of: UInt8(ascii: "-")),
            prefix[..<dash].allSatisfy({ $0 == 0x20 }), prefix[(dash + 1)...].allSatisfy({ $0 == 0x20 }),
            dash + 1 < prefix.endIndex
        else { throw unsafe(item, "the last entry of images does not follow its dash; write both on one line") }
        return (Array(prefix[..<dash]), Array(prefix[dash...]))
    }

    // MARK: The list

    /// How far the file indents lists under their keys.
    private var listIndent: [UInt8] {
        guard case .mapping(let entries, _) = root.content else { return [] }
        for entry in entries {
            guard case .sequence(let items, flow: false) = entry.value.content, let first = items.first else {
                continue
            }
            let prefix = text.prefix(first.range.lowerBound)
            guard let dash = prefix.firstIndex(of: UInt8(ascii: "-")) else { continue }
            let column = entry.key.mark.column - 1
            return Array(repeating: 0x20, count: max(0, dash - prefix.startIndex - column))
        }
        return []
    }

    /// Fills `images:` that has no value.
    func fillNull(_ value: SourceNode, _ edit: ImageEdit) throws(YAMLError) -> [Splice] {
        guard value.anchor == nil else { throw unsafe(value, "images is empty and has an anchor; write the list out") }
        if value.range.isEmpty, !isFlow(root) {
            let entry = text.lineEnd + blockEntry(edit, indent: rootIndent + listIndent, dash: bytes("- "))
            return [.insert(entry, at: text.lineStop(value.end))]
        }
        let list = bytes("[") + flowEntry(edit, like: nil) + bytes("]")
        let gap = value.range.isEmpty && text.prefix(value.range.lowerBound).last == UInt8(ascii: ":") ? bytes(" ") : []
        return [Splice(value.range, gap + list)]
    }

    private var rootIndent: [UInt8] {
        guard case .mapping(let entries, flow: false) = root.content, let first = entries.first else { return [] }
        return Array(repeating: 0x20, count: first.key.mark.column - 1)
    }

    /// Adds `images` with its first entry.
    func addList(_ edit: ImageEdit) throws(YAMLError) -> [Splice] {
        guard case .mapping(let entries, let flow) = root.content, let last = entries.last else {
            throw unsafe(root, "the kustomization is empty; give it an apiVersion, a kind and resources")
        }
        if flow {
            let colon = separator(last)
            let key = ImageText.scalar("images", style: last.key.scalar?.style ?? .plain, quote: quote, flow: true)
            let list = bytes("[") + flowEntry(edit, like: nil) + bytes("]")
            return [.insert(gap(before: last.key, colon) + key + colon + list, at: last.value.end)]
        }
        let endsLine = text.bytes.last == 0x0A
        var lines = endsLine ? [] : text.lineEnd
        lines += rootIndent + bytes("images:") + text.lineEnd
        lines += blockEntry(edit, indent: rootIndent + listIndent, dash: bytes("- "))
        if endsLine { lines += text.lineEnd }
        return [.insert(lines, at: text.bytes.count)]
    }
}
