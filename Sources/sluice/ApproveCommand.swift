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
            With --file your entry is added to the file that declares the object. Commit it with your SSH signature
            (git commit -S) and push it: the signature is what counts.

            Without it your entry is written through the API: the operator's admission webhook vouches for you as the
            user that the API server takes you for, and you need the verb approve on environments/<name>.

            Example: sluice approve -f sluice/cart-v2.yaml --user alice --plan-digest sha256:...
            Example: sluice approve cart-v2 -n shop --plan-digest sha256:...
            Example: sluice approve --rollback cart-undo -n shop --plan-digest sha256:...
            """)

    @Argument(help: "The Promotion's name; with --file only needed if the file holds several.")
    var name: String?

    @Option(
        name: [.customShort("f"), .long, .customLong("git")],
        help: "The file with the object in a Git checkout, instead of the API.")
    var file: String?

    @Flag(help: "It is a Rollback, where the environment asks for approvals of those.")
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
            guard name != nil else {
                throw ValidationError("name the \(rollback ? Rollback.kind : Promotion.kind), or its --file")
            }
            guard user == nil else {
                throw ValidationError("--user goes with --file; the API server knows who you are")
            }
        }
    }

    func run() async throws {
        if rollback { try await approve(Rollback.self) } else { try await approve(Promotion.self) }
    }

    private func approve<Object: AskedResource>(_ type: Object.Type) async throws {
        if let file, let user {
            let bytes = try ApprovalEdit.adding(
                entry(of: user), to: name, of: type, in: try Files.read(file), file: file)
            try Files.write(bytes, to: file)
            Console.print("added to \(file); commit it with your signature and push")
        } else if let name {
            let client = try cluster.client()
            try await approve(type, name, in: cluster.namespace(client), client)
        }
    }

    private func entry(of user: String) -> PromotionSpec.Approval {
        PromotionSpec.Approval(
            user: user, decision: reject ? .reject : .approve, planDigest: planDigest, comment: comment)
    }

    /// Writes the caller's entry, whose place another approver may take at the same time.
    private func approve<Object: AskedResource>(
        _ type: Object.Type, _ name: String, in namespace: String, _ client: KubernetesClient
    ) async throws {
        let found = try await client.one(type, name, in: namespace)
        guard let me = try await CallerIdentity.asking(client, about: type, name, in: namespace) else {
            throw Failure.found(
                "the operator's admission webhook does not answer, and without it an approval through the API counts for "
                    + "nothing; approve with a signed commit (--file), or start the operator with --webhook-port")
        }
        for attempt in 1... {
            do throws(KubernetesError) {
                let stored = attempt == 1 ? found : try await read(type, name, namespace, client)
                try await write(entry(of: me.user), stored, client)
                break
            } catch {
                guard error.isConflict, attempt < 5 else { throw error }
            }
        }
        Console.print("\(type.kind.lowercased()) \(name): \(reject ? "rejected" : "approved") by \(me.user)")
    }

    private func read<Object: AskedResource>(
        _ type: Object.Type, _ name: String, _ namespace: String, _ client: KubernetesClient
    ) async throws(KubernetesError) -> Object {
        let manifest = try await client.get(
            try await client.resource(for: type.gvk), namespace: namespace, name: name)
        do throws(FieldError) {
            return try Object(manifest: manifest)
        } catch {
            throw KubernetesError(.malformedResponse, "\(type.kind.lowercased()) \(name): \(error.message)")
        }
    }

    /// One patch, bound to the version that it was made for. An entry that says the same already is taken out first: it
    /// may have been written past the webhook, and words that do not change are not vouched for.
    private func write<Object: AskedResource>(
        _ approval: PromotionSpec.Approval, _ stored: Object, _ client: KubernetesClient
    ) async throws(KubernetesError) {
        var rest = stored.approvals
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

    private func patch<Object: AskedResource>(
        _ approvals: [PromotionSpec.Approval], _ version: String, _ stored: Object, _ client: KubernetesClient
    ) async throws(KubernetesError) -> String {
        let entries = (try? JSONValueEncoder(omitsEmpty: true).encode(approvals)) ?? []
        let changed = try await client.patch(
            try await client.resource(for: Object.gvk), namespace: stored.metadata.namespace,
            name: stored.metadata.name,
            .merge(["metadata": ["resourceVersion": .string(version)], "spec": ["approvals": entries]]))
        return changed.resourceVersion
    }
}
