/// Reading of YAML texts with libyaml.
package enum YAML {
    /// The documents of a text, anchors expanded and merge keys resolved.
    ///
    /// UTF-8 with or without a byte order mark, and any line ends. A text without a document gives none; an empty
    /// document between two markers gives an empty plain scalar, which resolves to null.
    ///
    /// - Parameter file: the name for error messages.
    package static func documents(
        parsing bytes: [UInt8], limits: YAMLLimits = YAMLLimits(), duplicateKeys: YAMLDuplicateKeys = .error,
        file: String = ""
    ) throws(YAMLError) -> [YAMLNode] {
        try read(
            YAMLChunk(bytes: bytes[...], firstLine: 1), upTo: .max, limits: limits, duplicateKeys: duplicateKeys,
            file: file)
    }

    /// The one document of a text that must have exactly one; a null node if the text is empty.
    package static func document(
        parsing bytes: [UInt8], limits: YAMLLimits = YAMLLimits(), duplicateKeys: YAMLDuplicateKeys = .error,
        file: String = ""
    ) throws(YAMLError) -> YAMLNode {
        let all = try documents(parsing: bytes, limits: limits, duplicateKeys: duplicateKeys, file: file)
        guard all.count < 2 else {
            throw YAMLError(.shape, file: file, mark: all[1].mark, "there is more than one document; keep only one")
        }
        return all.first ?? YAMLNode(.scalar(YAMLScalar("")))
    }

    /// The first document of a chunk, or nil if it has none, with go-yaml's escapes. What follows that document is not
    /// looked at.
    package static func firstDocument(
        of chunk: YAMLChunk, limits: YAMLLimits = YAMLLimits(), duplicateKeys: YAMLDuplicateKeys = .error,
        file: String = ""
    ) throws(YAMLError) -> YAMLNode? {
        try withGoEscapes(chunk, file: file) { chunk throws(YAMLError) in
            try read(chunk, upTo: 1, limits: limits, duplicateKeys: duplicateKeys, file: file).first
        }
    }

    /// The documents of a file of resources as kustomize reads it: split into chunks, the first document of each,
    /// null ones left out.
    ///
    /// A mapping has one merge key at most there, and double quotes have go-yaml's escapes. A text at a document's end
    /// that keeps its line ends has one more if a comment follows: so it comes out of kustomize.
    package static func resources(
        parsing bytes: [UInt8], limits: YAMLLimits = YAMLLimits(), duplicateKeys: YAMLDuplicateKeys = .error,
        file: String = ""
    ) throws(YAMLError) -> [YAMLNode] {
        let chunks = try chunks(of: bytes, file: file)
        guard chunks.count <= limits.documents else {
            throw YAMLError(.limit, file: file, "there are more than \(limits.documents) documents; split the file")
        }
        guard bytes.count <= limits.bytes else { throw tooLarge(limits, file: file) }
        var left = limits
        var out: [YAMLNode] = []
        for chunk in chunks {
            let document = try withGoEscapes(chunk, file: file) { chunk throws(YAMLError) in
                var rest = left
                defer { left = rest }
                return try readOne(chunk, limits: &rest, duplicateKeys: duplicateKeys, file: file)
            }
            if let document, !document.isNull { out.append(document) }
        }
        return out
    }

    private static func tooLarge(_ limits: YAMLLimits, file: String) -> YAMLError {
        YAMLError(.limit, file: file, "the text is larger than \(limits.bytes) bytes; split it")
    }

    /// Throws where a text begins with masses of `%` lines: libyaml compares each of them with all before.
    private static func checkDirectives(_ chunk: YAMLChunk, file: String) throws(YAMLError) {
        var directives = 0
        var rest = chunk.bytes
        while let first = rest.first,
            first == UInt8(ascii: "%") || first == UInt8(ascii: "#") || first == 0x0A || first == 0x0D
        {
            if first == UInt8(ascii: "%") { directives += 1 }
            guard directives <= 64 else {
                throw YAMLError(.limit, file: file, "there are more than 64 directives (lines with %); remove them")
            }
            guard let end = rest.firstIndex(of: 0x0A) else { return }
            rest = rest[(end + 1)...]
        }
    }

    private static func read(
        _ chunk: YAMLChunk, upTo limit: Int, limits: YAMLLimits, duplicateKeys: YAMLDuplicateKeys, file: String
    ) throws(YAMLError) -> [YAMLNode] {
        guard chunk.bytes.count <= limits.bytes else { throw tooLarge(limits, file: file) }
        try checkDirectives(chunk, file: file)
        return try chunk.bytes.withUnsafeBufferPointer { text throws(YAMLError) in
            var composer = try YAMLComposer(
                text, limits: limits, duplicateKeys: duplicateKeys, file: file, lineOffset: chunk.firstLine - 1,
                mergesOnce: false)
            return try composer.documents(upTo: limit)
        }
    }

    /// Reads a chunk's first document and takes its nodes off the budget that all chunks share.
    private static func readOne(
        _ chunk: YAMLChunk, limits: inout YAMLLimits, duplicateKeys: YAMLDuplicateKeys, file: String
    ) throws(YAMLError) -> YAMLNode? {
        try checkDirectives(chunk, file: file)
        return try chunk.bytes.withUnsafeBufferPointer { text throws(YAMLError) in
            var composer = try YAMLComposer(
                text, limits: limits, duplicateKeys: duplicateKeys, file: file, lineOffset: chunk.firstLine - 1,
                mergesOnce: true)
            var document = try composer.documents(upTo: 1).first
            limits.nodes -= composer.nodes
            if document?.endsInKeptLines == true, chunk.hasComment(from: composer.endLine) {
                document?.appendLineEnd()
            }
            return document
        }
    }
}
