internal import KubernetesModel
internal import SluiceAPI

extension Environment {
    /// The service account, as a user to impersonate, that all is done as in the destination, whatever cluster that is; nil
    /// for the operator itself.
    var deployer: String? {
        let account = spec.destination.serviceAccountName
        return account.isEmpty ? nil : "system:serviceaccount:\(metadata.namespace):\(account)"
    }
}
