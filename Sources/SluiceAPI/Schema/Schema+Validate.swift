import Core
package import KubernetesModel

extension Schema {
    /// Everything that is wrong with a value, in the order of the fields; empty if it is good.
    ///
    /// The value should have its defaults (``applyingDefaults(to:)``). What the server would drop, an unknown field,
    /// is an error only if `strict`.
    package func validate(_ value: JSONValue, at path: FieldPath = .root, strict: Bool) -> [FieldError] {
        var checker = SchemaChecker(strict: strict)
        checker.check(value, self, path)
        return checker.errors
    }
}

/// Walks a value along its schema and collects errors.
private struct SchemaChecker {
    let strict: Bool
    var errors: [FieldError] = []

    init(strict: Bool) {
        self.strict = strict
    }

    private mutating func fail(_ path: FieldPath, _ detail: String) {
        errors.append(FieldError(path.description, detail))
    }

    mutating func check(_ value: JSONValue, _ schema: Schema, _ path: FieldPath) {
        if value.isNull, schema.isNullable { return }
        switch (schema.shape, value) {
        case (.opaque, .object), (.boolean, .bool): break
        case (.integer, _):
            guard let number = value.intValue else {
                return fail(path, "must be a whole number, not \(value.typeName)")
            }
            if let range = schema.range, !range.contains(number) {
                fail(path, "must be between \(range.lowerBound) and \(range.upperBound), not \(number)")
            }
        case (.timestamp, .string(let text)):
            if Timestamp(rfc3339: text) == nil {
                fail(path, "must be a time such as 2026-12-20T08:00:00Z, not \"\(text.bounded(to: 64))\"")
            }
        case (.duration, .string(let text)):
            if GoDuration(text) == nil {
                fail(path, "must be a duration such as 90s, 1h30m or 7d, not \"\(text.bounded(to: 64))\"")
            }
        case (.string, .string(let text)): check(text: text, schema, path)
        case (.list(let element, let keys), .array(let elements)):
            check(list: elements, schema, path)
            for (index, child) in elements.enumerated() { check(child, element, path[index]) }
            if !keys.isEmpty { checkKeys(keys, elements, path) }
        case (.map(let element), .object(let object)):
            if let limit = schema.maxItems, object.count > limit {
                fail(path, "may have at most \(limit) entries, not \(object.count)")
            }
            for (key, child) in object { check(child, element, path / key) }
        case (.object(let fields), .object(let object)): check(object: object, fields, path)
        default: fail(path, "must be \(schema.shape.name), not \(value.typeName)")
        }
    }

    private mutating func check(object: JSONObject, _ fields: [Schema.Field], _ path: FieldPath) {
        for field in fields {
            switch object[field.name] {
            case .some(.null) where !field.schema.isNullable, nil:
                if field.required { fail(path / field.name, "is required: \(field.description.sentenceStart)") }
            case .some(let child): check(child, field.schema, path / field.name)
            }
        }
        guard strict else { return }
        for (key, _) in object where !fields.contains(where: { $0.name == key }) {
            let near = fields.map(\.name).first { $0.isNear(key) }
            fail(path / key, "there is no such field" + (near.map { "; did you mean \($0)?" } ?? ""))
        }
    }

    private mutating func check(text: String, _ schema: Schema, _ path: FieldPath) {
        if !schema.words.isEmpty {
            if !schema.words.contains(text) {
                let words = schema.words.joined(separator: ", ")
                fail(path, "must be one of \(words), not \"\(text.bounded(to: 64))\"")
            }
            return
        }
        let length = text.unicodeScalars.count
        if let limit = schema.maxLength, length > limit {
            return fail(path, "may have at most \(limit) characters, not \(length)")
        }
        if let least = schema.minLength, length < least {
            return fail(path, least == 1 ? "must not be empty" : "must have at least \(least) characters")
        }
        // The expressions are this module's own and are checked by a test, so they compile.
        if let pattern = schema.pattern, let expression = try? Regex(pattern.expression),
            (try? expression.wholeMatch(in: text)) == nil
        {
            fail(path, "\(pattern.meaning), not \"\(text.bounded(to: 64))\"")
        }
    }

    private mutating func check(list: [JSONValue], _ schema: Schema, _ path: FieldPath) {
        if let limit = schema.maxItems, list.count > limit {
            fail(path, "may have at most \(limit) elements, not \(list.count)")
        }
        if let least = schema.minItems, list.count < least {
            fail(path, "must have at least \(least) element\(least == 1 ? "" : "s")")
        }
        guard schema.isSet else { return }
        var seen: Set<JSONValue> = []
        for (index, element) in list.enumerated() where !seen.insert(element).inserted {
            fail(path[index], "is there twice; name it once")
        }
    }

    private mutating func checkKeys(_ keys: [String], _ elements: [JSONValue], _ path: FieldPath) {
        var seen: Set<[JSONValue]> = []
        for (index, element) in elements.enumerated() {
            let key = keys.map { element[$0] ?? .null }
            guard !key.contains(.null), !seen.insert(key).inserted else { continue }
            let names = keys.joined(separator: " and ")
            fail(path[index], "has the same \(names) as another element; each must have its own")
        }
    }
}

extension Schema.Shape {
    /// For messages: "a list".
    fileprivate var name: String {
        switch self {
        case .string: "a string"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .timestamp: "a time such as \"2026-12-20T08:00:00Z\""
        case .duration: "a duration such as \"90s\""
        case .list: "a list"
        case .map, .object, .opaque: "an object"
        }
    }
}

extension String {
    /// This text beginning in lower case and without its final period, to follow a colon.
    fileprivate var sentenceStart: String {
        let body = hasSuffix(".") ? String(dropLast()) : self
        return body.prefix(1).lowercased() + body.dropFirst()
    }

    /// Whether two names differ by case or at most two edits: what a typing mistake makes of a name.
    fileprivate func isNear(_ other: String) -> Bool {
        let a = Array(lowercased().utf8)
        let b = Array(other.lowercased().prefix(64).utf8)
        guard abs(a.count - b.count) <= 2, a.count > 2 else { return a == b }
        var row = Array(0...b.count)
        for i in 1...a.count {
            var diagonal = row[0]
            row[0] = i
            for j in stride(from: 1, through: b.count, by: 1) {
                let substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)
                diagonal = row[j]
                row[j] = Swift.min(substituted, row[j] + 1, row[j - 1] + 1)
            }
        }
        return row[b.count] <= 2
    }
}
