import KubernetesModel
import YAML

/// The text of a definition's file.
enum CRDText {
    private static let header = "# Written by crdgen from the schema in Sources/SluiceAPI; do not edit.\n"

    static func text(of manifest: Manifest) -> String {
        header + String(decoding: YAMLEmitter.bytes(of: manifest.json, keyOrder: .given), as: UTF8.self)
    }
}
