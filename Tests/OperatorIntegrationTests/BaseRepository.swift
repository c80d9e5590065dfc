import FoundationEssentials

/// A second repository on the Git server, for bases of others.
struct BaseRepository {
    let url: String
    /// `host:port/path`, as the operator's list has it.
    let address: String
    private let bare: String
    private let work: String

    /// - Parameters:
    ///   - path: on the server; below `public/` it is for everybody to read.
    ///   - folder: where its clone is.
    init(_ path: String, in folder: String) throws {
        let path = "\(path)-\(String(UInt32.random(in: .min ... .max), radix: 36))"
        try World.hack("git-server", "repo", path, "--name", World.gitServer)
        bare = "\(World.gitFolder)/\(path).git"
        work = "\(folder)/\(path.replacing("/", with: "-"))"
        url = "\(World.gitURL)/\(path).git"
        address = String(World.gitURL.drop { $0 != "/" }.dropFirst(2)) + "/" + path
        try Command.run("git", ["init", "-q", "-b", "main", work])
        // kustomize asks for a commit by its id, as it may of forges.
        try Command.run("git", ["-C", bare, "config", "uploadpack.allowAnySHA1InWant", "true"])
    }

    /// Commits files and pushes them to a branch; returns the commit.
    func commit(_ files: [String: String], to branch: String = "main") throws -> String {
        for (path, text) in files { try Files.write(text + "\n", to: "\(work)/\(path)") }
        try Command.run("git", ["-C", work, "add", "--all"])
        try Command.run(
            "git", ["-C", work, "-c", "user.name=ci", "-c", "user.email=ci@company.example", "commit", "-qm", "Change"])
        try push("HEAD:\(branch)")
        return try Command.run("git", ["-C", work, "rev-parse", "HEAD"])
    }

    func push(_ what: String) throws { try Command.run("git", ["-C", work, "push", "-qf", bare, what]) }

    /// How often somebody downloaded from it over HTTP.
    func downloads() -> Int {
        let log = Files.read("\(World.gitFolder)/../log/access.log")
        return log.split(separator: "\n").count {
            $0.contains("POST ") && $0.contains("\(address.drop { $0 != "/" }).git/git-upload-pack")
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: bare)
        try? FileManager.default.removeItem(atPath: work)
    }

    /// A ConfigMap with a colour, as a base or a part of one.
    static func files(_ color: String) -> [String: String] {
        [
            "app/kustomization.yaml": "resources: [../shared]\nnamePrefix: base-",
            "shared/kustomization.yaml": "resources: [palette.yaml]",
            "shared/palette.yaml":
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: palette}\ndata: {color: \(color)}",
            "label/kustomization.yaml":
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {from: component}",
        ]
    }
}
