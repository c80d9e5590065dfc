import Testing

@testable import YAML

/// A kustomization file before and after an edit.
struct EditExample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let before: String
    let edit: ImageEdit
    let after: String

    init(_ name: String, _ before: String, _ edit: ImageEdit, _ after: String) {
        testDescription = name
        self.before = before
        self.edit = edit
        self.after = after
    }
}

extension EditExample {
    static let v2 = ImageEdit(name: "a", newTag: "v2")

    static let all: [EditExample] = [
        EditExample(
            "quotes stay", "images:\n- name: 'a'\n  newTag: 'v1'\n", v2, "images:\n- name: 'a'\n  newTag: 'v2'\n"),
        EditExample("double", "images: [{name: a, newTag: \"v1\"}]", v2, "images: [{name: a, newTag: \"v2\"}]"),
        EditExample(
            "number gets quotes", "images:\n- name: a\n  newTag: v1\n", ImageEdit(name: "a", newTag: "1.10"),
            "images:\n- name: a\n  newTag: \"1.10\"\n"),
        EditExample(
            "number gets the file's quotes", "images:\n- name: 'a'\n  newTag: v1\n",
            ImageEdit(name: "a", newTag: "017"),
            "images:\n- name: 'a'\n  newTag: '017'\n"),
        EditExample(
            "a bare number is replaced", "images:\n- name: a\n  newTag: 1.0\n", ImageEdit(name: "a", newTag: "1.0"),
            "images:\n- name: a\n  newTag: \"1.0\"\n"),
        EditExample(
            "boolean words", "images:\n- name: a\n  newTag: x\n", ImageEdit(name: "a", newTag: "on"),
            "images:\n- name: a\n  newTag: \"on\"\n"),
        EditExample(
            "exponent", "images:\n- name: a\n  newTag: x\n", ImageEdit(name: "a", newTag: "1e5"),
            "images:\n- name: a\n  newTag: \"1e5\"\n"),
        EditExample(
            "CR LF", "images:\r\n- name: a\r\n  newTag: v1\r\n", v2, "images:\r\n- name: a\r\n  newTag: v2\r\n"),
        EditExample("CR LF, added", "images:\r\n- name: a\r\n", v2, "images:\r\n- name: a\r\n  newTag: v2\r\n"),
        EditExample("no last line end", "images:\n- name: a\n  newTag: v1", v2, "images:\n- name: a\n  newTag: v2"),
        EditExample("no last line end, added", "images:\n- name: a", v2, "images:\n- name: a\n  newTag: v2"),
        EditExample(
            "byte order mark", "\u{FEFF}images:\n- name: a\n  newTag: v1\n", v2,
            "\u{FEFF}images:\n- name: a\n  newTag: v2\n"),
        EditExample(
            "wide characters", "# é日😀\nimages: # ß\n- {name: a, newTag: v1} # é\n", v2,
            "# é日😀\nimages: # ß\n- {name: a, newTag: v2} # é\n"),
        EditExample("empty value", "images:\n- name: a\n  newTag:\n", v2, "images:\n- name: a\n  newTag: v2\n"),
        EditExample(
            "empty value, comment", "images:\n- name: a\n  newTag: # t\n", v2, "images:\n- name: a\n  newTag: v2 # t\n"),
        EditExample(
            "field added after the name", "images:\n  - name: a # x\n  - name: b\n", v2,
            "images:\n  - name: a # x\n    newTag: v2\n  - name: b\n"),
        EditExample(
            "field added after newName", "images:\n- newName: b\n  name: a\n\n\nnamespace: x\n", v2,
            "images:\n- newName: b\n  name: a\n  newTag: v2\n\n\nnamespace: x\n"),
        EditExample(
            "both there, digest goes", "images:\n- name: a\n  digest: x # d\n  newTag: v1\n# end\n", v2,
            "images:\n- name: a\n  newTag: v2\n# end\n"),
        EditExample(
            "digest first", "images:\n- digest: x\n  name: a\n  newTag: v1\n", v2, "images:\n- name: a\n  newTag: v2\n"),
        EditExample(
            "digest last, no line end", "images:\n- name: a\n  newTag: v1\n  digest: x", v2,
            "images:\n- name: a\n  newTag: v2"),
        EditExample(
            "flow: digest goes", "images: [{digest: x, name: a, newTag: v1}]\n", v2, "images: [{name: a, newTag: v2}]\n"
        ),
        EditExample(
            "flow: digest last", "images: [{name: a, newTag: v1, digest: x}]\n", v2, "images: [{name: a, newTag: v2}]\n"
        ),
        EditExample("flow: added", "images: [{name: a}]\n", v2, "images: [{name: a, newTag: v2}]\n"),
        EditExample(
            "tag and digest", "images:\n- name: a\n  newTag: v1\n",
            ImageEdit(name: "a", newTag: "v2", digest: "sha256:1"),
            "images:\n- name: a\n  newTag: v2\n  digest: sha256:1\n"),
        EditExample(
            "every entry of the name", "images:\n- name: a\n  newTag: v1\n- name: b\n- name: a\n  newTag: v0\n", v2,
            "images:\n- name: a\n  newTag: v2\n- name: b\n- name: a\n  newTag: v2\n"),
        EditExample(
            "newName changes", "images:\n- name: a\n  newName: x\n  newTag: v1\n",
            ImageEdit(name: "a", newName: "r:5000/a", newTag: "v1"),
            "images:\n- name: a\n  newName: r:5000/a\n  newTag: v1\n"),
        EditExample(
            "newName added", "images:\n- name: a\n  newTag: v1\n", ImageEdit(name: "a", newName: "b"),
            "images:\n- name: a\n  newTag: v1\n  newName: b\n"),
        EditExample(
            "entry added", "images:\n- name: b\n  newTag: v1 # b\n# end\nnamespace: x\n", v2,
            "images:\n- name: b\n  newTag: v1 # b\n- name: a\n  newTag: v2\n# end\nnamespace: x\n"),
        EditExample(
            "entry added, indented", "images:\n  -   name: b\nnamespace: x\n", v2,
            "images:\n  -   name: b\n  -   name: a\n      newTag: v2\nnamespace: x\n"),
        EditExample(
            "entry added after a flow entry", "images:\n- {name: b}\n", v2,
            "images:\n- {name: b}\n- {name: a, newTag: v2}\n"),
        EditExample(
            "entry added to a flow list", "images: [{name: b}]\n", v2, "images: [{name: b}, {name: a, newTag: v2}]\n"),
        EditExample(
            "entry added to an empty list", "images: [] # none\n", v2, "images: [{name: a, newTag: v2}] # none\n"),
        EditExample(
            "images without a value", "images:\nresources:\n  - x\n", v2,
            "images:\n  - name: a\n    newTag: v2\nresources:\n  - x\n"),
        EditExample("images null", "images: null\n", v2, "images: [{name: a, newTag: v2}]\n"),
        EditExample(
            "no images", "resources:\n  - x\n# end\n", v2,
            "resources:\n  - x\n# end\nimages:\n  - name: a\n    newTag: v2\n"),
        EditExample("no images, no line end", "resources: [x]", v2, "resources: [x]\nimages:\n- name: a\n  newTag: v2"),
        EditExample(
            "no images, marker", "---\nresources: [x]\n", v2, "---\nresources: [x]\nimages:\n- name: a\n  newTag: v2\n"),
        EditExample(
            "JSON", "{\n  \"images\": [\n    {\n      \"name\": \"a\",\n      \"newTag\": \"v1\"\n    }\n  ]\n}\n", v2,
            "{\n  \"images\": [\n    {\n      \"name\": \"a\",\n      \"newTag\": \"v2\"\n    }\n  ]\n}\n"),
        EditExample(
            "JSON, field", "{\n  \"images\": [\n    {\n      \"name\": \"a\"\n    }\n  ]\n}\n", v2,
            "{\n  \"images\": [\n    {\n      \"name\": \"a\",\n      \"newTag\": \"v2\"\n    }\n  ]\n}\n"),
        EditExample(
            "JSON, entry", "{\n  \"images\": [\n    {\n      \"name\": \"b\"\n    }\n  ]\n}\n", v2,
            "{\n  \"images\": [\n    {\n      \"name\": \"b\"\n    },\n    {\n      \"name\": \"a\",\n      \"newTag\": \"v2\"\n    }\n  ]\n}\n"
        ),
        EditExample(
            "JSON, list", "{\"resources\":[\"x\"]}", v2,
            "{\"resources\":[\"x\"],\"images\":[{\"name\": \"a\", \"newTag\": \"v2\"}]}"),
        EditExample(
            "compact JSON", "{\"images\":[{\"name\":\"b\"}]}", v2,
            "{\"images\":[{\"name\":\"b\"},{\"name\":\"a\",\"newTag\":\"v2\"}]}"),
        EditExample(
            "anchor of its own", "images:\n- name: a\n  newTag: &t v1\n", v2, "images:\n- name: a\n  newTag: &t v2\n"),
        EditExample(
            "alias as a value", "x: &t v1\nimages:\n- name: a\n  newTag: *t\n", v2,
            "x: &t v1\nimages:\n- name: a\n  newTag: v2\n"),
        EditExample("other case", "Images:\n- Name: a\n  newtag: v1\n", v2, "Images:\n- Name: a\n  newtag: v2\n"),
        EditExample(
            "text over two lines", "images:\n- name: a\n  newTag: \"v\\\n    1\"\n", v2,
            "images:\n- name: a\n  newTag: \"v2\"\n"),
    ]
}
