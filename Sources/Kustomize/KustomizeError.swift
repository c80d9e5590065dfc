package import Core
internal import YAML

/// Why a directory cannot be rendered, where it says so, and how to mend it.
package struct KustomizeError: SluiceError {
    package enum Code: String, Sendable {
        /// A file is not valid YAML or JSON, or not a Kubernetes object.
        case invalidManifest = "InvalidManifest"
        /// A kustomization file, or a file of its configuration, is wrong.
        case invalidKustomization = "InvalidKustomization"
        /// Something that is named is not there.
        case notFound = "RenderInputNotFound"
        /// A patch or a replacement does not apply.
        case patchFailed = "PatchFailed"
        /// Two objects have one identity, or references are ambiguous.
        case conflict = "RenderConflict"
        /// Sluice does not do this on purpose: plugins that execute, remote bases that are not allowed.
        case refused = "RenderRefused"
        /// A remote base is not here yet, or cannot be fetched, which may pass.
        case remoteUnavailable = "RemoteBaseUnavailable"
        /// The input is larger than the limits allow.
        case limitExceeded = "RenderLimitExceeded"
    }

    package let code: Code
    /// The file in the tree, or an empty text where no single file is at fault.
    package var file: String
    /// Counted from one; nil where unknown.
    package var line: Int?
    /// The field's path in that file, `patches[0].path`; empty where none is at fault.
    package var field: String
    /// What is wrong, and how to mend it. Never holds the value of a Secret.
    package let problem: String
    package let cause: (any Error)?

    package init(
        _ code: Code, file: String = "", line: Int? = nil, field: String = "", _ problem: String,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.file = file
        self.line = line
        self.field = field
        self.problem = problem
        self.cause = cause
    }

    init(_ code: Code, yaml error: YAMLError, file: String) {
        self.init(code, file: file, line: error.line, error.problem)
    }

    package var reason: String { code.rawValue }

    package var disposition: Disposition {
        (cause as? any SluiceError)?.disposition ?? (code == .remoteUnavailable ? .transient : .terminal)
    }

    package var message: String {
        var place = file
        if let line, !file.isEmpty { place += ":\(line)" }
        let parts = [place, field, problem].filter { !$0.isEmpty }
        return parts.joined(separator: ": ")
    }
}
