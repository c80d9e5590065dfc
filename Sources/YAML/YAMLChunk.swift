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
