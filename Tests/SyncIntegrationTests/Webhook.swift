import Core
import FoundationEssentials
import Glibc
import KubernetesClient
import KubernetesModel

@testable import Sync

/// A mutating admission webhook: an HTTPS server of its own on loopback, as sidecar injectors are.
///
/// It puts a sidecar into each Deployment, rewrites the images of the containers that Git names, and notes what it did
/// in a label and an annotation.
final class Webhook {
    private let name: String
    private let folder: String
    private let client: KubernetesClient
    private var pid: pid_t = 0

    private static let resource = APIResource(
        gvk: GroupVersionKind(
            group: "admissionregistration.k8s.io", version: "v1", kind: "MutatingWebhookConfiguration"),
        plural: "mutatingwebhookconfigurations", namespaced: false)

    private static let program = """
        import base64, http.server, json, ssl, sys

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = review["request"]
                pod = request["object"]["spec"]["template"]["spec"]
                patch = []
                for index, container in enumerate(pod["containers"]):
                    if not container["image"].startswith("mirror/"):
                        patch.append({"op": "replace", "path": f"/spec/template/spec/containers/{index}/image",
                                      "value": "mirror/" + container["image"]})
                if not any(c["name"] == "mesh" for c in pod["containers"]):
                    patch.append({"op": "add", "path": "/spec/template/spec/containers/-",
                                  "value": {"name": "mesh", "image": "mirror/mesh:1"}})
                labels = request["object"]["metadata"].get("labels") or {}
                labels["injected"] = "true"
                patch.append({"op": "add", "path": "/metadata/labels", "value": labels})
                answer = {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": {
                    "uid": request["uid"], "allowed": True, "patchType": "JSONPatch",
                    "patch": base64.b64encode(json.dumps(patch).encode()).decode()}}
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1] + "/tls.crt", sys.argv[1] + "/tls.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with open(sys.argv[1] + "/port.new", "w") as file: file.write(str(server.server_address[1]))
        import os; os.rename(sys.argv[1] + "/port.new", sys.argv[1] + "/port")
        server.serve_forever()
        """

    /// Starts the server and registers it for the Deployments of a namespace that carries the label `mesh`.
    init(_ stage: Stage) async throws {
        name = "mesh-\(stage.namespace)"
        folder = "/tmp/sluice-webhook-\(stage.namespace)"
        client = stage.client
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try Command.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/tls.key", "-out", "\(folder)/tls.crt",
            ])
        try Data(Self.program.utf8).write(to: URL(filePath: "\(folder)/webhook.py"))
        try start()
        let port = try await port()
        let authority = try Data(contentsOf: URL(filePath: "\(folder)/tls.crt"))
        _ = try await client.create(
            Self.resource,
            Manifest([
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                "metadata": ["name": .string(name)],
                "webhooks": [
                    [
                        "name": "mesh.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                        "failurePolicy": "Fail",
                        "clientConfig": [
                            "url": .string("https://127.0.0.1:\(port)/"),
                            "caBundle": .string(Base64.encode([UInt8](authority))),
                        ],
                        "namespaceSelector": ["matchLabels": ["mesh": .string(stage.namespace)]],
                        "rules": [
                            [
                                "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
                                "resources": ["deployments"],
                            ]
                        ],
                    ]
                ],
            ]))
    }

    private func start() throws {
        let arguments = ["python3", "\(folder)/webhook.py", folder]
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        guard posix_spawnp(&pid, "python3", nil, nil, &words, environ) == 0 else {
            throw Command.Failure(description: "python3 cannot be run")
        }
    }

    private func port() async throws -> Int {
        for _ in 0..<500 {
            if let text = try? String(contentsOf: URL(filePath: "\(folder)/port"), encoding: .utf8),
                let port = Int(text)
            {
                return port
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Command.Failure(description: "the webhook does not start")
    }

    /// Takes it out of the cluster and ends the server.
    func remove() async {
        _ = try? await client.delete(Self.resource, namespace: nil, name: name)
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        try? FileManager.default.removeItem(atPath: folder)
    }
}
