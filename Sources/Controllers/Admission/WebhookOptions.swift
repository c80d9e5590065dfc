package import Certificates
internal import KubernetesModel

/// How the admission webhook is reached, and where its keys are kept.
///
/// What a chart has to provide for the defaults, with `NS` the operator's namespace:
///
/// - a Service `sluice-webhook` in `NS`, port 443, to the port that `--webhook-port` names;
/// - the flags `--webhook-port`, `--webhook-namespace NS` and
///   `--operator-user system:serviceaccount:NS:<service account>`;
/// - on Secrets in `NS`: `create`, and on `sluice-webhook` `get`, `list`, `watch`, `update`;
/// - on `mutatingwebhookconfigurations` and `validatingwebhookconfigurations` of `admissionregistration.k8s.io`: `create`,
///   `list`, `watch`, and on those called `sluice` `get`, `patch`;
/// - on `subjectaccessreviews` of `authorization.k8s.io`: `create`; on `promotions` of `sluice.dev`: `create`;
/// - that uninstalling deletes both configurations called `sluice`: while they stand and nobody answers, no Environment,
///   Promotion or Rollback can be written. The chart may create them itself, without a `caBundle`: the operator fills
///   them in and mends them.
package struct WebhookOptions: Sendable {
    /// How the API server comes to the webhook.
    package enum Address: Sendable, Hashable {
        /// Through a Service, from within the cluster.
        case service(name: String, port: Int)
        /// At a host of its own, for an operator outside of the cluster: a DNS name or an IPv4 address. The port is the
        /// one that is listened at.
        case host(String)
    }

    /// The namespace of the Service and the Secret.
    package var namespace: String
    package var address: Address
    /// The Secret with the authority, the serving certificate and the key of the stamps.
    package var secretName = "sluice-webhook"
    /// The name of both webhook configurations.
    package var configurationName: String
    /// The only namespace whose objects are reviewed; nil for all. It is chosen by the label
    /// `kubernetes.io/metadata.name`, which servers from 1.21 on set by themselves.
    package var onlyNamespace: String?
    package var lifetimes = WebhookCertificates.Lifetimes()
    /// For whom the API server takes the operator, where that is known; the webhook finds out by itself.
    package var operatorUser: String?

    package init(namespace: String, address: Address, onlyNamespace: String? = nil) {
        self.namespace = namespace
        self.address = address
        self.onlyNamespace = onlyNamespace
        configurationName = onlyNamespace.map { "sluice-\($0)" } ?? "sluice"
    }

    /// The Secret.
    var secret: NamespacedName { NamespacedName(namespace: namespace, name: secretName) }

    /// The names that the serving certificate is for.
    var names: [String] {
        switch address {
        case .service(let name, _): ["\(name).\(namespace).svc", "\(name).\(namespace).svc.cluster.local"]
        case .host(let host): [host]
        }
    }
}

/// Where the API server sends its reviews.
package enum WebhookPath {
    package static let stamp = "/admission/stamp"
    package static let review = "/admission/review"
    package static let all = [stamp, review]
}
