internal import Core
internal import KubernetesModel
internal import Kustomize
internal import YAML

/// One input, and what is done with it.
struct Trial {
    private let seed: UInt64
    private let seeds: SeedTrees

    init(seed: UInt64, seeds: SeedTrees) {
        self.seed = seed
        self.seeds = seeds
    }

    func run(_ tally: inout Tally) {
        var random = SeededGenerator(seed: seed)
        tally.inputs += 1
        var tree = seeds.trees[random.below(seeds.trees.count)]
        for _ in 0...random.below(4) {
            let index = random.below(tree.files.count)
            mutate(&tree.files[index].content, &random)
        }
        var memory = MemoryFileTree()
        for file in tree.files { memory[file.path] = file.content }
        for file in tree.files.prefix(2) { read(file.content) }
        let limits = RenderLimits(
            fileSize: 1 << 20, totalSize: 4 << 20, objects: 2000, depth: 16, kustomizations: 100, outputSize: 16 << 20,
            time: .seconds(10))
        do {
            let path = tree.directory == "." ? "" : tree.directory
            check(try Kustomize.build(memory, path: path, options: RenderOptions(limits: limits)))
            tally.rendered += 1
        } catch {
            tally.refused += 1
        }
    }

    /// What is printed must read back as what was rendered.
    private func check(_ result: RenderResult) {
        let text = Kustomize.text(of: result)
        guard let documents = try? YAML.documents(parsing: text) else {
            Fuzz.end("seed \(seed): the output is no YAML")
        }
        guard documents.count == result.manifests.count else { Fuzz.end("seed \(seed): the output has other objects") }
        for (document, rendered) in zip(documents, result.manifests) {
            guard let json = try? document.json(.yaml11) else { Fuzz.end("seed \(seed): the output has no meaning") }
            guard json == rendered.manifest.json else { Fuzz.end("seed \(seed): the output means something else") }
        }
    }

    /// Everything that reads YAML texts.
    private func read(_ bytes: [UInt8]) {
        _ = try? YAML.resources(parsing: bytes, duplicateKeys: .keep)
        for document in (try? YAML.documents(parsing: bytes)) ?? [] {
            _ = try? YAMLEmitter.bytes(of: document)
            _ = try? document.json(.yaml11)
        }
        _ = try? KustomizationEdit.images(in: bytes)
        _ = try? KustomizationEdit.setImages(in: bytes, [ImageEdit(name: "nginx", newTag: "v2")])
    }

    // MARK: Mutation

    private func mutate(_ content: inout [UInt8], _ random: inout SeededGenerator) {
        var lines = content.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) + [0x0A] }
        for _ in 0...random.below(3) {
            let index = random.below(lines.count)
            switch random.below(9) {
            case 0 where !lines.isEmpty: lines.remove(at: index)
            case 1 where !lines.isEmpty: lines.insert(lines[random.below(lines.count)], at: index)
            case 2 where lines.count > 1: lines.swapAt(index, random.below(lines.count))
            case 3 where !lines.isEmpty: lines[index] = [0x20, 0x20] + lines[index]
            case 4 where !lines.isEmpty: lines[index] = Array(lines[index].drop { $0 == 0x20 })
            case 5 where !lines.isEmpty: splice(&lines[index], &random)
            case 6 where !lines.isEmpty: replaceValue(&lines[index], &random)
            case 7: repeatLine(&lines, at: index, &random)
            default: lines.insert(seeds.lines[random.below(seeds.lines.count)], at: index)
            }
        }
        content = Array(lines.joined())
        guard random.below(10) == 0, !content.isEmpty else { return }
        content[random.below(content.count)] = UInt8(truncatingIfNeeded: random.next())
    }

    /// Puts a token somewhere into a line.
    private func splice(_ line: inout [UInt8], _ random: inout SeededGenerator) {
        line.insert(contentsOf: Self.tokens[random.below(Self.tokens.count)].utf8, at: random.below(line.count))
    }

    /// Puts another value behind a key.
    private func replaceValue(_ line: inout [UInt8], _ random: inout SeededGenerator) {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? 0
        line = line[...colon] + Array(" \(Self.values[random.below(Self.values.count)])\n".utf8)
    }

    /// The same line many times over.
    private func repeatLine(_ lines: inout [[UInt8]], at index: Int, _ random: inout SeededGenerator) {
        guard index < lines.count, random.below(20) == 0 else { return }
        lines.insert(contentsOf: Array(repeating: lines[index], count: 1 << random.below(12)), at: index)
    }

    private static let tokens = [
        "[", "]", "{", "}", ": ", "- ", "? ", "&a ", "*a", "<<: *a\n", "!!int ", "!!binary ", "|\n  ", ">-\n  ", "'",
        "\"", "\\", "\t", "\r",
        "\n---\n", "\n...\n", "%YAML 1.1\n", "#", " #", "\u{FEFF}", "é", "\u{1F600}", "\u{2028}", "\u{85}", "\u{7F}",
        "$(V)", "$$", "$patch: delete\n",
        "$patch: replace\n", ".*", "(", "[a-", "{1000}", "\\p{L}", "~", "null", "0x", "-", ",", "/", "@sha256:", ":",
        "..", "../", "\u{0}",
    ]

    private static let values = [
        "null", "~", "''", "[]", "{}", "[null]", "{a: }", "5", "-1", "1e400", ".nan", "9223372036854775808",
        "18446744073709551615", "yes", "2020-01-01",
        "0o17", "1_000", "'5'", "[a, b]", "{name: a}", "[{name: a}, {name: a}]", "[[a]]", "*a", "&a b", "!!str 5",
        "|\n      text\n", "kustomization.yaml", ".",
        "..", "metadata.name", "spec.*.[a=.*]", "-9223372036854775808", "Deployment", "List", "ConfigMap", "$(A)$(A)",
        "\"\\u0000\"", "\"\\ud800\"",
    ]
}
