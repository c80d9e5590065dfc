package import KubernetesModel

/// What the API server asks: may this user write this object?
///
/// The form is `AdmissionReview` of `admission.k8s.io/v1`
/// (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/).
package struct AdmissionRequest: Sendable {
    package enum Operation: String, Sendable, Hashable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
        case connect = "CONNECT"
    }

    /// For whom the API server takes the caller; an impersonated user looks like the user.
    package struct User: Sendable, Hashable {
        package var name: String
        package var uid: String
        package var groups: [String]
        /// What the authenticator adds, as the API server sends it.
        package var extra: JSONObject

        package init(name: String, uid: String = "", groups: [String] = [], extra: JSONObject = JSONObject()) {
            self.name = name
            self.uid = uid
            self.groups = groups
            self.extra = extra
        }
    }

    /// Unique to this question; the answer repeats it.
    package var uid: String
    package var operation: Operation
    /// Empty for the object itself, otherwise `status` and the like.
    package var subresource: String
    package var namespace: String
    package var user: User
    package var isDryRun: Bool
    /// What is to be stored; nil where something is deleted.
    package var object: Manifest?
    /// What is stored; nil where something is created.
    package var oldObject: Manifest?

    package init(
        uid: String, operation: Operation, subresource: String = "", namespace: String, user: User,
        isDryRun: Bool = false, object: Manifest?, oldObject: Manifest? = nil
    ) {
        self.uid = uid
        self.operation = operation
        self.subresource = subresource
        self.namespace = namespace
        self.user = user
        self.isDryRun = isDryRun
        self.object = object
        self.oldObject = oldObject
    }

    /// Reads a review as the API server sends it; anything else is an error, never a guess.
    package init(parsing body: [UInt8]) throws(AdmissionError) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: body)
        } catch {
            throw AdmissionError("the body is no JSON: \(error.message)")
        }
        guard json["apiVersion"]?.stringValue == AdmissionAnswer.apiVersion,
            json["kind"]?.stringValue == AdmissionAnswer.kind
        else {
            throw AdmissionError("the body is no \(AdmissionAnswer.kind) of \(AdmissionAnswer.apiVersion)")
        }
        guard let request = json["request"], let uid = request["uid"]?.stringValue, !uid.isEmpty else {
            throw AdmissionError("request.uid is missing")
        }
        guard let operation = request["operation"]?.stringValue.flatMap(Operation.init(rawValue:)) else {
            throw AdmissionError("request.operation is none of CREATE, UPDATE, DELETE and CONNECT")
        }
        guard let user = request["userInfo"], let name = user["username"]?.stringValue, !name.isEmpty else {
            throw AdmissionError("request.userInfo.username is missing")
        }
        let object = AdmissionRequest.manifest(request["object"])
        let oldObject = AdmissionRequest.manifest(request["oldObject"])
        let isComplete =
            switch operation {
            case .create: object != nil
            case .update: object != nil && oldObject != nil
            case .delete: oldObject != nil
            case .connect: true
            }
        guard isComplete else { throw AdmissionError("request: \(operation.rawValue) without its objects") }
        self.init(
            uid: uid, operation: operation, subresource: request["subResource"]?.stringValue ?? "",
            namespace: request["namespace"]?.stringValue ?? "",
            user: User(
                name: name, uid: user["uid"]?.stringValue ?? "",
                groups: (user["groups"]?.arrayValue ?? []).compactMap(\.stringValue),
                extra: user["extra"]?.objectValue ?? JSONObject()),
            isDryRun: request["dryRun"]?.boolValue ?? false, object: object, oldObject: oldObject)
    }

    private static func manifest(_ json: JSONValue?) -> Manifest? {
        guard let json, json.objectValue != nil else { return nil }
        return Manifest(json)
    }
}
