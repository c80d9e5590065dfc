extension YAML {
    /// How often a text is read anew because of one more escape that libyaml does not know.
    private static let mendedEscapes = 100

    /// Reads a text with go-yaml's escapes in double quotes: it knows `\'`, which libyaml does not, and does not know `\/`.
    static func withGoEscapes<Result>(
        _ chunk: YAMLChunk, file: String, _ read: (YAMLChunk) throws(YAMLError) -> Result
    ) throws(YAMLError) -> Result {
        try refuseEscapedSlashes(chunk, file: file)
        var chunk = chunk
        for _ in 0..<mendedEscapes {
            do throws(YAMLError) {
                return try read(chunk)
            } catch {
                guard error.problem.hasPrefix(YAMLAdvice.unknownEscape), let mark = error.mark,
                    let index = index(of: mark, in: chunk), index + 1 < chunk.bytes.endIndex,
                    chunk.bytes[index] == UInt8(ascii: "\\"), chunk.bytes[index + 1] == UInt8(ascii: "'")
                else { throw error }
                var bytes = Array(chunk.bytes)
                bytes.remove(at: index - chunk.bytes.startIndex)
                chunk = YAMLChunk(bytes: bytes[...], firstLine: chunk.firstLine)
            }
        }
        return try read(chunk)
    }

    /// Throws if a text in double quotes has `\/`: read with another escape in its place, one that nothing knows, it fails
    /// there and only there.
    private static func refuseEscapedSlashes(_ chunk: YAMLChunk, file: String) throws(YAMLError) {
        let (backslash, slash) = (UInt8(ascii: "\\"), UInt8(ascii: "/"))
        let isSuspect = chunk.bytes.withUnsafeBufferPointer { text in
            var index = 0
            while let found = text[index...].firstIndex(of: backslash) {
                if found + 1 < text.count, text[found + 1] == slash { return true }
                index = found + 1
            }
            return false
        }
        guard isSuspect else { return }
        var bytes = Array(chunk.bytes)
        for index in bytes.indices.dropLast() where bytes[index] == backslash && bytes[index + 1] == slash {
            bytes[index + 1] = UInt8(ascii: "q")
        }
        do throws(YAMLError) {
            try bytes.withUnsafeBufferPointer { text throws(YAMLError) in
                let parser = try YAMLEventParser(text, file: file, lineOffset: chunk.firstLine - 1)
                while !parser.isAtEnd(try parser.next()) {}
            }
        } catch {
            guard error.problem.hasPrefix(YAMLAdvice.unknownEscape), let mark = error.mark,
                let index = index(of: mark, in: YAMLChunk(bytes: bytes[...], firstLine: chunk.firstLine)),
                index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "q"),
                chunk.bytes[chunk.bytes.startIndex + index + 1] == slash
            else { return }
            throw YAMLError(.syntax, file: file, mark: mark, "kustomize does not know \\/ in double quotes; write /")
        }
    }

    /// Where a place is in a chunk's bytes.
    private static func index(of mark: YAMLMark, in chunk: YAMLChunk) -> Int? {
        var rest = chunk.bytes
        for _ in chunk.firstLine..<max(chunk.firstLine, mark.line) {
            guard let end = rest.firstIndex(of: 0x0A) else { return nil }
            rest = rest[(end + 1)...]
        }
        if mark.line == chunk.firstLine, rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var index = rest.startIndex
        for _ in 1..<mark.column {
            guard index < rest.endIndex else { return nil }
            index += YAMLText.width(rest[index])
        }
        return index < rest.endIndex ? index : nil
    }
}
