/// New scalars for an edited file.
enum ImageText {
    /// A text in a style, or in quotes where a plain text would mean something else.
    ///
    /// - Parameters:
    ///   - quote: the quotes to take where the style asks for none.
    ///   - flow: whether it stands within brackets or braces.
    static func scalar(_ text: String, style: YAMLScalar.Style, quote: YAMLScalar.Style, flow: Bool) -> [UInt8] {
        switch style {
        case .plain where isPlain(text, flow: flow): Array(text.utf8)
        case .singleQuoted where isPrintable(text): single(text)
        case .plain where quote == .singleQuoted && isPrintable(text): single(text)
        default: double(text)
        }
    }

    /// Whether a text needs no quotes: it means a string to every reader and has no indicators.
    private static func isPlain(_ text: String, flow: Bool) -> Bool {
        guard YAMLScalar.isPlainString(text), isPrintable(text) else { return false }
        var text = text
        return text.withUTF8 { bytes in
            guard YAMLScalarAnalysis(bytes).plainAllowed else { return false }
            guard flow else { return true }
            return !bytes.contains { ",[]{}?".utf8.contains($0) }
        }
    }

    private static func isPrintable(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func single(_ text: String) -> [UInt8] {
        var out = [UInt8(ascii: "'")]
        for byte in text.utf8 {
            if byte == UInt8(ascii: "'") { out.append(byte) }
            out.append(byte)
        }
        out.append(UInt8(ascii: "'"))
        return out
    }

    private static func double(_ text: String) -> [UInt8] {
        var writer = YAMLWriter()
        var text = text
        text.withUTF8 { writer.writeDoubleQuoted($0, folding: false) }
        return writer.out
    }
}
