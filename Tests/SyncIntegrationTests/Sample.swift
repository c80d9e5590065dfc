import KubernetesModel
import Testing

@testable import Sync

/// Objects that many tests sync.
enum Sample {
    static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: frontend}
        spec:
          replicas: 3
          selector: {matchLabels: {app: frontend}}
          template:
            metadata: {labels: {app: frontend}}
            spec:
              containers:
              - name: app
                image: frontend:1
                ports: [{containerPort: 80}]
                resources: {requests: {cpu: 1000m, memory: 0.5Gi}}
        """

    static func configMap(_ name: String, _ data: String = "{a: '1'}", annotations: String = "{}") -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: \(name), annotations: \(annotations)}
        data: \(data)
        """
    }

    static func manifests(_ texts: String...) throws -> [Manifest] {
        try texts.flatMap { try LiveCluster.yaml($0) }
    }
}

extension String {
    func replacing(_ old: String, _ new: String) -> String {
        split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
}
