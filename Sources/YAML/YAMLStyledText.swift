/// Writes a node in its own styles and order, as go-yaml v3 does: sequences are not indented under their key, nothing is
/// folded at any column, and collections in brackets stay in brackets. Comments are not kept.
package struct YAMLStyledText {
    private var writer = YAMLWriter()
    private var flowLevel = 0

    /// The text of one node, ending in a line feed.
    package static func text(of node: YAMLNode) -> String {
        var text = YAMLStyledText()
        text.writer.width = .max
        text.write(node, inMapping: false)
        text.writer.endDocument()
        return String(decoding: text.writer.out, as: UTF8.self)
    }

    private mutating func write(_ node: YAMLNode, inMapping: Bool) {
        switch node.content {
        case .scalar(let scalar): write(scalar, isKey: false)
        case .sequence(let elements):
            guard !elements.isEmpty else { return writer.empty("[", "]") }
            guard !node.isFlow, flowLevel == 0 else { return writeFlow(elements) }
            let outer = writer.openSequence(inMapping: inMapping)
            for element in elements {
                writer.item()
                write(element, inMapping: false)
            }
            writer.close(outer)
        case .mapping(let mapping):
            guard !mapping.entries.isEmpty else { return writer.empty("{", "}") }
            guard !node.isFlow, flowLevel == 0 else { return writeFlow(mapping) }
            let outer = writer.openMapping()
            for entry in mapping.entries {
                writer.writeIndent()
                write(entry.key, isKey: true)
                writer.indicator(UInt8(ascii: ":"), spaced: false)
                write(entry.value, inMapping: true)
            }
            writer.close(outer)
        }
    }

    private mutating func writeFlow(_ elements: [YAMLNode]) {
        flowLevel += 1
        writer.indicator(UInt8(ascii: "["), spaced: true, isWhitespace: true)
        for (index, element) in elements.enumerated() {
            if index > 0 { writer.indicator(UInt8(ascii: ","), spaced: false) }
            write(element, inMapping: false)
        }
        writer.indicator(UInt8(ascii: "]"), spaced: false)
        flowLevel -= 1
    }

    private mutating func writeFlow(_ mapping: YAMLMapping) {
        flowLevel += 1
        writer.indicator(UInt8(ascii: "{"), spaced: true, isWhitespace: true)
        for (index, entry) in mapping.entries.enumerated() {
            if index > 0 { writer.indicator(UInt8(ascii: ","), spaced: false) }
            write(entry.key, isKey: true)
            writer.indicator(UInt8(ascii: ":"), spaced: false)
            write(entry.value, inMapping: true)
        }
        writer.indicator(UInt8(ascii: "}"), spaced: false)
        flowLevel -= 1
    }

    // MARK: Scalars

    private mutating func write(_ scalar: YAMLScalar, isKey: Bool) {
        if let tag = scalar.tag { writer.plain(tag) }
        var text = scalar.text
        let style = scalar.style
        let inBlock = flowLevel == 0
        text.withUTF8 { bytes in
            let analysis = YAMLScalarAnalysis(bytes)
            let outer = writer.indent
            writer.indent = max(outer, 0) + 2
            defer { writer.indent = outer }
            switch style {
            case .plain where bytes.isEmpty && inBlock && !isKey:
                (writer.whitespace, writer.indention) = (false, false)
            case .plain where isPlain(bytes, analysis):
                writer.writePlain(bytes, isSimple: analysis.isSimple, folding: false)
            case .plain where analysis.hasNewline && analysis.literalAllowed && inBlock && !isKey,
                .literal where analysis.literalAllowed && inBlock && !isKey:
                writer.writeLiteral(bytes)
            case .folded where analysis.foldedAllowed && inBlock && !isKey:
                writer.writeFolded(bytes)
            case .plain where analysis.singleQuotedAllowed, .singleQuoted where analysis.singleQuotedAllowed:
                writer.writeSingleQuoted(bytes, folding: false)
            default: writer.writeDoubleQuoted(bytes, folding: false)
            }
        }
    }

    private func isPlain(_ text: UnsafeBufferPointer<UInt8>, _ analysis: YAMLScalarAnalysis) -> Bool {
        guard !text.isEmpty, analysis.plainAllowed else { return false }
        let indicators: Set<UInt8> = Set(",?[]{}".utf8)
        return flowLevel == 0 || !text.contains { indicators.contains($0) }
    }
}

extension YAMLWriter {
    /// Writes a text as a folded block on long lines; see ``YAMLFolding`` for what becomes of it.
    fileprivate mutating func writeFolded(_ text: UnsafeBufferPointer<UInt8>) {
        indicator(UInt8(ascii: ">"), spaced: true)
        blockHints(text)
        putBreak()
        (whitespace, indention) = (true, true)
        let newline = UInt8(ascii: "\n")
        let startsWithText = text.first { $0 != newline }.map { $0 != 0x20 && $0 != 0x09 } ?? false
        var (breaks, leadingBlank) = (true, true)
        var index = 0
        while index < text.count {
            if text[index] == newline {
                if !breaks, !leadingBlank, startsWithText { putBreak() }
                putBreak()
                indention = true
                breaks = true
            } else {
                if breaks {
                    writeIndent()
                    leadingBlank = text[index] == 0x20 || text[index] == 0x09
                }
                put(text[index])
                indention = false
                breaks = false
            }
            index += 1
        }
    }
}
