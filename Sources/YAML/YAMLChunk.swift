/// A part of a file between two document separators.
package struct YAMLChunk: Sendable, Hashable {
    /// The text with its last line end, without the separator.
    package let bytes: ArraySlice<UInt8>
    /// The line of the file that the chunk begins on, counted from one.
    package let firstLine: Int

    package init(bytes: ArraySlice<UInt8>, firstLine: Int) {
        self.bytes = bytes
        self.firstLine = firstLine
    }
}

extension YAMLChunk {
    /// Whether there is a comment on or behind a line of the file on which nothing else stands.
    func hasComment(from line: Int) -> Bool {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropFirst(line - firstLine)
        while let next = lines.popFirst() {
            if next.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "#") { return true }
        }
        return false
    }
}

extension YAMLNode {
    /// Whether the last text in it is a block that ends in an empty line, and is written as one once more.
    var endsInKeptLines: Bool {
        switch content {
        case .scalar(let scalar):
            guard scalar.style == .literal || scalar.style == .folded else { return false }
            return scalar.text.utf8.last == 0x0A && scalar.text.utf8.dropLast().last ?? 0x0A == 0x0A
                && YAMLFolding.canFold(scalar.text)
        case .sequence(let elements): return elements.last?.endsInKeptLines ?? false
        case .mapping(let mapping): return mapping.entries.last?.value.endsInKeptLines ?? false
        }
    }

    /// Adds a line end to the last text in it.
    mutating func appendLineEnd() {
        switch content {
        case .scalar(var scalar):
            scalar.text += "\n"
            content = .scalar(scalar)
        case .sequence(var elements):
            guard var last = elements.popLast() else { return }
            last.appendLineEnd()
            content = .sequence(elements + [last])
        case .mapping(var mapping):
            guard var last = mapping.entries.popLast() else { return }
            last.value.appendLineEnd()
            mapping.entries.append(last)
            content = .mapping(mapping)
        }
    }
}

extension YAML {
    /// Splits a file as kustomize does: at every line that begins with `---`, save the file's first and one that
    /// directly follows another separator (that one opens the next document).
    ///
    /// A separator may carry only blanks and a comment: anything else on its line is an error, as it is for kustomize.
    package static func chunks(of bytes: [UInt8], file: String = "") throws(YAMLError) -> [YAMLChunk] {
        guard !bytes.isEmpty else { return [] }
        let newline = UInt8(ascii: "\n")
        let dash = UInt8(ascii: "-")
        return try bytes.withUnsafeBufferPointer { text throws(YAMLError) in
            var out: [YAMLChunk] = []
            var start = 0
            var firstLine = 1
            var line = 1
            var index = 0
            while let end = text[index...].firstIndex(of: newline) {
                line += 1
                index = end + 1
                // `index` begins a line that has a line before it in this chunk.
                guard index + 2 < text.count, text[index] == dash, text[index + 1] == dash, text[index + 2] == dash,
                    let close = text[index...].firstIndex(of: newline)
                else { continue }
                let rest = text[(index + 3)..<close].first { $0 != 0x20 && !(0x09...0x0D).contains($0) }
                guard rest == nil || rest == UInt8(ascii: "#") else {
                    throw YAMLError(
                        .syntax, file: file, mark: YAMLMark(line: line, column: 1),
                        "a document separator has text after ---; move it to the next line")
                }
                out.append(YAMLChunk(bytes: bytes[start..<index], firstLine: firstLine))
                line += 1
                index = close + 1
                start = index
                firstLine = line
            }
            out.append(YAMLChunk(bytes: bytes[start...], firstLine: firstLine))
            return out
        }
    }
}
