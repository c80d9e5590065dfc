/// The bytes of a text that is edited in place, with its lines.
struct SourceText {
    let bytes: [UInt8]
    /// The bytes of the text's line end: CR LF or LF.
    let lineEnd: [UInt8]
    /// Byte offsets of characters; empty where the text is ASCII and each character is a byte.
    private let offsets: [Int]
    private let first: Int

    /// A file larger than this is no kustomization: 4 MiB.
    private static let limit = 4 << 20

    /// Throws ``YAMLError`` for texts that cannot be edited by lines: too large, not UTF-8, or with bare CRs.
    init(_ bytes: [UInt8], file: String) throws(YAMLError) {
        guard bytes.count <= Self.limit else {
            throw YAMLError(.limit, file: file, "the file is larger than \(Self.limit) bytes")
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw YAMLError(.edit, file: file, "the file is UTF-16; save it as UTF-8")
        }
        self.bytes = bytes
        let newline = bytes.firstIndex(of: 0x0A)
        let isCRLF = newline.map { $0 > 0 && bytes[$0 - 1] == 0x0D } ?? false
        lineEnd = isCRLF ? [0x0D, 0x0A] : [0x0A]
        for index in bytes.indices where bytes[index] == 0x0D {
            guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else {
                throw YAMLError(.edit, file: file, "the file has bare carriage returns; save it with LF or CR LF")
            }
        }
        // libyaml leaves the byte order mark out of its count.
        first = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        if bytes.allSatisfy({ $0 < 0x80 }) {
            offsets = []
        } else {
            offsets = (first..<bytes.count).filter { bytes[$0] & 0xC0 != 0x80 }
        }
    }

    /// Where the character with this number begins.
    func offset(ofCharacter index: Int) -> Int {
        if offsets.isEmpty { return min(bytes.count, first + index) }
        return index < offsets.count ? offsets[index] : bytes.count
    }

    /// Where the line that holds an offset begins.
    func lineStart(_ offset: Int) -> Int {
        var index = min(offset, bytes.count)
        while index > 0, bytes[index - 1] != 0x0A { index -= 1 }
        return index == 0 ? min(first, offset) : index
    }

    /// Where the line that holds an offset ends, before its CR or LF.
    func lineStop(_ offset: Int) -> Int {
        var index = offset
        while index < bytes.count, bytes[index] != 0x0A { index += 1 }
        if index < bytes.count, index > offset, bytes[index - 1] == 0x0D { index -= 1 }
        return index
    }

    /// Where the line after the one that holds an offset begins, or the text's end.
    func nextLine(_ offset: Int) -> Int {
        var index = offset
        while index < bytes.count, bytes[index] != 0x0A { index += 1 }
        return min(bytes.count, index + 1)
    }

    /// What stands before an offset on its line.
    func prefix(_ offset: Int) -> ArraySlice<UInt8> { bytes[lineStart(offset)..<offset] }

    /// Whether only blanks stand before an offset on its line.
    func beginsLine(_ offset: Int) -> Bool { prefix(offset).allSatisfy { $0 == 0x20 || $0 == 0x09 } }

    /// The blanks that bring a new line to the column of an offset.
    func indentation(of offset: Int) -> [UInt8] {
        let columns = prefix(offset).filter { $0 & 0xC0 != 0x80 }
        return columns.map { _ in 0x20 }
    }

    /// The text with some ranges replaced; they must not overlap.
    func applying(_ splices: [Splice]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + splices.reduce(0) { $0 + $1.replacement.count })
        var done = 0
        for splice in splices.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
        where splice.range.lowerBound >= done {
            out += bytes[done..<splice.range.lowerBound]
            out += splice.replacement
            done = splice.range.upperBound
        }
        out += bytes[done...]
        return out
    }
}

/// One replacement in a text.
struct Splice {
    var range: Range<Int>
    var replacement: [UInt8]

    init(_ range: Range<Int>, _ replacement: [UInt8]) {
        self.range = range
        self.replacement = replacement
    }

    static func insert(_ text: [UInt8], at offset: Int) -> Splice { Splice(offset..<offset, text) }
}
