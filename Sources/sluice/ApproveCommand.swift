import ArgumentParser
import Controllers
import KubernetesModel
import SluiceAPI

struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Adds your approval to the file that declares a promotion.",
        discussion: """
            Commit the file with your SSH signature (git commit -S) and push it: the signature is what counts.

            Example: sluice approve -f sluice/cart-v2.yaml --user alice --plan-digest sha256:...
            """)

    @Option(name: [.customShort("f"), .long], help: "The file with the Promotion.")
    var file: String

    @Option(help: "The Promotion's name, if the file holds several.")
    var name: String?

    @Option(help: "You, as the list of signers calls you.")
    var user: String

    @Option(help: "The digest of the plan that you approve: status.planDigest.")
    var planDigest: String

    @Flag(help: "Reject instead.")
    var reject = false

    @Option(help: "A remark.")
    var comment: String = ""

    func run() async throws {
        let approval = PromotionSpec.Approval(
            user: user, decision: reject ? .reject : .approve, planDigest: planDigest, comment: comment)
        let bytes = try ApprovalEdit.adding(approval, to: name, in: Files.read(file), file: file)
        try Files.write(bytes, to: file)
        Console.print("added to \(file); commit it with your signature and push")
    }
}
