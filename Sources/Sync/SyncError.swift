package import Core

/// Why an app, an object or a plan cannot be synced.
package struct SyncError: SluiceError {
    package enum Code: String, Sendable {
        case invalidObject = "InvalidObject"
        case unknownKind = "UnknownKind"
        case duplicateObject = "DuplicateObject"
        case namespaceNotAllowed = "NamespaceNotAllowed"
        case resourceNotAllowed = "ResourceNotAllowed"
        case ownedElsewhere = "OwnedElsewhere"
        case invalidIgnoreRule = "InvalidIgnoreRule"
        case identityMissing = "IdentityMissing"
        case pruneRefused = "PruneRefused"
        case applyFailed = "ApplyFailed"
        case validationFailed = "ValidationFailed"
        case immutableField = "ImmutableField"
        case fieldConflict = "FieldConflict"
        case pruneFailed = "PruneFailed"
        case hookFailed = "HookFailed"
        case healthTimeout = "HealthTimeout"
    }

    package let code: Code
    package let message: String
    package let disposition: Disposition
    package let cause: (any Error)?

    package init(
        _ code: Code, _ message: String, disposition: Disposition = .terminal, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.disposition = disposition
        self.cause = cause
    }

    package var reason: String { code.rawValue }
}
