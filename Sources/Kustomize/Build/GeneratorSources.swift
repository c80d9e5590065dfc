/// Where a generated ConfigMap or Secret takes its keys and values from.
struct GeneratorSources {
    let entry: GeneratorEntry
    let loader: Loader

    /// All pairs, sorted by key; a key that is given twice is an error.
    func pairs() throws(KustomizeError) -> [(key: String, value: [UInt8])] {
        var pairs: [String: [UInt8]] = [:]
        func add(_ key: String, _ value: [UInt8], _ source: Located) throws(KustomizeError) {
            guard pairs.updateValue(value, forKey: key) == nil else {
                throw loader.error(.conflict, source, "the key \(key) is given twice: keys must differ")
            }
        }
        for source in entry.envs {
            for (key, value) in try lines(of: source) { try add(key, value, source) }
        }
        for source in entry.literals {
            let (key, value) = try literal(source)
            try add(key, value, source)
        }
        for source in entry.files {
            let (key, path) = try file(source)
            try add(key, try loader.file(Located(text: path, line: source.line, field: source.field)).bytes, source)
        }
        return pairs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// `key=value`; one pair of quotes around the value is dropped.
    private func literal(_ source: Located) throws(KustomizeError) -> (String, [UInt8]) {
        guard let equals = source.text.firstIndex(of: "="), equals > source.text.startIndex else {
            throw loader.error(.invalidKustomization, source, "a literal is written key=value")
        }
        var value = Array(source.text[source.text.index(after: equals)...].utf8)
        if value.count >= 2, let first = value.first, first == value.last,
            first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
        {
            value = Array(value[1..<(value.count - 1)])
        }
        return (String(source.text[..<equals]), value)
    }

    /// `key=path`, or a path whose last component is the key.
    private func file(_ source: Located) throws(KustomizeError) -> (key: String, path: String) {
        let parts = source.text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return (source.text.split(separator: "/").last.map(String.init) ?? "", source.text)
        case 2 where !parts[0].isEmpty && !parts[1].isEmpty: return (parts[0], parts[1])
        default:
            throw loader.error(.invalidKustomization, source, "a file is written path or key=path")
        }
    }

    /// The lines of an environment file.
    private func lines(of source: Located) throws(KustomizeError) -> [(String, [UInt8])] {
        var bytes = try loader.file(source).bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var out: [(String, [UInt8])] = []
        for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            var line = line
            if line.last == 0x0D { line = line.dropLast() }
            guard let text = String(validating: line, as: UTF8.self) else {
                throw loader.error(
                    .invalidKustomization, source, "line \(number + 1) of \(source.text) is not UTF-8")
            }
            let trimmed = text.drop(while: \.isWhitespace)
            guard let first = trimmed.first, first != "#" else { continue }
            guard let equals = trimmed.firstIndex(of: "=") else {
                // The real kustomize leaves such a value empty too: it does not read the environment.
                out.append((String(trimmed), []))
                continue
            }
            out.append((String(trimmed[..<equals]), Array(trimmed[trimmed.index(after: equals)...].utf8)))
        }
        return out
    }
}
