package import Core

/// A text that cannot be read as YAML, exceeds a limit, or cannot be edited safely.
///
/// It names the place and what to do; it holds no text of the document beyond the name of a key.
package struct YAMLError: SluiceError, Hashable {
    /// What kind of fault it is; the raw value is the error's ``reason``.
    package enum Code: String, Sendable, Hashable {
        /// The text is not YAML.
        case syntax = "InvalidYAML"
        /// The text is larger, deeper or more entangled than we are willing to read.
        case limit = "YAMLLimitExceeded"
        /// A mapping names one key twice.
        case duplicateKey = "DuplicateKey"
        /// An alias or merge key leads nowhere, to itself, or to something that cannot be merged.
        case alias = "InvalidAlias"
        /// A scalar or key has no JSON counterpart.
        case value = "InvalidValue"
        /// A document has another shape than the operation needs.
        case shape = "UnexpectedShape"
        /// A field has a value that its schema forbids.
        case field = "InvalidField"
        /// An edit cannot be made without touching more than it should.
        case edit = "UnsafeEdit"
    }

    package let code: Code
    /// The file as the caller named it; empty if it had no name.
    package let file: String
    /// Nil where the fault has no single place.
    package let mark: YAMLMark?
    /// What is wrong and how to mend it, without the place.
    package let problem: String

    package init(_ code: Code, file: String = "", mark: YAMLMark? = nil, _ problem: String) {
        self.code = code
        self.file = file
        self.mark = mark
        self.problem = problem
    }

    /// The line, counted from one.
    package var line: Int? { mark?.line }
    /// The column in characters, counted from one.
    package var column: Int? { mark?.column }

    package var reason: String { code.rawValue }
    package var disposition: Disposition { .terminal }

    package var message: String {
        var place = file
        if let mark { place += place.isEmpty ? "line \(mark.line)" : ":\(mark.line):\(mark.column)" }
        return place.isEmpty ? problem : "\(place): \(problem)"
    }

    /// The same fault in a file.
    package func inFile(_ file: String) -> YAMLError { YAMLError(code, file: file, mark: mark, problem) }

    /// A key's name fit for a message: bounded, without control characters.
    static func quoted(_ key: String) -> String {
        let plain = String(String.UnicodeScalarView(key.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
        return "\"\(plain.bounded(to: 60))\""
    }
}
