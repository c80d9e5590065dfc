import FoundationEssentials

extension Stage {
    @discardableResult
    func git(_ arguments: String...) throws -> String { try Command.run("git", ["-C", work] + arguments) }

    func prepareClone() throws {
        for person in Self.people {
            try FileManager.default.createDirectory(atPath: folder + "/keys", withIntermediateDirectories: true)
            try Command.run(
                "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", person, "-f", "\(folder)/keys/\(person)"])
        }
        // The clone works on the bare repository itself; the operator goes over HTTP.
        try Command.run("git", ["init", "-q", "-b", "main", work])
        try git("remote", "add", "origin", bare)
    }

    /// The lines of `allowed_signers` for all people.
    func allowedSigners() throws -> String {
        Self.people.map { person in
            let key = Files.read("\(folder)/keys/\(person).pub").split(separator: " ").prefix(2)
            return "\(person) namespaces=\"git\" \(key.joined(separator: " "))"
        }.joined(separator: "\n")
    }

    func write(_ path: String, _ text: String) throws { try Files.write(text + "\n", to: "\(work)/\(path)") }

    /// Commits everything on top of the branch and pushes it; returns the commit.
    @discardableResult
    func commit(_ message: String, by person: String = "ci", signed: Bool = true) throws -> String {
        var identity = ["-c", "user.name=\(person)", "-c", "user.email=\(person)@company.example"]
        if signed, Self.people.contains(person) {
            identity += [
                "-c", "gpg.format=ssh", "-c", "user.signingKey=\(folder)/keys/\(person).pub", "-c",
                "commit.gpgSign=true",
            ]
        } else {
            identity += ["-c", "commit.gpgSign=false"]
        }
        try git("add", "--all")
        try Command.run("git", ["-C", work] + identity + ["commit", "-q", "-m", message])
        for attempt in 1...5 {
            do {
                try git("push", "-q", "origin", "HEAD:main")
                break
            } catch  where attempt < 5 {
                // The operator pushes to the same branch: ours goes on top.
                try Command.run("git", ["-C", work] + identity + ["pull", "-q", "--rebase", "origin", "main"])
            }
        }
        return try git("rev-parse", "HEAD")
    }

    /// Brings the clone to the branch's tip.
    func pull() throws { try git("pull", "-q", "--rebase", "--autostash", "origin", "main") }

    /// The commits of the branch whose message has a line; the newest first.
    func commits(with line: String) throws -> [String] {
        let log = try Command.run(
            "git", ["-C", bare, "log", "--format=%H", "-F", "--grep=\(line)", "main"])
        return log.split(separator: "\n").map(String.init)
    }

    func message(of commit: String) throws -> [String] {
        try Command.run("git", ["-C", bare, "log", "-1", "--format=%B", commit])
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The files that a commit changes.
    func changedFiles(of commit: String) throws -> [String] {
        try Command.run("git", ["-C", bare, "diff-tree", "--no-commit-id", "--name-only", "-r", commit])
            .split(separator: "\n").map(String.init)
    }

    /// What a file holds at a commit, without its last line end.
    func file(_ path: String, at commit: String) throws -> String {
        try Command.run("git", ["-C", bare, "show", "\(commit):\(path)"])
    }

    /// Runs a script in the server's repository when a push is being taken: `prepared` before the branch has moved,
    /// `committed` after it has and before the client hears of it.
    func onPush(_ state: String, _ script: String) throws {
        let hook = bare + "/hooks/reference-transaction"
        try Files.write(
            """
            #!/bin/sh
            [ "$1" = \(state) ] && grep -q ' refs/heads/main$' || exit 0
            rm "$0"
            \(script)
            """, to: hook)
        try Command.run("chmod", ["+x", hook])
    }

    func writeApp(_ app: String) throws {
        try write(
            "apps/\(app)/base/kustomization.yaml",
            """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources: [deployment.yaml, settings.yaml]
            """)
        try write("apps/\(app)/base/deployment.yaml", Self.deployment(app, replicas: 0))
        try write(
            "apps/\(app)/base/settings.yaml",
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: \(app)-settings}
            data: {color: blue}
            """)
        for environment in ["dev", "staging", "production"] {
            try write("apps/\(app)/overlays/\(environment)/kustomization.yaml", Self.overlay(app, "v1"))
        }
    }

    static func overlay(_ app: String, _ tag: String) -> String {
        """
        # The overlay of \(app).
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        resources:
        - ../../base
        images:
        - name: company/\(app)
          newTag: \(tag)
        """
    }

    static func deployment(_ app: String, replicas: Int) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(app)}
        spec:
          replicas: \(replicas)
          selector: {matchLabels: {app: \(app)}}
          template:
            metadata: {labels: {app: \(app)}}
            spec:
              containers:
              - {name: app, image: company/\(app)}
        """
    }
}
