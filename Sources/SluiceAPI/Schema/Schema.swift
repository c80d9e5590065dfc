package import KubernetesModel

/// What a value may be: the one source of the CRDs, of defaults, and of offline validation.
package struct Schema: Sendable {
    /// The shapes of a structural schema.
    package indirect enum Shape: Sendable {
        case string
        case boolean
        case integer
        /// A time by RFC 3339.
        case timestamp
        /// Go-style, ``GoDuration``.
        case duration
        /// A list; `keys` names the fields that tell its elements apart.
        case list(Schema, keys: [String])
        /// A map with free keys.
        case map(Schema)
        case object([Field])
        /// Anything: the server checks it elsewhere (`metadata`).
        case opaque
    }

    /// One field of an object.
    package struct Field: Sendable {
        package let name: String
        /// For people: what the field means.
        package let description: String
        package let required: Bool
        package let schema: Schema

        package static func required(_ name: String, _ schema: Schema, _ description: String) -> Field {
            Field(name: name, description: description, required: true, schema: schema)
        }

        /// A field that may be absent. Absent, null and empty mean the same for a text that may be empty, so such a
        /// one may be null. (This also spares empty texts from a fault of validators in the line of go-openapi, which
        /// take them for null when built with newer compilers.)
        package static func optional(_ name: String, _ schema: Schema, _ description: String) -> Field {
            Field(
                name: name, description: description, required: false,
                schema: schema.allowsEmptyText ? schema.nullable() : schema)
        }
    }

    /// A rule in the Common Expression Language, checked by servers that know it (1.25 and later).
    package struct Rule: Sendable {
        package let expression: String
        package let message: String

        package init(_ expression: String, _ message: String) {
            self.expression = expression
            self.message = message
        }
    }

    package let shape: Shape
    package internal(set) var description = ""
    /// The value that the server fills in where the field is absent.
    package internal(set) var defaultValue: JSONValue?
    /// Whether an explicit null is kept; elsewhere the server drops it.
    package internal(set) var isNullable = false
    /// The words that are allowed; empty for any text.
    package internal(set) var words: [String] = []
    package internal(set) var pattern: Pattern?
    /// Characters of a text.
    package internal(set) var minLength: Int?
    package internal(set) var maxLength: Int?
    /// Elements of a list, or entries of a map.
    package internal(set) var minItems: Int?
    package internal(set) var maxItems: Int?
    package internal(set) var range: ClosedRange<Int64>?
    /// Whether the elements of a list of plain values must differ.
    package internal(set) var isSet = false
    package internal(set) var rules: [Rule] = []

    init(_ shape: Shape) {
        self.shape = shape
    }

    /// A regular expression, and in words what it asks for.
    package struct Pattern: Sendable {
        package let expression: String
        /// "must be …", for a message that says how to mend the value.
        package let meaning: String

        /// Whether the empty text matches.
        var allowsEmpty: Bool { expression.hasSuffix(")?$") || expression.hasSuffix(")*$") }
    }
}

// MARK: - Building

extension Schema {
    static let boolean = Schema(.boolean)
    static let timestamp = Schema(.timestamp)
    static let duration = Schema(.duration)
    static let opaque = Schema(.opaque)

    static func string(minLength: Int? = nil, maxLength: Int? = nil, pattern: Pattern? = nil) -> Schema {
        var schema = Schema(.string)
        schema.minLength = minLength
        schema.maxLength = maxLength
        schema.pattern = pattern
        return schema
    }

    /// The name of an object (RFC 1123 subdomain).
    package static let objectName = string(minLength: 1, maxLength: 253, pattern: .objectName)

    /// A local time such as `2026-12-20T00:00`, or RFC 3339.
    static let localTime = string(maxLength: 40, pattern: .localTime)

    static func integer(_ range: ClosedRange<Int64>? = nil) -> Schema {
        var schema = Schema(.integer)
        schema.range = range
        return schema
    }

    static func words(_ words: [String]) -> Schema {
        var schema = Schema(.string)
        schema.words = words
        return schema
    }

    static func words<E: CaseIterable & RawRepresentable<String>>(of type: E.Type) -> Schema {
        words(E.allCases.map(\.rawValue))
    }

    static func list(
        of element: Schema, minItems: Int? = nil, maxItems: Int, keys: [String] = [], unique: Bool = false
    ) -> Schema {
        var schema = Schema(.list(element, keys: keys))
        schema.minItems = minItems
        schema.maxItems = maxItems
        schema.isSet = unique
        return schema
    }

    static func map(maxProperties: Int, maxLength: Int) -> Schema {
        var schema = Schema(.map(.string(maxLength: maxLength)))
        schema.maxItems = maxProperties
        return schema
    }

    static func object(_ description: String, _ fields: [Field]) -> Schema {
        var schema = Schema(.object(fields))
        schema.description = description
        return schema
    }

    func defaulting(_ value: JSONValue) -> Schema {
        var copy = self
        copy.defaultValue = value
        return copy
    }

    /// Whether this is a free text without a default that may be empty.
    fileprivate var allowsEmptyText: Bool {
        guard case .string = shape else { return false }
        return defaultValue == nil && words.isEmpty && (minLength ?? 0) == 0 && pattern?.allowsEmpty != false
    }

    func nullable() -> Schema {
        var copy = self
        copy.isNullable = true
        return copy
    }

    func rule(_ expression: String, _ message: String) -> Schema {
        var copy = self
        copy.rules.append(Rule(expression, message))
        return copy
    }
}

extension Schema.Pattern {
    static let objectName = Schema.Pattern(
        expression: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        meaning: "must be the name of an object: lower-case letters, digits, - and .")
    static let localTime = Schema.Pattern(
        expression: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?$",
        meaning: "must be a local time such as 2026-12-20T00:00, or one with an offset")
    static let digest = Schema.Pattern(
        expression: "^sha256:[0-9a-f]{64}$", meaning: "must be sha256: and 64 hexadecimal digits")
    static let optionalDigest = Schema.Pattern(
        expression: "^(sha256:[0-9a-f]{64})?$", meaning: "must be sha256: and 64 hexadecimal digits")
    static let commit = Schema.Pattern(
        expression: "^([0-9a-f]{40}|[0-9a-f]{64})?$", meaning: "must be a whole commit id of 40 or 64 digits")
    static let commitPrefix = Schema.Pattern(
        expression: "^([0-9a-f]{7,64})?$", meaning: "must be a commit id of at least 7 hexadecimal digits")
    static let repository = Schema.Pattern(
        expression: "^((https?|ssh|file)://|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:)[^\\s]+$",
        meaning: "must be an https, http or ssh URL, or user@host:path")
    static let httpURL = Schema.Pattern(
        expression: "^https?://[^\\s]+$", meaning: "must be an http or https URL")
    static let optionalHTTPURL = Schema.Pattern(
        expression: "^(https?://[^\\s]+)?$", meaning: "must be an http or https URL")
    static let namespaceTemplate = Schema.Pattern(
        expression: "^([a-z0-9-]|[{]app[}])*$",
        meaning: "must be a namespace: lower-case letters, digits and -, with {app} for the app's name")
    static let metricCondition = Schema.Pattern(
        expression: "^\\s*(<|<=|>|>=|==|!=)\\s*-?[0-9]+([.][0-9]+)?\\s*$",
        meaning: "must be one of < <= > >= == != and a number")
}

extension Schema {
    /// `metav1.Condition`.
    static let condition = Schema.object(
        "One observation about the object, by the conventions of Kubernetes' API.",
        [
            .required("type", .string(minLength: 1, maxLength: 316), "What is observed."),
            .required("status", .words(["True", "False", "Unknown"]), "Whether it is so."),
            .optional("reason", .string(maxLength: 1024), "Why, in one word."),
            .optional("message", .string(maxLength: 32768), "Why, for people."),
            .optional("observedGeneration", .integer(), "The generation of the spec that this is about."),
            .required("lastTransitionTime", .timestamp, "When the status last changed."),
        ])
}
