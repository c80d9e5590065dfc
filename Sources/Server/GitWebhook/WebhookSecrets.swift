package import Core
internal import FoundationEssentials

/// The secrets that webhooks are signed with: one in each file of a directory, a mounted Secret as a rule.
///
/// They are read for each delivery, so that a Secret can be changed, or a second one be added for a while, without a
/// restart.
package struct WebhookSecrets: Sendable {
    /// Fewer bytes than this are no secret: they can be tried out against one recorded delivery.
    package static let minimumBytes = 16
    private static let maximumFiles = 64
    private static let maximumBytes = 4096

    private let directory: String

    package init(directory: String) {
        self.directory = directory
    }

    /// The secrets, without the line break that editors leave at the end of a file.
    ///
    /// Files whose name begins with a dot are passed over, as are those by which Kubernetes exchanges a volume.
    package func read() throws(WebhookSecretsError) -> [[UInt8]] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { !$0.hasPrefix(".") }
                .sorted()
        } catch {
            throw WebhookSecretsError("\(directory): the directory of webhook secrets cannot be read")
        }
        guard names.count <= Self.maximumFiles else {
            throw WebhookSecretsError("\(directory): more than \(Self.maximumFiles) files")
        }
        var secrets: [[UInt8]] = []
        for name in names {
            guard let data = FileManager.default.contents(atPath: directory + "/" + name) else {
                throw WebhookSecretsError("\(directory)/\(name): cannot be read as a file")
            }
            var bytes = Array(data)
            while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard (Self.minimumBytes...Self.maximumBytes).contains(bytes.count) else {
                throw WebhookSecretsError(
                    "\(directory)/\(name): a secret has \(Self.minimumBytes) to \(Self.maximumBytes) bytes; "
                        + "make one with: openssl rand -hex 32")
            }
            secrets.append(bytes)
        }
        guard !secrets.isEmpty else { throw WebhookSecretsError("\(directory): there is no webhook secret in it") }
        return secrets
    }
}

/// Why webhooks cannot be verified.
package struct WebhookSecretsError: SluiceError, Hashable {
    package let message: String

    init(_ message: String) {
        self.message = message
    }

    package var reason: String { "InvalidWebhookSecrets" }
    package var disposition: Disposition { .terminal }
}
