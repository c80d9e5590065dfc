internal import Core
package import KubernetesModel

/// The answer to an ``AdmissionRequest``.
package struct AdmissionAnswer: Sendable, Hashable {
    static let apiVersion = "admission.k8s.io/v1"
    static let kind = "AdmissionReview"

    /// Why a write is refused, as the API server shows it to whoever tried.
    package struct Refusal: Sendable, Hashable {
        /// 403 where somebody may not, 422 where something is wrong.
        package var code: Int
        package var message: String
        /// For programs, a name and a value each.
        package var causes: [Cause]

        package init(code: Int, message: String, causes: [Cause] = []) {
            self.code = code
            self.message = message
            self.causes = causes
        }
    }

    package struct Cause: Sendable, Hashable {
        package let field: String
        package let message: String

        package init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    /// Of the request.
    package let uid: String
    /// Nil where the write is let through.
    package let refusal: Refusal?
    /// RFC 6902; empty where nothing changes.
    package let patch: [JSONValue]
    /// Shown by kubectl beside its result; servers before 1.19 drop them.
    package let warnings: [String]

    package init(uid: String, refusal: Refusal? = nil, patch: [JSONValue] = [], warnings: [String] = []) {
        self.uid = uid
        self.refusal = refusal
        self.patch = patch
        self.warnings = warnings
    }

    /// The review that goes back.
    package var json: JSONValue {
        var response: JSONObject = ["uid": .string(uid), "allowed": .bool(refusal == nil)]
        if let refusal {
            var status: JSONObject = [
                "status": "Failure", "code": .int(Int64(refusal.code)), "message": .string(refusal.message),
                "reason": .string(refusal.code == 403 ? "Forbidden" : "Invalid"),
            ]
            if !refusal.causes.isEmpty {
                let causes = refusal.causes.map { cause -> JSONValue in
                    ["reason": "FieldValueInvalid", "field": .string(cause.field), "message": .string(cause.message)]
                }
                status["details"] = ["causes": .array(causes)]
            }
            response["status"] = .object(status)
        } else if !patch.isEmpty {
            response["patchType"] = "JSONPatch"
            response["patch"] = .string(Base64.encode(JSONValue.array(patch).jsonBytes))
        }
        if !warnings.isEmpty { response["warnings"] = .array(warnings.map(JSONValue.string)) }
        return [
            "apiVersion": .string(AdmissionAnswer.apiVersion), "kind": .string(AdmissionAnswer.kind),
            "response": .object(response),
        ]
    }
}
