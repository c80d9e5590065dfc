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
        try dated(identity + ["commit", "-q", "-m", message])
        for attempt in 1...5 {
            do {
                try git("push", "-q", "origin", "HEAD:main")
                break
            } catch  where attempt < 5 {
                // The operator pushes to the same branch: ours goes on top.
                try dated(identity + ["pull", "-q", "--rebase", "origin", "main"])
            }
        }
        return try git("rev-parse", "HEAD")
    }

    /// Runs git with the time that commits bear here.
    private func dated(_ arguments: [String]) throws {
        let dates = today.map { ["GIT_AUTHOR_DATE=\($0())", "GIT_COMMITTER_DATE=\($0())"] } ?? []
        try Command.run("env", dates + ["git", "-C", work] + arguments)
    }

    /// When a commit was made, in RFC 3339 and UTC.
    func time(of commit: String) throws -> String {
        let seconds = try Command.run("git", ["-C", bare, "log", "-1", "--format=%ct", commit])
        return try Command.run("date", ["-u", "-d", "@\(seconds)", "+%FT%TZ"])
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

    /// Has the server keep the operator's next push waiting before it touches the branch, which others can push to
    /// meanwhile, until ``letPush(_:pass:)``.
    func holdPush(_ name: String) throws {
        let hook = bare + "/hooks/pre-receive"
        try Files.write(
            """
            #!/bin/sh
            # People push to the repository itself, and only the operator through the server.
            [ -n "$REMOTE_USER" ] || exit 0
            rm "$0"
            touch \(folder)/\(name).held
            for i in $(seq 300); do
                [ -s \(folder)/\(name).verdict ] && exit $(cat \(folder)/\(name).verdict)
                sleep 0.1
            done
            exit 1
            """, to: hook)
        try Command.run("chmod", ["+x", hook])
    }

    func untilHeld(_ name: String) async throws {
        let mark = "\(folder)/\(name).held"
        try await eventually("the push of \(name) waits") { FileManager.default.fileExists(atPath: mark) }
    }

    /// - Parameter pass: whether the server has anything against it. It refuses what does not follow the branch anyway.
    func letPush(_ name: String, pass: Bool) throws {
        try Files.write(pass ? "0" : "1", to: "\(folder)/\(name).verdict")
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
