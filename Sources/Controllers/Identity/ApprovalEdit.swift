internal import KubernetesModel
package import SluiceAPI
internal import YAML

/// Adds an approval to a file that declares a Promotion or Rollback, and leaves every other byte as it is.
package enum ApprovalEdit {
    /// The file with one more entry in the object's `spec.approvals`.
    ///
    /// - Throws: ``ChangeError`` when the file does not hold that object once, in block style, or the user has an
    ///   entry already; ``YAMLError`` for a file that is no YAML.
    package static func adding<Object: AskedResource>(
        _ approval: PromotionSpec.Approval, to name: String?, of type: Object.Type, in bytes: [UInt8], file: String
    ) throws -> [UInt8] {
        let place = try place(of: approval.user, name, type, in: bytes, file: file)
        let indent = String(repeating: " ", count: place.column - 1)
        let newline = bytes.contains(0x0D) ? "\r\n" : "\n"
        var lines = place.isNewList ? ["\(indent)approvals:"] : []
        lines.append("\(indent)- user: \(quoted(approval.user))")
        lines.append("\(indent)  decision: \(approval.decision.rawValue)")
        lines.append("\(indent)  planDigest: \(quoted(approval.planDigest))")
        if !approval.comment.isEmpty { lines.append("\(indent)  comment: \(quoted(approval.comment))") }
        var out = bytes
        let offset = try start(ofLine: place.line, in: bytes, file: file)
        out.insert(contentsOf: lines.map { $0 + newline }.joined().utf8, at: offset)
        // What was meant and what stands there now must be the same, whatever the file looked like.
        let before = try find(name, type, in: bytes, file: file).object
        let after = try find(name, type, in: out, file: file).object
        var intended = before
        intended.approvals.insert(approval, at: 0)
        guard after == intended else { throw unsafe(file) }
        return out
    }

    private struct Place {
        /// The line before which the entry goes, and the column of its dash, both from one.
        let line: Int
        let column: Int
        let isNewList: Bool
    }

    private static func place<Object: AskedResource>(
        of user: String, _ name: String?, _ type: Object.Type, in bytes: [UInt8], file: String
    ) throws -> Place {
        let (node, object) = try find(name, type, in: bytes, file: file)
        guard !object.approvals.contains(where: { $0.user == user }) else {
            throw ChangeError("AlreadyApproved", "\(file): \(user) has an entry in spec.approvals; remove it first")
        }
        guard let spec = node["spec"]?.mapping, let first = spec.entries.first, let mark = first.keyMark else {
            throw unsafe(file)
        }
        guard let approvals = spec["approvals"], approvals.scalar == nil else {
            return Place(line: mark.line, column: mark.column, isNewList: true)
        }
        guard let item = approvals.sequence?.first?.mark else { throw unsafe(file) }
        return Place(line: item.line, column: item.column - 2, isNewList: false)
    }

    private static func find<Object: AskedResource>(
        _ name: String?, _ type: Object.Type, in bytes: [UInt8], file: String
    ) throws -> (node: YAMLNode, object: Object) {
        var found: [(YAMLNode, Object)] = []
        for node in try YAML.documents(parsing: bytes, file: file) {
            let manifest = Manifest(try node.json(.goYAML3))
            guard manifest.gvk == Object.gvk, name == nil || manifest.name == name else { continue }
            found.append((node, try Object(manifest: manifest)))
        }
        guard found.count == 1, let only = found.first else {
            throw ChangeError(
                "\(Object.kind)NotFound",
                "\(file): holds \(found.count) \(Object.plural)\(name.map { " called \($0)" } ?? ""); name one that it holds once"
            )
        }
        return only
    }

    private static func start(ofLine line: Int, in bytes: [UInt8], file: String) throws -> Int {
        var offset = 0
        for _ in 1..<max(1, line) {
            guard let end = bytes[offset...].firstIndex(of: 0x0A) else { throw unsafe(file) }
            offset = end + 1
        }
        return offset
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: JSONValue.string(text).jsonBytes, as: UTF8.self)
    }

    private static func unsafe(_ file: String) -> ChangeError {
        ChangeError("EditRefused", "\(file): cannot be edited safely; write spec and its approvals in block style")
    }
}
