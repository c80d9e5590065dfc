internal import Core

/// Who sends a webhook, by the header that carries its proof.
package enum WebhookProvider: String, Sendable, CaseIterable {
    case forgejo, gitea, github, gitlab, bitbucket, generic
}

/// Whether a delivery proves that its sender knows a secret of ours.
///
/// | sender                          | header                                  | proof                                |
/// |---------------------------------|-----------------------------------------|--------------------------------------|
/// | Forgejo, Gitea                  | `X-Forgejo-Signature`, `X-Gitea-Signature` | HMAC-SHA256 of the body, hexadecimal |
/// | GitHub                          | `X-Hub-Signature-256`                   | `sha256=` and the same               |
/// | GitLab                          | `X-Gitlab-Token`                        | the secret itself                    |
/// | Bitbucket Cloud and Data Center | `X-Hub-Signature`                       | `sha256=` and the same               |
/// | anything else                   | `X-Signature`                           | `sha256=` and the same               |
///
/// The first of these headers that is there decides: one that is wrong is not made good by another.
package enum WebhookSignature {
    package enum Verdict: Sendable, Hashable {
        case good(WebhookProvider)
        case wrong(WebhookProvider)
        /// None of the headers is there.
        case missing
    }

    private enum Form {
        case code, prefixedCode, token
    }

    private static let proofs: [(header: String, provider: WebhookProvider, form: Form)] = [
        ("X-Forgejo-Signature", .forgejo, .code),
        ("X-Gitea-Signature", .gitea, .code),
        ("X-Hub-Signature-256", .github, .prefixedCode),
        ("X-Gitlab-Token", .gitlab, .token),
        ("X-Hub-Signature", .bitbucket, .prefixedCode),
        ("X-Signature", .generic, .prefixedCode),
    ]

    /// Judges a delivery; it takes as long for a wrong proof as for a good one.
    ///
    /// - Parameters:
    ///   - values: the values of a header by its name, in any case; a header that is repeated is wrong.
    ///   - secrets: any of them is good, so that they can be exchanged one by one.
    package static func judge(
        _ body: [UInt8], secrets: [[UInt8]], values: (String) -> [String]
    ) -> Verdict {
        for (header, provider, form) in proofs {
            let found = values(header)
            guard let value = found.first else { continue }
            guard found.count == 1 else { return .wrong(provider) }
            return isGood(value, form, body, secrets) ? .good(provider) : .wrong(provider)
        }
        return .missing
    }

    /// What two tokens are compared under; it need be no secret.
    private static let comparison = Array("token".utf8)

    private static func isGood(_ value: String, _ form: Form, _ body: [UInt8], _ secrets: [[UInt8]]) -> Bool {
        var code: [UInt8]?
        switch form {
        case .token: break
        case .code: code = Hex.decode(value)
        case .prefixedCode:
            guard value.hasPrefix("sha256=") else { return false }
            code = Hex.decode(String(value.dropFirst("sha256=".count)))
        }
        var good = false
        // No early end: which secret fits shows in no timing.
        for secret in secrets where !secret.isEmpty {
            if form == .token {
                // Codes of both are compared, so that not even the secret's length shows.
                let said = HMACSHA256.code(of: Array(value.utf8), key: comparison)
                good = HMACSHA256.isValid(said, of: secret, key: comparison) || good
            } else if let code {
                good = HMACSHA256.isValid(code, of: body, key: secret) || good
            }
        }
        return good
    }
}
