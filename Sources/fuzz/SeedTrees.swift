internal import Core

/// The trees of the renderer's corpus, as what inputs are made from.
struct SeedTrees {
    struct Tree {
        var files: [(path: String, content: [UInt8])]
        var directory: String
    }

    private(set) var trees: [Tree] = []
    /// Every line of every file, to be put anywhere.
    private(set) var lines: [[UInt8]] = []

    /// - Parameter corpus: a folder of folders of cases in the format that `CorpusCase` describes.
    init(corpus: String) {
        let disk = DirectoryFileTree(root: corpus)
        for area in (try? disk.children(of: "")) ?? [] where area.kind == .directory {
            for file in (try? disk.children(of: area.path)) ?? [] where file.name.hasSuffix(".case") {
                guard let bytes = try? disk.contents(of: file) else { continue }
                add(bytes)
            }
        }
    }

    private mutating func add(_ bytes: [UInt8]) {
        var tree = Tree(files: [], directory: "")
        var isContent = false
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("-- "), text.hasSuffix(" --") {
                let name = String(text.dropFirst(3).dropLast(3))
                isContent = !name.hasPrefix("expected") && !name.contains(" ")
                if isContent { tree.files.append((name, [])) }
            } else if isContent {
                tree.files[tree.files.count - 1].content += line + [0x0A]
                lines.append(Array(line) + [0x0A])
            } else if text.hasPrefix("build: ") {
                tree.directory = String(text.dropFirst(7))
            }
        }
        if !tree.files.isEmpty { trees.append(tree) }
    }
}

/// A small generator (https://prng.di.unimi.it/splitmix64.c), so that an input follows from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A number below a bound; zero if there is none.
    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int.random(in: 0..<bound, using: &self) : 0 }
}
