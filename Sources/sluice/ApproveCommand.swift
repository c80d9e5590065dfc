import ArgumentParser
import Controllers
import KubernetesClient
import KubernetesModel
import SluiceAPI

struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Approves or rejects a promotion or rollback, through Git or the API.",
        discussion: """
            With --file your entry is added to the file that declares the promotion. Commit it with your SSH signature
            (git commit -S) and push it: the signature is what counts.

            Without it your entry is written through the API: the operator's admission webhook vouches for you as the
            user that the API server takes you for, and you need the verb approve on environments/<name>.

            Example: sluice approve -f sluice/cart-v2.yaml --user alice --plan-digest sha256:...
            Example: sluice approve cart-v2 -n shop --plan-digest sha256:...
            """)

    @Argument(help: "The Promotion's name; with --file only needed if the file holds several.")
    var promotion: String?

    @Option(
        name: [.customShort("f"), .long, .customLong("git")],
        help: "The file with the object in a Git checkout, instead of the API.")
    var file: String?

    @Flag(help: "The file holds a Rollback, where the environment asks for approvals of those.")
    var rollback = false

    @Option(help: "You, as the list of signers calls you; with --file.")
    var user: String?

    @Option(help: "The digest of the plan that you approve: status.planDigest.")
    var planDigest: String

    @Flag(help: "Reject instead.")
    var reject = false

    @Option(help: "A remark.")
    var comment: String = ""

    @OptionGroup var cluster: ClusterOptions

    private var decision: Decision { reject ? .reject : .approve }

    func validate() throws {
        if file != nil {
            guard user != nil else { throw ValidationError("--file needs --user") }
        } else {
            guard !rollback else { throw ValidationError("--rollback goes with --file") }
            guard promotion != nil else { throw ValidationError("name the Promotion, or its --file") }
            guard user == nil else {
                throw ValidationError("--user goes with --file; the API server knows who you are")
            }
        }
    }

    func run() async throws {
        if let file, let user {
            let approval = PromotionSpec.Approval(
                user: user, decision: decision, planDigest: planDigest, comment: comment)
            let before = try Files.read(file)
            let bytes =
                try rollback
                ? ApprovalEdit.adding(approval, to: promotion, of: Rollback.self, in: before, file: file)
                : ApprovalEdit.adding(approval, to: promotion, of: Promotion.self, in: before, file: file)
            try Files.write(bytes, to: file)
            Console.print("added to \(file); commit it with your signature and push")
        } else if let promotion {
            let client = try cluster.client()
            try await approve(promotion, in: cluster.namespace(client), client)
        }
    }

    /// Writes the caller's entry, whose place another approver may take at the same time.
    private func approve(_ name: String, in namespace: String, _ client: KubernetesClient) async throws {
        let found = try await client.one(Promotion.self, name, in: namespace)
        guard let me = try await CallerIdentity.asking(client, about: name, in: namespace) else {
            throw Failure.found(
                "the operator's admission webhook does not answer, and without it an approval through the API counts for "
                    + "nothing; approve with a signed commit (--file), or start the operator with --webhook-port")
        }
        let approval = PromotionSpec.Approval(
            user: me.user, decision: decision, planDigest: planDigest, comment: comment)
        for attempt in 1... {
            do throws(KubernetesError) {
                let stored = attempt == 1 ? found : try await read(name, namespace, client)
                try await write(approval, stored, client)
                break
            } catch {
                guard error.isConflict, attempt < 5 else { throw error }
            }
        }
        Console.print("promotion \(name): \(reject ? "rejected" : "approved") by \(me.user)")
    }

    private func read(
        _ name: String, _ namespace: String, _ client: KubernetesClient
    ) async throws(KubernetesError) -> Promotion {
        let manifest = try await client.get(
            try await client.resource(for: Promotion.gvk), namespace: namespace, name: name)
        do throws(FieldError) {
            return try Promotion(manifest: manifest)
        } catch {
            throw KubernetesError(.malformedResponse, "promotion \(name): \(error.message)")
        }
    }

    /// One patch, bound to the version that it was made for. An entry that says the same already is taken out first: it
    /// may have been written past the webhook, and words that do not change are not vouched for.
    private func write(
        _ approval: PromotionSpec.Approval, _ stored: Promotion, _ client: KubernetesClient
    ) async throws(KubernetesError) {
        var rest = stored.spec.approvals
        var version = stored.metadata.resourceVersion
        if rest.contains(approval) {
            rest.removeAll { $0 == approval }
            version = try await patch(rest, version, stored, client)
        }
        if let own = rest.firstIndex(where: { $0.user == approval.user }) {
            rest[own] = approval
        } else {
            rest.append(approval)
        }
        _ = try await patch(rest, version, stored, client)
    }

    private func patch(
        _ approvals: [PromotionSpec.Approval], _ version: String, _ stored: Promotion, _ client: KubernetesClient
    ) async throws(KubernetesError) -> String {
        let entries = (try? JSONValueEncoder(omitsEmpty: true).encode(approvals)) ?? []
        let changed = try await client.patch(
            try await client.resource(for: Promotion.gvk), namespace: stored.metadata.namespace,
            name: stored.metadata.name,
            .merge(["metadata": ["resourceVersion": .string(version)], "spec": ["approvals": entries]]))
        return changed.resourceVersion
    }
}
