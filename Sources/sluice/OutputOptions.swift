import ArgumentParser
import KubernetesModel
import YAML

/// `-o`: how data is printed.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, yaml
    }

    @Option(name: [.customShort("o"), .customLong("output")], help: "How to print: text, json or yaml.")
    var format: Format = .text

    /// Prints data in the chosen format; `text` is called for people's form.
    func print(_ json: JSONValue, text: () -> String) {
        switch format {
        case .text: Console.print(text())
        case .json: Console.print(json.prettyJSON)
        case .yaml: Console.print(YAMLEmitter.bytes(of: json))
        }
    }
}

/// Lines of cells as columns, two spaces between them.
struct Table {
    private var rows: [[String]]

    init(header: [String]) {
        rows = [header]
    }

    mutating func add(_ row: [String]) {
        rows.append(row)
    }

    var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                line += cell
                if index + 1 < row.count { line += String(repeating: " ", count: widths[index] - cell.count + 2) }
            }
            return line
        }.joined(separator: "\n")
    }
}
