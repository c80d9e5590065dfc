import FoundationEssentials
import Glibc

/// A repository on disk with many services, each a base and an overlay for each environment.
final class ServiceRepository: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String
    let services: Int
    let environments: [String]

    init(services: Int, environments: [String]) throws {
        self.services = services
        self.environments = environments
        path = FileManager.default.temporaryDirectory.path + "/sluice-scale-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try git("init", "-q", "-b", "main")
        for number in 1...services { try write(service: "service-\(number)") }
        try commit("All services")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Commits a new version of one service for one environment.
    func release(_ service: String, tag: String, to environment: String) throws {
        try write("apps/\(service)/overlays/\(environment)/kustomization.yaml", overlay(service, environment, tag))
        try commit("\(service) \(tag) to \(environment)")
    }

    private func write(service: String) throws {
        try write(
            "apps/\(service)/base/kustomization.yaml",
            """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources: [deployment.yaml, service.yaml]
            """)
        try write(
            "apps/\(service)/base/deployment.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: \(service)
            spec:
              replicas: 1
              selector:
                matchLabels:
                  app: \(service)
              template:
                metadata:
                  labels:
                    app: \(service)
                spec:
                  containers:
                  - name: app
                    image: company/\(service)
                    resources:
                      requests:
                        cpu: 10m
                        memory: 0.5Gi
            """)
        try write(
            "apps/\(service)/base/service.yaml",
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: \(service)
            spec:
              selector:
                app: \(service)
              ports:
              - name: http
                port: 80
            """)
        for environment in environments {
            try write("apps/\(service)/overlays/\(environment)/kustomization.yaml", overlay(service, environment, "v1"))
        }
    }

    private func overlay(_ service: String, _ environment: String, _ tag: String) -> String {
        """
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        resources: [../../base]
        configMapGenerator:
        - name: \(service)-config
          literals: ["environment=\(environment)"]
        images:
        - name: company/\(service)
          newTag: \(tag)
        """
    }

    private func write(_ file: String, _ text: String) throws {
        let folder = path + "/" + file.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data((text + "\n").utf8).write(to: URL(filePath: path + "/" + file))
    }

    private func commit(_ message: String) throws {
        try git("add", "--all")
        try git("-c", "user.name=ci", "-c", "user.email=ci@example.com", "commit", "-q", "-m", message)
    }

    /// Runs git in the repository to its end.
    private func git(_ arguments: String...) throws {
        var words: [UnsafeMutablePointer<CChar>?] = (["git", "-C", path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid = pid_t()
        guard posix_spawnp(&pid, "git", nil, nil, &words, environ) == 0 else {
            throw Failure(description: "git cannot be run")
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Failure(description: "git \(arguments.joined(separator: " ")): \(status)") }
    }
}
