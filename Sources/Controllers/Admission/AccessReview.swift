internal import Admission
internal import Core
internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI
internal import Synchronization

/// Asks the API server what a user may do (SubjectAccessReview).
final class AccessReview: Sendable {
    private struct Key: Hashable {
        let question: AccessQuestion
        let user: AdmissionRequest.User
    }

    private static let resource = APIResource(
        gvk: GroupVersionKind(group: "authorization.k8s.io", version: "v1", kind: "SubjectAccessReview"),
        plural: "subjectaccessreviews", namespaced: false)
    /// How many answers are remembered.
    private static let capacity = 1024

    private let client: KubernetesClient
    private let clock: any WallClock
    /// When each yes was given. A no is never remembered: whoever waits for a permission has it as soon as it is there.
    private let memory = Mutex<[Key: Timestamp]>([:])

    init(client: KubernetesClient, clock: any WallClock) {
        self.client = client
        self.clock = clock
    }

    /// Whether a user has a permission.
    ///
    /// - Parameter age: how old a yes may be; zero for a fresh one.
    func isAllowed(
        _ question: AccessQuestion, _ user: AdmissionRequest.User, age: Duration = .zero
    ) async throws(KubernetesError) -> Bool {
        let key = Key(question: question, user: user)
        let now = clock.now()
        if age > .zero, let given = memory.withLock({ $0[key] }), now - given < age { return true }
        let allowed = try await ask(question, user)
        memory.withLock { memory in
            if memory.count >= Self.capacity { memory = [:] }
            memory[key] = allowed ? now : nil
        }
        return allowed
    }

    private func ask(
        _ question: AccessQuestion, _ user: AdmissionRequest.User
    ) async throws(KubernetesError) -> Bool {
        var spec: JSONObject = [
            "user": .string(user.name), "groups": .array(user.groups.map(JSONValue.string)),
            "resourceAttributes": [
                "group": .string(SluiceGroup.name), "version": .string(SluiceGroup.version),
                "resource": .string(Environment.plural), "verb": .string(question.verb.rawValue),
                "namespace": .string(question.namespace), "name": .string(question.environment),
            ],
        ]
        if !user.uid.isEmpty { spec["uid"] = .string(user.uid) }
        if !user.extra.isEmpty { spec["extra"] = .object(user.extra) }
        let review = Manifest([
            "apiVersion": .string(Self.resource.gvk.apiVersion), "kind": .string(Self.resource.gvk.kind),
            "metadata": [:], "spec": .object(spec),
        ])
        let answer = try await client.create(Self.resource, review)
        return answer.json["status"]?["allowed"]?.boolValue ?? false
    }
}
