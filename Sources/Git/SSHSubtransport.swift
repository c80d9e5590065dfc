internal import Core

/// libgit2's smart protocol over one ssh channel, which all services of a connection share.
final class SSHSubtransport: SmartSubtransport {
    let operation: RemoteOperation

    init(_ operation: RemoteOperation) {
        self.operation = operation
    }

    func stream(_ service: SmartService) throws(GitError) -> any SmartStream {
        guard service.isListing else {
            throw GitError(.protocolViolation, "repository \(operation.url.text): the connection ended too early")
        }
        var path = operation.url.path
        // As Git does: in `ssh://host/~user/x` the path begins at the user's home directory.
        if path.hasPrefix("/~") { path.removeFirst() }
        // A path that held a quotation mark was refused when the URL was read.
        return try SSHChannel(operation, command: "\(service.name) '\(path)'")
    }
}
