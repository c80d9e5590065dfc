internal import CYAML

/// libyaml's parser over bytes that stay in place while it lives.
///
/// libyaml keeps a pointer to its own state, hence the allocation. Events are valid until the next one is taken.
struct YAMLEventParser: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// The event last taken; all zero before the first.
    let event: UnsafeMutablePointer<yaml_event_t>
    private let file: String
    /// Lines before the text's first one, where the text is a part of a file.
    private let lineOffset: Int

    /// - Parameter text: must outlive the parser.
    init(_ text: UnsafeBufferPointer<UInt8>, file: String, lineOffset: Int) throws(YAMLError) {
        parser = .allocate(capacity: 1)
        event = .allocate(capacity: 1)
        event.initialize(to: yaml_event_t())
        parser.initialize(to: yaml_parser_t())
        self.file = file
        self.lineOffset = lineOffset
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLError(.limit, file: file, "there is no memory to read YAML")
        }
        // libyaml refuses a null input, which an empty buffer may have; of length zero, any address will do.
        let start = text.baseAddress ?? UnsafeRawPointer(parser).assumingMemoryBound(to: UInt8.self)
        yaml_parser_set_input_string(parser, start, text.count)
    }

    deinit {
        yaml_event_delete(event)
        yaml_parser_delete(parser)
        event.deallocate()
        parser.deallocate()
    }

    /// Takes the next event and returns its type.
    func next() throws(YAMLError) -> yaml_event_type_t {
        yaml_event_delete(event)
        guard yaml_parser_parse(parser, event) == 1 else { throw failure() }
        return event.pointee.type
    }

    func isAtEnd(_ type: yaml_event_type_t) -> Bool { type == YAML_STREAM_END_EVENT || type == YAML_NO_EVENT }

    /// The line on which what follows the current event begins, counted from one.
    var endLine: Int { mark(event.pointee.end_mark).line }

    /// Where the current event begins.
    var mark: YAMLMark { mark(event.pointee.start_mark) }

    private func mark(_ mark: yaml_mark_t) -> YAMLMark {
        YAMLMark(line: Int(clamping: mark.line) + 1 + lineOffset, column: Int(clamping: mark.column) + 1)
    }

    /// libyaml's complaint as an error. Its texts are constants and hold nothing of the document.
    private func failure() -> YAMLError {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "the text is malformed"
        switch state.error {
        case YAML_MEMORY_ERROR:
            return YAMLError(.limit, file: file, "there is no memory to read YAML")
        case YAML_READER_ERROR:
            let place = mark(state.mark)
            return YAMLError(.syntax, file: file, mark: place, YAMLAdvice.reader(problem))
        default:
            let context = state.context.map { String(cString: $0) }
            return YAMLError(
                .syntax, file: file, mark: mark(state.problem_mark), YAMLAdvice.text(problem, context: context))
        }
    }
}
