package import Core

/// A commit's author or committer. A claim, not a proof: only a signature proves.
package struct GitIdentity: Sendable, Hashable {
    package let name: String
    package let email: String

    package init(name: String, email: String) {
        self.name = name
        self.email = email
    }
}

/// A commit as it is read from a repository.
package struct CommitInfo: Sendable, Hashable {
    package let id: CommitID
    package let parents: [CommitID]
    package let author: GitIdentity
    package let committer: GitIdentity
    /// The committer's time.
    package let time: Timestamp
    package let message: String
    package let trailers: CommitTrailers
    /// The signature in the commit's header and the bytes it was made over, if the commit is signed.
    package let signature: CommitSignature?

    /// The message's first line.
    package var subject: String { message.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "" }
}

/// A signature as a commit carries it.
package struct CommitSignature: Sendable, Hashable {
    /// The armoured signature: `-----BEGIN SSH SIGNATURE-----` or another format's.
    package let armoured: String
    /// The commit object without the signature.
    package let payload: [UInt8]
}

/// A commit in which a file changed.
package struct FileChange: Sendable, Hashable {
    package let commit: CommitInfo
    /// The file's content as of that commit; nil if the commit removed it.
    package let content: ContentID?
}
