/// A condition on labels (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/).
package struct LabelSelector: Sendable, Hashable {
    /// One requirement; an object must meet all of them.
    package enum Requirement: Sendable, Hashable {
        /// The label is there with one of the values.
        case isIn(String, Set<String>)
        /// The label is absent, or has none of the values.
        case isNotIn(String, Set<String>)
        case exists(String)
        case doesNotExist(String)
    }

    package var requirements: [Requirement]

    /// A selector without requirements matches everything.
    package init(_ requirements: [Requirement] = []) {
        self.requirements = requirements
    }

    /// One label with one value.
    package init(_ key: String, _ value: String) {
        requirements = [.isIn(key, [value])]
    }

    package func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .isIn(let key, let values): labels[key].map(values.contains) ?? false
            case .isNotIn(let key, let values): !(labels[key].map(values.contains) ?? false)
            case .exists(let key): labels[key] != nil
            case .doesNotExist(let key): labels[key] == nil
            }
        }
    }
}

extension LabelSelector: CustomStringConvertible {
    /// The form of the query parameter `labelSelector`: `app=web,tier in (a,b),!old`. Equal selectors give equal texts.
    package var description: String {
        requirements.map { requirement in
            switch requirement {
            case .isIn(let key, let values):
                if let only = values.first, values.count == 1 { return "\(key)=\(only)" }
                return "\(key) in (\(values.sorted().joined(separator: ",")))"
            case .isNotIn(let key, let values):
                if let only = values.first, values.count == 1 { return "\(key)!=\(only)" }
                return "\(key) notin (\(values.sorted().joined(separator: ",")))"
            case .exists(let key): return key
            case .doesNotExist(let key): return "!\(key)"
            }
        }.joined(separator: ",")
    }
}

extension LabelSelector {
    /// Reads `matchLabels` and `matchExpressions` of an object's selector.
    ///
    /// Throws for an unknown operator or one without the values it needs: such a selector must match nothing, and
    /// nobody should take it for an empty one.
    package init(json: JSONValue, at path: FieldPath = .root) throws(FieldError) {
        requirements = []
        for (key, value) in json["matchLabels"]?.objectValue ?? JSONObject() {
            guard let value = value.stringValue else {
                throw FieldError((path / "matchLabels" / key).description, "must be a string")
            }
            requirements.append(.isIn(key, [value]))
        }
        for (index, expression) in (json["matchExpressions"]?.arrayValue ?? []).enumerated() {
            let path = (path / "matchExpressions")[index]
            guard let key = expression["key"]?.stringValue, !key.isEmpty else {
                throw FieldError((path / "key").description, "is required")
            }
            let values = Set((expression["values"]?.arrayValue ?? []).compactMap(\.stringValue))
            switch (expression["operator"]?.stringValue ?? "", values.isEmpty) {
            case ("In", false): requirements.append(.isIn(key, values))
            case ("NotIn", false): requirements.append(.isNotIn(key, values))
            case ("Exists", true): requirements.append(.exists(key))
            case ("DoesNotExist", true): requirements.append(.doesNotExist(key))
            case ("In", true), ("NotIn", true): throw FieldError((path / "values").description, "must not be empty")
            case ("Exists", false), ("DoesNotExist", false):
                throw FieldError((path / "values").description, "must be empty")
            default:
                throw FieldError(
                    (path / "operator").description, "must be one of In, NotIn, Exists, DoesNotExist")
            }
        }
    }
}
