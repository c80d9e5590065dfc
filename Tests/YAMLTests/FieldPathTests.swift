import KubernetesModel
import Testing

@testable import YAML

@Suite("Places of fields")
struct FieldPathTests {
    private static let text = """
        kind: Environment
        metadata:
          labels:
            app.kubernetes.io/name: x
        spec:
          apps:
          - name: a
          - name: b
            path: p
          empty: {}
        """

    @Test(
        "a field's key has a place, a missing field that of its parent",
        arguments: [
            ("", 1, 1), ("kind", 1, 1), ("metadata.labels[\"app.kubernetes.io/name\"]", 4, 5), ("spec.apps", 6, 3),
            ("spec.apps[1]", 8, 5), ("spec.apps[1].path", 9, 5), ("spec.apps[1].missing.deep", 8, 5),
            ("spec.apps[7].path", 6, 3), ("spec.empty.x", 10, 3), ("nowhere", 1, 1), ("spec..x", 5, 1), ("spec[", 5, 1),
        ])
    func place(path: String, line: Int, column: Int) throws {
        let node = try YAML.document(parsing: Array(Self.text.utf8))
        #expect(node.mark(at: path) == YAMLMark(line: line, column: column))
    }

    @Test("paths lead to the same place as their text")
    func paths() throws {
        let node = try YAML.document(parsing: Array(Self.text.utf8))
        let paths = [
            FieldPath.root, FieldPath("spec") / "apps", (FieldPath("spec") / "apps")[1] / "path",
            FieldPath("metadata") / "labels" / "app.kubernetes.io/name",
        ]
        for path in paths { #expect(node.mark(at: path) == node.mark(at: path.description)) }
        let error = YAMLError(FieldError("spec.apps[1].path", "must be a list"), in: node, file: "env.yaml")
        #expect(error.message == "env.yaml:9:5: spec.apps[1].path: must be a list")
    }
}
