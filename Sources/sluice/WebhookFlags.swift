import ArgumentParser
import Certificates
import Controllers
import KubernetesModel
import Logging
import Server

/// The admission webhook: off unless a port is given.
struct WebhookFlags: ParsableArguments {
    @Option(
        help:
            "Serve the admission webhook at this port; 0 for a free one. Without it approvals through the API count for nothing."
    )
    var webhookPort: Int?

    @Option(help: "The address to serve the admission webhook at.")
    var webhookListen: String = "0.0.0.0"

    @Option(help: "The namespace of the webhook's Service and Secret; by default the lease's.")
    var webhookNamespace: String?

    @Option(help: "The Service through which the API server comes to the webhook.")
    var webhookService: String = "sluice-webhook"

    @Option(help: "The port of that Service.")
    var webhookServicePort: Int = 443

    @Option(help: "A DNS name or IPv4 address at which the API server reaches the webhook, instead of a Service.")
    var webhookHost: String?

    @Option(help: "How long the webhook's certificates live; they are renewed after two thirds of it.")
    var webhookCertificateLifetime: String = "90d"

    @Option(help: "Whom the API server takes this operator for; by default the webhook finds out.")
    var operatorUser: String?

    /// Nil where the webhook is off.
    ///
    /// - Parameter only: the one namespace whose objects are reviewed; nil for all.
    func options(namespace: String, only: String?) throws -> WebhookOptions? {
        guard webhookPort != nil else { return nil }
        guard let lifetime = GoDuration(webhookCertificateLifetime), lifetime.duration >= .seconds(6) else {
            throw Failure.usage(
                "--webhook-certificate-lifetime \(webhookCertificateLifetime): write a duration of at least 6s, such as 90d"
            )
        }
        var options = WebhookOptions(
            namespace: webhookNamespace ?? namespace,
            address: webhookHost.map { .host($0) } ?? .service(name: webhookService, port: webhookServicePort),
            onlyNamespace: only)
        options.lifetimes = WebhookCertificates.Lifetimes(serving: lifetime.duration)
        options.operatorUser = operatorUser
        return options
    }

    /// The HTTPS side of what answers the reviews.
    func server(_ admission: AdmissionDesk, logger: Logger) -> WebhookServer {
        WebhookServer(
            WebhookServer.Options(host: webhookListen, port: webhookPort ?? 0), paths: WebhookPath.all,
            certificates: DeskCertificates(desk: admission), logger: logger,
            onBound: { port in
                logger.info("Serving the admission webhook", metadata: ["port": .stringConvertible(port)])
                admission.listens(at: port)
            },
            handler: { path, body in
                let reply = await admission.answer(path, body)
                return WebhookServer.Answer(status: reply.status, contentType: reply.contentType, body: reply.body)
            })
    }
}

/// The webhook's certificates, as its server asks for them.
private struct DeskCertificates: ServingCertificateSource {
    let desk: AdmissionDesk

    var current: ServingCertificate? {
        desk.serving.map { ServingCertificate(chain: $0.chain, key: $0.key) }
    }

    func first() async throws -> ServingCertificate {
        try await desk.untilServing()
        guard let current else { throw CancellationError() }
        return current
    }
}
