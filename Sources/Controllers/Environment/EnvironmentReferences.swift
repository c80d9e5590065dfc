package import ControllerRuntime
package import Git
package import KubernetesModel
package import SluiceAPI

/// The Secrets and ConfigMaps that an Environment names, read from its own namespace and from no other.
package struct EnvironmentReferences: Sendable {
    package var credentials = GitCredentials.anonymous
    /// What is sent to the forge's API; empty where the Secret has nothing of that kind.
    package var forgeToken = ""
    package var kubeconfig: ReferenceContent?
    /// Who may approve and ask: `spec.approvals.signersRef`, else that of `spec.source.verify`.
    package var signers: SignerDirectory?
    /// Whose commits count: `spec.source.verify.signersRef`, else that of `spec.approvals`.
    package var verifiers: SignerDirectory?
    package var signingKey: SSHSigningKey?
    /// Fingerprints of the keys that the operator signs with or once did; nil where it does not sign. A commit that
    /// says it is the operator's counts as such only with one of these.
    package var ownKeys: Set<String>?
    /// What is missing or malformed, by the spec's field; nothing is guessed in its place.
    package var faults: [FieldError] = []
    /// The same for what only promotions and rollbacks need; syncing goes on without it.
    package var promotionFaults: [FieldError] = []
    /// The Secrets of `spec.notifications`, by name; those that do not exist are not in it.
    package var notificationSecrets: [String: ReferenceContent] = [:]

    /// Reads all of them; each is watched from now on, and the Environment is told of changes.
    ///
    /// - Throws: what keeps the API server from answering; a reference that does not exist is a fault.
    package static func read(
        of environment: Environment, _ watcher: ReferenceWatcher<NamespacedName>
    ) async throws -> EnvironmentReferences {
        var found = EnvironmentReferences()
        var reader = Reader(environment: environment, watcher: watcher)
        let source = environment.spec.source
        if let name = source.credentialsRef?.name,
            let content = try await reader.secret(name, FieldPath("spec") / "source" / "credentialsRef", &found.faults)
        {
            do throws(GitError) {
                found.credentials = try GitCredentials(data: content.data, secret: name)
                found.forgeToken = content.text("token") ?? content.text("password") ?? ""
            } catch {
                found.faults.append(FieldError("spec.source.credentialsRef", error.message))
            }
        }
        if let name = environment.spec.destination.kubeconfigRef?.name {
            found.kubeconfig = try await reader.secret(
                name, FieldPath("spec") / "destination" / "kubeconfigRef", &found.faults)
        }
        if let name = source.push.signingKeyRef?.name,
            let content = try await reader.secret(
                name, FieldPath("spec") / "source" / "push" / "signingKeyRef", &found.promotionFaults)
        {
            found.readSigningKey(content, secret: name)
        }
        if source.push.signingKeyRef != nil, found.ownKeys == nil { found.ownKeys = [] }
        let approvals = environment.spec.approvals?.signersRef?.name
        let verify = source.verify.signersRef?.name
        if let name = approvals ?? verify {
            let field = approvals == nil ? "spec.source.verify.signersRef" : "spec.approvals.signersRef"
            found.signers = try await found.signers(name, field, &reader)
        }
        found.verifiers =
            if let verify, verify != approvals, approvals != nil {
                try await found.signers(verify, "spec.source.verify.signersRef", &reader)
            } else { found.signers }
        for name in Set(environment.spec.notifications.compactMap { $0.secretRef?.name }) {
            found.notificationSecrets[name] = try await reader.content(.secret, name)
        }
        watcher.retain(reader.references, for: environment.namespacedName)
        return found
    }

    private mutating func readSigningKey(_ content: ReferenceContent, secret: String) {
        guard let key = content["ssh-privatekey"] else {
            promotionFaults.append(
                FieldError("spec.source.push.signingKeyRef", "Secret \(secret) has no key ssh-privatekey"))
            return
        }
        do throws(GitError) {
            let key = try SSHSigningKey(key)
            ownKeys = Set(try Self.previousKeys(content).map(\.fingerprint)).union([key.publicKey.fingerprint])
            signingKey = key
        } catch {
            promotionFaults.append(FieldError("spec.source.push.signingKeyRef", error.message))
        }
    }

    /// The Secret's key under which public keys of earlier signing keys stand, one a line.
    static let previousKeysName = "previous-publickeys"

    private static func previousKeys(_ content: ReferenceContent) throws(GitError) -> [SSHPublicKey] {
        var keys: [SSHPublicKey] = []
        for line in String(decoding: content[previousKeysName] ?? [], as: UTF8.self).split(whereSeparator: \.isNewline)
        where line.contains(where: { !$0.isWhitespace }) && !line.hasPrefix("#") {
            do throws(GitError) {
                keys.append(try SSHPublicKey(line: line))
            } catch {
                throw GitError(error.code, "\(previousKeysName): \(error.message)")
            }
        }
        return keys
    }

    /// A list of signers is public, so a ConfigMap serves; a Secret of that name is taken where there is none.
    private mutating func signers(
        _ name: String, _ field: String, _ reader: inout Reader
    ) async throws -> SignerDirectory? {
        guard let content = try await reader.configMapOrSecret(name) else {
            promotionFaults.append(FieldError(field, "neither a ConfigMap nor a Secret \(name) exists"))
            return nil
        }
        do throws(GitError) {
            return try SignerDirectory(data: content.data)
        } catch {
            promotionFaults.append(FieldError(field, "\(name): \(error.message)"))
            return nil
        }
    }

    private struct Reader {
        let environment: Environment
        let watcher: ReferenceWatcher<NamespacedName>
        var references: Set<Reference> = []

        mutating func content(_ kind: Reference.Kind, _ name: String) async throws -> ReferenceContent? {
            let reference = Reference(kind, namespace: environment.metadata.namespace, name: name)
            references.insert(reference)
            return try await watcher.content(of: reference, for: environment.namespacedName)
        }

        mutating func secret(
            _ name: String, _ path: FieldPath, _ faults: inout [FieldError]
        ) async throws -> ReferenceContent? {
            let content = try await content(.secret, name)
            if content == nil { faults.append(FieldError("\(path)", "Secret \(name) does not exist")) }
            return content
        }

        mutating func configMapOrSecret(_ name: String) async throws -> ReferenceContent? {
            if let content = try await content(.configMap, name) { return content }
            return try await content(.secret, name)
        }
    }
}
