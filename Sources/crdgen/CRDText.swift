import KubernetesModel
import YAML

/// The text of a definition's file.
enum CRDText {
    private static let header = "# Written by crdgen from the schema in Sources/SluiceAPI; do not edit.\n"

    static func text(of manifest: Manifest) -> String {
        header + String(decoding: YAMLEmitter.bytes(of: manifest.json, keyOrder: .given), as: UTF8.self)
    }

    /// As a template of the chart, to be left out on demand. Removing the release keeps the definition: with it all of
    /// its objects would go.
    static func template(of manifest: Manifest) -> String {
        var manifest = manifest
        manifest.setAnnotation("helm.sh/resource-policy", "keep")
        return "{{- if .Values.crds.install }}\n\(text(of: manifest)){{- end }}\n"
    }
}
