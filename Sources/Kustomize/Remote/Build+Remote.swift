internal import Core

extension Build {
    /// The directory of another repository that a resource or component stands for; nil for one of this tree.
    func remoteDirectory(_ name: Located, _ loader: Loader) throws(KustomizeError) -> Loader? {
        let reference: RemoteReference?
        do {
            reference = try RemoteReference.parse(name.text)
        } catch {
            throw loader.refused(name, error)
        }
        guard let reference else { return nil }
        guard remote.allowed.allows(reference) else {
            throw loader.error(
                .refused, name,
                "\(reference.address) is not on the operator's list: start it with --remote-base \(reference.address), or"
                    + " copy the base into this repository")
        }
        let source = try remoteTree(reference, name, loader)
        let directory = reference.directory.isEmpty ? "." : reference.directory
        let found: TreeEntry?
        do { found = try source.resolve(directory, from: source.mount) } catch { throw loader.wrap(error, name) }
        guard let found, found.kind == .directory else {
            throw loader.error(.notFound, name, "there is no directory \(directory) in \(source.mount)")
        }
        return try loader.directory(
            found.path, name, in: source, written: reference.directory, repositoryNote: reference.note)
    }

    /// The tree of the repository, below a folder that is called like it.
    private func remoteTree(
        _ reference: RemoteReference, _ name: Located, _ loader: Loader
    ) throws(KustomizeError) -> SourceTree {
        // Another address of the same repository may need rights that this one does not.
        let key = [reference.repository, reference.commit ?? ""]
        if let known = remoteTrees[key] {
            remoteReferences.insert(reference)
            return known
        }
        let address = reference.address
        switch (remote.answer(to: reference), reference.commit) {
        case (.tree(let tree), let commit?):
            let tree = SourceTree(tree, at: "\(address)@\(commit.prefix(12))", beside: source)
            remoteTrees[key] = tree
            remoteReferences.insert(reference)
            return tree
        case (.awaited, _):
            throw loader.error(.remoteUnavailable, name, "\(address) is still being fetched")
        case (.failed(let error), _):
            throw loader.error(.remoteUnavailable, name, "\(address) cannot be fetched: \(error.message)")
        case (.movable(let target), _):
            throw loader.error(.refused, name, Self.unfixed(reference, "\(target), which it leads to now"))
        case (.tree, nil):
            throw loader.error(.refused, name, Self.unfixed(reference, "all 40 digits of a commit"))
        }
    }

    /// The remedy comes early: statuses are short.
    private static func unfixed(_ reference: RemoteReference, _ remedy: String) -> String {
        let what = reference.ref.isEmpty ? "the default branch moves" : "\(reference.ref.bounded(to: 60)) can be moved"
        return "\(what): write ?ref=\(remedy), so that each commit of this repository renders in one way only"
    }
}

extension Loader {
    func refused(_ name: Located, _ refusal: RemoteReference.Refusal) -> KustomizeError {
        // The text itself may hold a password.
        error(.refused, name, "this address is refused: \(refusal.problem)")
    }
}

extension RemoteReference {
    /// The repository as `buildMetadata` tells of it.
    fileprivate var note: String {
        "repo: \(Author.scalar(repository))\n" + (ref.isEmpty ? "" : "ref: \(Author.scalar(ref))\n")
    }
}
