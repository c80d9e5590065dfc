internal import Core
internal import KubernetesClient
internal import KubernetesModel
internal import SluiceAPI

/// Reads a server's refusals.
enum SyncFailure {
    /// The error to report for an object: what the server said, with object and file.
    static func error(_ error: KubernetesError, key: ObjectKey, origin: String, code: SyncError.Code) -> SyncError {
        let place = origin.isEmpty ? "\(key)" : "\(key) (\(origin))"
        if isImmutable(error) {
            let fields = error.causes.map(\.field).filter { !$0.isEmpty }.joined(separator: ", ")
            return SyncError(
                .immutableField,
                "\(place): \(fields.isEmpty ? "a field" : fields) cannot be changed; "
                    + "set \(Annotation.force): \"true\" on the object or sync.replaceImmutable to have it deleted and created anew"
            )
        }
        let conflicts = error.causes.filter { $0.reason == "FieldManagerConflict" }
        if error.isConflict, !conflicts.isEmpty {
            let who = conflicts.map { "\($0.field): \($0.message)" }.joined(separator: "; ")
            return SyncError(
                .fieldConflict, "\(place): others own fields that Git names, and sync.forceConflicts is false: \(who)")
        }
        // Of an invalid object each cause is told, without the structures that the server's own sentence quotes.
        if error.isInvalid, error.message.utf8.count > 600, !error.causes.isEmpty {
            let causes = error.causes.map { "\($0.field): \($0.message)" }.joined(separator: "; ")
            return SyncError(code, "\(place): \(error.status) \(error.reason): \(causes)".bounded(to: 1024))
        }
        let disposition = isMistyped(error) ? .terminal : error.disposition
        return SyncError(code, "\(place): \(error.message)", disposition: disposition)
    }

    /// Whether the server refused because a field may not change once it is set, by the causes that it gives.
    ///
    /// An invalid object is refused with the same status, so the status alone says nothing. The texts are those of
    /// Kubernetes' own validation (https://github.com/kubernetes/kubernetes/tree/master/pkg/apis), which are the same
    /// since many releases; Secrets' texts are not read, as they may quote values.
    static func isImmutable(_ error: KubernetesError) -> Bool {
        guard error.isInvalid else { return false }
        return error.causes.contains { cause in
            switch cause.reason {
            case "FieldValueInvalid":
                return cause.message.contains("field is immutable") || cause.message.contains("cannot change roleRef")
                    || cause.message.contains("may not change once set") || cause.message.contains("Value is immutable")
                    || (cause.message.isEmpty && cause.field == "type")
            case "FieldValueForbidden":
                return cause.message.contains("immutable") || cause.message.contains("updates to statefulset spec")
                    || cause.message.contains("pod updates may not change")
                    || cause.message.contains("updates to parameters are forbidden")
                    || (cause.message.isEmpty && (cause.field == "data" || cause.field == "immutable"))
            default: return false
            }
        }
    }

    /// Whether the server could not read the applied object by its schema: older servers call that an internal error.
    private static func isMistyped(_ error: KubernetesError) -> Bool {
        error.code == .serverError && error.message.contains("failed to create typed")
    }

    /// Whether a request that was meant for one object found another under its name.
    static func isAnotherObject(_ error: KubernetesError) -> Bool { error.isOfAnotherObject }

    /// Whether the same request may succeed a moment later.
    static func isWorthAnotherTry(_ error: KubernetesError) -> Bool {
        switch error.code {
        case .tooManyRequests, .timeout, .unavailable, .unreachable: true
        // Somebody else was faster to create what an apply was to create.
        case .alreadyExists: true
        case .serverError: !isMistyped(error)
        // A race with another writer; but not a field that another manager owns.
        case .conflict:
            !error.causes.contains { $0.reason == "FieldManagerConflict" } && !isAnotherObject(error)
        default: false
        }
    }
}
