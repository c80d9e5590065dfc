import KubernetesModel
import Testing

@testable import YAML

private func set(_ text: String, _ edits: ImageEdit...) throws(YAMLError) -> String {
    String(decoding: try KustomizationEdit.setImages(in: Array(text.utf8), edits, file: "k.yaml"), as: UTF8.self)
}

private let block = """
    # Cart, production.
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization

    resources:
    - ../../base   # shared
    images:
    # the shop
    - name: company/cart  # our own
      newTag: v1.2.4	# a tab before this
    - name: web
      newName: registry.example.com/web
      digest: sha256:0123
    namespace: shop

    """

@Suite("Setting images in kustomization files")
struct KustomizationEditTests {
    @Test("changes the bytes of the tag and nothing else")
    func tag() throws {
        let out = try set(block, ImageEdit(name: "company/cart", newTag: "v1.2.5"))
        #expect(out == block.replacing("v1.2.4", with: "v1.2.5"))
    }

    @Test("does nothing where nothing is to be done")
    func noop() throws {
        #expect(try set(block, ImageEdit(name: "company/cart", newTag: "v1.2.4")) == block)
        #expect(try set(block) == block)
        #expect(try set(block, ImageEdit(name: "web", newName: "registry.example.com/web")) == block)
    }

    @Test("a tag takes the line of a digest, and a digest that of a tag")
    func exchange() throws {
        let out = try set(block, ImageEdit(name: "web", newTag: "1.0"))
        #expect(out == block.replacing("digest: sha256:0123", with: "newTag: \"1.0\""))
        let back = try set(block, ImageEdit(name: "company/cart", digest: "sha256:ab"))
        #expect(back == block.replacing("newTag: v1.2.4", with: "digest: sha256:ab"))
    }

    @Test("the list ends up as asked, the rest as it was", arguments: EditExample.all)
    func examples(example: EditExample) throws {
        #expect(try set(example.before, example.edit) == example.after)
    }

    @Test(
        "refuses what cannot be edited safely and says where",
        arguments: [
            ("x: &l\n- name: a\nimages: *l\n", 3), ("x: &e {name: a}\nimages:\n- *e\n", 3),
            ("x: &e {newTag: b}\nimages:\n- name: a\n  <<: *e\n", 4), ("images:\n- name: a\n  newTag: {{ .tag }}\n", 3),
            ("images:\n- name: a\n  newTag: ${TAG}\n", 3), ("images:\n- name: a\n  newTag: |\n    v1\n", 3),
            ("images: x\n", 1), ("images: {a: b}\n", 1), ("images:\n- a\n", 2), ("- a\n", nil), ("", nil), ("{}", 1),
            ("images: [\n", 2), ("images: []\nimages: []\n", 2), ("a: 1\n---\nb: 1\n", 2), ("a: 1\n...\n", 2),
            ("a: 1\rb: 2\r", nil), ("imageTags:\n- name: a\n", 1),
            ("images:\n- name: a\n  newTag: &t v1\nx: *t\n", nil), ("images: &l\n- name: a\nx: *l\n", nil),
        ] as [(String, Int?)])
    func unsafe(text: String, line: Int?) throws {
        let error = try #require(throws: YAMLError.self) { try set(text, EditExample.v2) }
        #expect(error.line == line)
        #expect(error.file == "k.yaml")
    }

    @Test("thousands of entries of one name are set at once", .timeLimit(.minutes(1)))
    func manyEntries() throws {
        let count = 4000
        let entry = "- name: a\n  digest: x\n  newTag: v1\n"
        let out = try set("images:\n" + String(repeating: entry, count: count), EditExample.v2)
        #expect(out == "images:\n" + String(repeating: "- name: a\n  newTag: v2\n", count: count))
    }

    @Test("reads what it wrote")
    func reads() throws {
        let bytes = try KustomizationEdit.setImages(
            in: Array(block.utf8), [ImageEdit(name: "web", newTag: "1.0"), ImageEdit(name: "new", digest: "sha256:9")])
        #expect(
            try KustomizationEdit.images(in: bytes) == [
                KustomizationImage(name: "company/cart", newTag: "v1.2.4", line: 9),
                KustomizationImage(name: "web", newName: "registry.example.com/web", newTag: "1.0", line: 11),
                KustomizationImage(name: "new", digest: "sha256:9", line: 14),
            ])
        #expect(try KustomizationEdit.images(in: []) == [])
        #expect(throws: YAMLError.self) {
            try KustomizationEdit.images(in: Array("images: [{name: a, newTag: 1.0}]".utf8))
        }
    }
}
