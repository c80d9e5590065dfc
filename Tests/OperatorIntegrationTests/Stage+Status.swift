/// What controllers would say of objects, said in their place: there is no node on which anything could run.
extension Stage {
    /// Says of a Deployment what its controller says of one that got stuck, until something has come of it.
    ///
    /// The controller of Deployments writes the status too: until it was seen, it is said again.
    func degrade(_ app: String, in environment: String, until what: String, _ condition: () throws -> Bool) async throws
    {
        let status = """
            {"status":{"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded",\
            "message":"ReplicaSet has timed out progressing."}],"observedGeneration":99}}
            """
        try await eventually(what) {
            try patchStatus("/apis/apps/v1/namespaces/\(namespace)-\(environment)/deployments/\(app)", status)
            return try condition()
        }
    }

    /// Says of a Job that it has come to its end.
    func end(job: String, in environment: String, as type: String) throws {
        try patchStatus(
            "/apis/batch/v1/namespaces/\(namespace)-\(environment)/jobs/\(job)",
            #"{"status":{"conditions":[{"type":"\#(type)","status":"True","reason":"Told","message":"by a test"}]}}"#)
    }

    private func patchStatus(_ path: String, _ patch: String) throws {
        let server = try Command.run(
            World.kubectl,
            ["--kubeconfig", World.kubeconfig, "config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"])
        let pki =
            World.kubeconfig.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/pki/"
        try Command.run(
            "curl",
            [
                "-sS", "--noproxy", "*", "-o", "/dev/null", "--cacert", pki + "ca.crt", "--cert", pki + "admin.crt",
                "--key", pki + "admin.key", "-X", "PATCH", "-H", "Content-Type: application/merge-patch+json", "-d",
                patch, server + path + "/status",
            ])
    }
}
