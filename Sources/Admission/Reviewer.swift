package import Core
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// Decides what a write of an Environment, Promotion or Rollback may do: pure, from the request and who writes.
///
/// Flow, for each write: ``stamp(_:by:now:)`` when the API server lets objects be changed, ``review(_:by:)`` when it has
/// them validated, and then each of the verdict's questions to the API server. What makes it hold:
///
/// - Whatever a client sends under `sluice.dev/stamps` is thrown away. The stamps of what stays as it was are taken from
///   the stored object, and what is new is stamped for the caller.
/// - A stamp is genuine only for the object, the part and the words that it was made for, so nothing that was written
///   while nobody reviewed is stamped later.
/// - The operator and the accounts that it syncs as are never stamped: what they write counts for what Git proves.
package struct Reviewer: Sendable {
    private let key: StampKey

    package init(key: StampKey) {
        self.key = key
    }

    // MARK: Stamping

    /// The answer to the mutating half: the stamps of the object as it will be.
    package func stamp(_ request: AdmissionRequest, by writer: Writer, now: Timestamp) -> AdmissionAnswer {
        if let identity = whoAmI(request) { return identity }
        guard request.subresource.isEmpty, let object = request.object else { return AdmissionAnswer(uid: request.uid) }
        let book: StampBook? =
            switch object.gvk {
            case Environment.gvk: stamps(Environment.self, request, writer, now)
            case Promotion.gvk: stamps(Promotion.self, request, writer, now)
            case Rollback.gvk: stamps(Rollback.self, request, writer, now)
            default: nil
            }
        // What cannot be read is refused by the validating half, which says why.
        guard let book else { return AdmissionAnswer(uid: request.uid) }
        return AdmissionAnswer(uid: request.uid, patch: Reviewer.patch(object, annotation: book.annotation))
    }

    /// For whom the API server takes the caller, told as a refusal so that nothing is ever stored.
    private func whoAmI(_ request: AdmissionRequest) -> AdmissionAnswer? {
        guard request.isDryRun, request.object?.annotation(Annotation.whoAmI) != nil else { return nil }
        let causes =
            [AdmissionAnswer.Cause(field: "user", message: request.user.name)]
            + request.user.groups.prefix(Stamp.groupLimit).map { AdmissionAnswer.Cause(field: "group", message: $0) }
        return AdmissionAnswer(
            uid: request.uid,
            refusal: AdmissionAnswer.Refusal(code: 403, message: "you are \(request.user.name)", causes: causes))
    }

    private func stamps<R: ReviewedObject>(
        _ type: R.Type, _ request: AdmissionRequest, _ writer: Writer, _ now: Timestamp
    ) -> StampBook? {
        guard let object: R = Reviewer.read(request.object, request), let manifest = request.object else { return nil }
        let old: R? = Reviewer.read(request.oldObject, request)
        let kept = old.map { StampBook(of: R.kind, $0.metadata, key: key) } ?? StampBook()
        let binding = Reviewer.binding(manifest, request.oldObject)
        func made(_ role: Stamp.Role, of digest: String, by user: AdmissionRequest.User) -> Stamp {
            Stamp(
                role, binding, of: digest, by: user, at: now, review: request.uid, of: R.kind, in: request.namespace,
                key: key)
        }
        var book = StampBook()
        if request.operation == .create {
            if let asked = object.asked, let user = Reviewer.requester(object.metadata, request.user, writer) {
                let part = StampedPart.request(asked)
                book[role: part.role] = made(part.role, of: part.digest, by: user)
            }
        } else {
            book[role: .request] = kept[role: .request]
        }
        for entry in object.approvals {
            if let stamp = kept.approval(entry) {
                book.approvals.append(stamp)
            } else if writer == .person, entry.user == request.user.name, old?.approvals.contains(entry) != true {
                book.approvals.append(made(.approval, of: Stamp.digest(of: entry), by: request.user))
            }
        }
        let before = old?.laterParts ?? []
        for part in object.laterParts {
            if let stamp = kept[part] {
                book[role: part.role] = stamp
            } else if writer == .person, !before.contains(part) {
                book[role: part.role] = made(part.role, of: part.digest, by: request.user)
            }
        }
        return book
    }

    /// Who is stamped for having asked: a person, or for the operator's own automatic objects nobody in particular.
    private static func requester(
        _ metadata: ObjectMeta, _ user: AdmissionRequest.User, _ writer: Writer
    ) -> AdmissionRequest.User? {
        switch writer {
        case .person: user
        case .sluice where metadata.labels[Label.automatic] != nil && metadata.annotations[Annotation.origin] == nil:
            AdmissionRequest.User(name: SystemUser.automatic)
        case .sluice, .syncer, .controller: nil
        }
    }

    private static func binding(_ object: Manifest, _ old: Manifest?) -> Stamp.Binding {
        if let old { return .object(uid: old.uid) }
        guard object.name.isEmpty else { return .creation(name: object.name) }
        return .generated(prefix: object.metadata["generateName"]?.stringValue ?? "")
    }

    private static func patch(_ object: Manifest, annotation: String?) -> [JSONValue] {
        guard object.annotation(Annotation.stamps) != annotation else { return [] }
        let path = JSONValue.string("/metadata/annotations/" + Annotation.stamps.replacing("/", with: "~1"))
        guard let annotation else { return [["op": "remove", "path": path]] }
        var operations: [JSONValue] = []
        if object.metadata["annotations"]?.objectValue == nil {
            operations.append(["op": "add", "path": "/metadata/annotations", "value": [:]])
        }
        operations.append(["op": "add", "path": path, "value": .string(annotation)])
        return operations
    }

    // MARK: Reviewing

    /// The validating half, without the permissions.
    package func review(_ request: AdmissionRequest, by writer: Writer) -> Verdict {
        guard let object = request.operation == .delete ? request.oldObject : request.object else { return Verdict() }
        switch object.gvk {
        case Environment.gvk: return review(Environment.self, request, writer)
        case Promotion.gvk: return review(Promotion.self, request, writer)
        case Rollback.gvk: return review(Rollback.self, request, writer)
        default: return Verdict()
        }
    }

    private func review<R: ReviewedObject>(
        _ type: R.Type, _ request: AdmissionRequest, _ writer: Writer
    ) -> Verdict {
        var verdict = Verdict()
        if request.subresource == "status" {
            if writer != .sluice {
                verdict.forbidden.append(
                    FieldError("status", "is written by the operator alone; you are \(request.user.name)"))
            }
            return verdict
        }
        guard request.subresource.isEmpty else { return verdict }
        if request.operation == .delete {
            deletion(R.self, request, writer, &verdict)
            return verdict
        }
        let old: R? = Reviewer.read(request.oldObject, request)
        if let before = request.oldObject, let after = request.object, before.json["spec"] == after.json["spec"] {
            // Finalizers go and labels change whatever rules were made since.
            metadata(R.self, request, writer, &verdict)
            return verdict
        }
        guard let manifest = request.object else { return verdict }
        verdict.invalid = Policy.validate(manifest: manifest, strict: false)
        guard verdict.invalid.isEmpty, let object: R = Reviewer.read(manifest, request) else { return verdict }
        metadata(R.self, request, writer, &verdict)
        if let old { verdict.invalid += R.changes(from: old.spec, to: object.spec) }
        Reviewer.entries(object, old, kept(old), request, writer, &verdict)
        if writer == .person {
            verdict.questions = R.verbs(from: old, to: object).map {
                AccessQuestion($0.verb, namespace: request.namespace, environment: object.environment, field: $0.field)
            }
        }
        verdict.warnings = Reviewer.staleness(object, old, request.user)
        return verdict
    }

    private func kept<R: ReviewedObject>(_ old: R?) -> StampBook {
        old.map { StampBook(of: R.kind, $0.metadata, key: key) } ?? StampBook()
    }

    /// Labels and annotations that only some may write.
    private func metadata<R: ReviewedObject>(
        _ type: R.Type, _ request: AdmissionRequest, _ writer: Writer, _ verdict: inout Verdict
    ) {
        let automatic = request.object?.label(Label.automatic)
        if automatic != request.oldObject?.label(Label.automatic), writer != .sluice {
            verdict.forbidden.append(
                FieldError(
                    "metadata.labels[\"\(Label.automatic)\"]",
                    "is set by the operator alone, on what it makes by itself"))
        }
        guard let text = request.object?.annotation(Annotation.stamps),
            text != request.oldObject?.annotation(Annotation.stamps),
            let object: R = Reviewer.read(request.object, request)
        else { return }
        let claimed = (try? JSONValue(parsing: text)).map(StampBook.claims) ?? 0
        if claimed == 0 || StampBook(of: R.kind, object.metadata, key: key).count != claimed {
            verdict.forbidden.append(
                FieldError(
                    "metadata.annotations[\"\(Annotation.stamps)\"]", "is written by Sluice's admission webhook alone"))
        }
    }

    /// Each approval is its owner's alone: nobody else adds, changes or removes it.
    private static func entries<R: ReviewedObject>(
        _ object: R, _ old: R?, _ kept: StampBook, _ request: AdmissionRequest, _ writer: Writer,
        _ verdict: inout Verdict
    ) {
        let before = Dictionary((old?.approvals ?? []).map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(object.approvals.map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
        let isDeclared = object.metadata.annotations[Annotation.origin] != nil
        for user in Set(before.keys).union(after.keys).sorted() where before[user] != after[user] {
            let index = object.approvals.firstIndex { $0.user == user }
            let path = index.map { (FieldPath("spec") / "approvals")[$0].description } ?? "spec.approvals"
            let verb = before[user] == nil ? "add" : after[user] == nil ? "remove" : "change"
            if writer.appliesFromGit {
                if let entry = before[user], kept.approval(entry) != nil {
                    verdict.forbidden.append(
                        FieldError(path, "\(user) gave this approval through the API; nobody else may \(verb) it"))
                } else if !isDeclared {
                    verdict.forbidden.append(
                        FieldError(path, "\(request.user.name) approves nothing: it only brings what Git declares"))
                }
            } else if user != request.user.name {
                verdict.forbidden.append(
                    FieldError(
                        path, "only \(user) may \(verb) the approval of \(user); you are \(request.user.name)"))
            }
        }
    }

    private func deletion<R: ReviewedObject>(
        _ type: R.Type, _ request: AdmissionRequest, _ writer: Writer, _ verdict: inout Verdict
    ) {
        guard writer == .person, let old: R = Reviewer.read(request.oldObject, request), let reason = old.inFlight
        else { return }
        verdict.forbidden.append(FieldError("", "\(R.kind.lowercased()) \(old.metadata.name) \(reason)"))
    }

    /// An approval of another plan than the present one is allowed, but counts for nothing.
    private static func staleness<R: ReviewedObject>(
        _ object: R, _ old: R?, _ user: AdmissionRequest.User
    ) -> [String] {
        guard let plan = old?.planDigest, !plan.isEmpty,
            let entry = object.approvals.first(where: { $0.user == user.name }),
            old?.approvals.contains(entry) != true, entry.planDigest != plan
        else { return [] }
        return [
            "the plan of \(object.metadata.name) is \(plan); an approval of \(entry.planDigest) does not count for it"
        ]
    }

    /// The object in its namespace; nil for what cannot be read.
    private static func read<R: ReviewedObject>(_ manifest: Manifest?, _ request: AdmissionRequest) -> R? {
        guard let manifest, var object = try? R(manifest: manifest) else { return nil }
        object.metadata.namespace = request.namespace
        return object
    }
}
