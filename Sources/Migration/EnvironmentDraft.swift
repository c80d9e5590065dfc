import Core
import KubernetesModel
import SluiceAPI

/// One application of another tool as an Environment of its own, before those of one stage are put together.
struct EnvironmentDraft {
    /// The application's name.
    var name: String
    /// What it is filed under: Argo CD's project. Empty for none.
    let group: String
    let origin: ImportedObject
    /// Without windows.
    var spec: EnvironmentSpec
    /// The windows that this application is under.
    var windows: [DraftWindow] = []
    /// Whether it is a stage of many apps already, with `{app}` in its path.
    var isStage = false
}

/// What stands for the app in paths and namespaces.
enum AppMark {
    static let text = "{app}"
}

/// A window of a group that applications share.
struct DraftWindow: Hashable {
    enum Kind: String, Hashable {
        case allow, deny
    }

    let kind: Kind
    /// Its place in the group's list, which tells it from others that say the same.
    let index: Int
    let schedule: String
    let duration: GoDuration
    let timeZone: String
    /// Whether people may sync by hand while it is shut.
    let manual: Bool
    /// A text for people; its name is made of it.
    let text: String
    let object: ImportedObject
    let path: FieldPath

    /// A name for messages, unique by its number.
    var name: String {
        let words = text.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "-")
        return words.isEmpty ? "\(kind.rawValue)-\(index + 1)" : String("\(words.prefix(50))-\(index + 1)")
    }
}

extension Environment {
    /// As a person would write it: without a status, and without the fields that say what the schema says anyway.
    var withoutDefaults: Manifest {
        var manifest = manifest
        let spec = manifest.json["spec"] ?? .null
        manifest.json["status"] = nil
        manifest.json["spec"] = Trimmer(environment: self, manifest: manifest).trimmed(spec)
        return manifest
    }
}

/// Removes every field without which the object reads the same.
///
/// Each field is tried: some hundred reads of a small object, which is nothing beside the certainty.
private struct Trimmer {
    let environment: Environment
    let manifest: Manifest

    func trimmed(_ spec: JSONValue) -> JSONValue {
        trimmed(spec) { candidate in
            var copy = manifest
            copy.json["spec"] = candidate
            return (try? Environment(manifest: copy)) == environment
        }
    }

    /// - Parameter reads: whether the object, with this value in the place of the whole, reads the same.
    private func trimmed(_ value: JSONValue, _ reads: (JSONValue) -> Bool) -> JSONValue {
        switch value {
        case .object(var object):
            for key in object.keys {
                guard let child = object[key] else { continue }
                object[key] = nil
                if reads(.object(object)) { continue }
                object[key] = trimmed(child) { candidate in
                    var copy = object
                    copy[key] = candidate
                    return reads(.object(copy))
                }
            }
            return .object(object)
        case .array(var elements):
            for index in elements.indices {
                elements[index] = trimmed(elements[index]) { candidate in
                    var copy = elements
                    copy[index] = candidate
                    return reads(.array(copy))
                }
            }
            return .array(elements)
        default:
            return value
        }
    }
}
