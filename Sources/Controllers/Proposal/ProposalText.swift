internal import Core
internal import Git
internal import KubernetesModel

/// What a pull request says: the commit's subject as its title; below it, for those who merge, what is behind it.
///
/// The description ends in the commit's trailers, so that a merge that squashes keeps them, and so that a pull request
/// is known again by whoever has lost everything else.
package struct ProposalText: Sendable, Hashable {
    package let title: String
    package let description: String

    /// - Parameters:
    ///   - message: the commit's.
    ///   - plan: the ConfigMap with the rendered difference, empty for none.
    package init(message: String, subject: ProposalSubject, plan: String) {
        let paragraphs = message.split(separator: "\n\n", omittingEmptySubsequences: true).map(String.init)
        title = (paragraphs.first ?? "").bounded(to: 240)
        var parts = ["\(subject.title), attempt \(subject.attempt). Every gate was open when this was opened."]
        if !plan.isEmpty {
            parts.append("What changes in the cluster: ConfigMap `\(subject.name.namespace)/\(plan)`.")
        }
        parts.append(
            subject.kind == .release
                ? "No file changes. Merging makes it last that what the rollback holds and vetoes is lifted."
                : "Merging is the point of no return; closing without a merge ends the attempt.")
        parts += paragraphs.dropFirst()
        description = parts.joined(separator: "\n\n")
    }
}
