import Core
import Kustomize
import Testing

/// One case of the corpus: a small tree of files, the directory to build, and what kustomize 5.8.1 makes of it.
///
/// The file's format: comment lines that begin with `#`, `build: DIR` if it is not the root, and sections that begin
/// with a line `-- NAME --`. A name `a -> b` is a symbolic link; `(escaped)` after a name means that the section is
/// one line with `\n`, `\t`, `\r` and `\xNN`. The last section is `expected` (the output) or `expected-error`.
/// `hack/kustomize-goldens` writes the last section.
struct CorpusCase: Sendable, CustomTestStringConvertible {
    let name: String
    var directory = ""
    var tree = MemoryFileTree()
    /// Nil where kustomize fails.
    var expected: [UInt8]?

    var testDescription: String { name }

    init(name: String, bytes: [UInt8]) {
        self.name = name
        var section: String?
        var content: [UInt8] = []
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("-- "), text.hasSuffix(" --") {
                close(section, content)
                section = String(text.dropFirst(3).dropLast(3))
                content = []
            } else if section != nil {
                content.append(contentsOf: line)
                content.append(0x0A)
            } else if text.hasPrefix("build: ") {
                directory = String(text.dropFirst(7))
            }
        }
        close(section, content)
    }

    private mutating func close(_ section: String?, _ content: [UInt8]) {
        guard let section else { return }
        if section == "expected" {
            expected = content
        } else if section == "expected-error" {
            expected = nil
        } else if let arrow = section.range(of: " -> ") {
            tree.link(String(section[..<arrow.lowerBound]), to: String(section[arrow.upperBound...]))
        } else if section.hasSuffix(" (escaped)") {
            tree[String(section.dropLast(10))] = CorpusCase.unescaped(content.dropLast())
        } else {
            tree[section] = content
        }
    }

    private static func unescaped(_ content: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var rest = content
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let mark = rest.popFirst() else {
                out.append(byte)
                continue
            }
            switch mark {
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "x"):
                out.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            default: out.append(mark)
            }
        }
        return out
    }

    /// Every case, sorted by name.
    static let all: [CorpusCase] = {
        let here = #filePath
        let folder = String(here[..<(here.lastIndex(of: "/") ?? here.startIndex)]) + "/Corpus"
        let tree = DirectoryFileTree(root: folder)
        var cases: [CorpusCase] = []
        for area in (try? tree.children(of: "")) ?? [] {
            for file in (try? tree.children(of: area.path)) ?? [] where file.name.hasSuffix(".case") {
                guard let bytes = try? tree.contents(of: file) else { continue }
                cases.append(CorpusCase(name: String(file.path.dropLast(5)), bytes: bytes))
            }
        }
        return cases
    }()
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            formIndex(after: &start)
        }
        return nil
    }
}
