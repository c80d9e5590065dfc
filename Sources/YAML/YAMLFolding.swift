/// What becomes of folded texts (`>`) on their way through kustomize.
///
/// It writes each resource with go-yaml v3 and reads it again. That writer puts a second line end after every line
/// that does not begin with a blank, which the reader takes back only where it folds: not before a line that begins
/// with a blank, and not at the end of a text that keeps its line ends. If the text as a whole begins with a blank the
/// writer puts none, and the reader folds lines that were apart.
package enum YAMLFolding {
    /// Whether that writer can write a text as a block at all; what it cannot stands in quotes.
    package static func canFold(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { YAMLScalarAnalysis($0).foldedAllowed }
    }

    /// The text as it reads back.
    package static func reread(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            // A text that cannot be folded is written in quotes and stays.
            guard YAMLScalarAnalysis(bytes).foldedAllowed else { return nil }
            return reread(bytes)
        } ?? text
    }

    private static func reread(_ text: UnsafeBufferPointer<UInt8>) -> String {
        let newline = UInt8(ascii: "\n")
        func isBlank(_ index: Int) -> Bool { index < text.count && (text[index] == 0x20 || text[index] == 0x09) }
        let content = text.firstIndex { $0 != newline } ?? text.count
        let doubles = content < text.count && !isBlank(content)
        var out = Array(text[..<content])
        out.reserveCapacity(text.count + 16)
        var index = content
        while index < text.count {
            let start = index
            while index < text.count, text[index] != newline { index += 1 }
            out += text[start..<index]
            let stop = index
            while index < text.count, text[index] == newline { index += 1 }
            var breaks = index - stop
            guard breaks > 0 else { break }
            if doubles, !isBlank(start) { breaks += 1 }
            if index == text.count {
                // One line end at the end of a text is kept as one however many are written.
                if index - stop == 1 { breaks = 1 }
            } else if !isBlank(start), !isBlank(index) {
                if breaks == 1 {
                    out.append(0x20)
                    breaks = 0
                } else {
                    breaks -= 1
                }
            }
            out += Array(repeating: newline, count: breaks)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
