package import Core

/// Where the apps of an Environment lie in its repository: `spec.source.path`, in which `{app}` stands for one name.
///
/// | path                       | tree                                  | apps                          |
/// |----------------------------|---------------------------------------|-------------------------------|
/// | `apps/{app}/overlays/prod` | `apps/cart/overlays/prod`, `apps/web` | `cart`                        |
/// | `apps/svc-{app}`           | `apps/svc-cart`, `apps/other`         | `cart`                        |
/// | `deploy/prod`              | `deploy/prod`                         | one, called like the environment |
package struct AppPath: Sendable, Hashable {
    /// The mark that stands for an app's name.
    package static let mark = "{app}"

    private let path: String
    /// The folder whose children are apps, and what surrounds the name; nil where the path has no mark.
    private let pattern: Pattern?

    private struct Pattern: Sendable, Hashable {
        let parent: String
        let prefix: String
        let suffix: String
        let rest: String
    }

    /// Reads a path that validation has accepted: relative, at most one mark.
    package init(_ text: String) {
        let components = text.split(separator: "/").filter { $0 != "." }
        path = components.joined(separator: "/")
        guard let index = components.firstIndex(where: { $0.contains(AppPath.mark) }),
            let range = components[index].firstRange(of: AppPath.mark)
        else {
            pattern = nil
            return
        }
        pattern = Pattern(
            parent: components[..<index].joined(separator: "/"),
            prefix: String(components[index][..<range.lowerBound]),
            suffix: String(components[index][range.upperBound...]),
            rest: components[(index + 1)...].joined(separator: "/"))
    }

    /// One app and the folder it is rendered from.
    package struct App: Sendable, Hashable {
        package let name: String
        package let path: String
    }

    /// The path of one app by its name; the Environment's own path where it has no mark.
    package func path(of app: String) -> String {
        guard let pattern else { return path }
        return [pattern.parent, pattern.prefix + app + pattern.suffix, pattern.rest]
            .filter { !$0.isEmpty }.joined(separator: "/")
    }

    /// The apps that exist in a tree, sorted by name. One that is a Git submodule is passed over.
    ///
    /// - Parameter environment: the app's name where the path has no mark.
    /// - Throws: ``FileTreeError`` when the path leads out of the tree or the folder of apps does not exist.
    package func apps(in tree: some FileTree, environment: String, include: GlobList, exclude: GlobList) throws -> [App]
    {
        guard let pattern else {
            guard try tree.resolve(path)?.kind == .directory else { throw FileTreeError(.notFound, path: path) }
            return include.matches(environment) && !exclude.matches(environment)
                ? [App(name: environment, path: path)] : []
        }
        guard let parent = try tree.resolve(pattern.parent), parent.kind == .directory else {
            throw FileTreeError(.notFound, path: pattern.parent)
        }
        var apps: [App] = []
        for child in try tree.children(of: parent.path) {
            let component = child.name
            guard child.kind != .submodule, component.hasPrefix(pattern.prefix), component.hasSuffix(pattern.suffix),
                component.utf8.count > pattern.prefix.utf8.count + pattern.suffix.utf8.count
            else { continue }
            let name = String(component.dropFirst(pattern.prefix.count).dropLast(pattern.suffix.count))
            guard include.matches(name), !exclude.matches(name),
                try tree.resolve(path(of: name))?.kind == .directory
            else { continue }
            apps.append(App(name: name, path: path(of: name)))
        }
        return apps
    }

    /// The paths that would be apps if they were no Git submodules.
    package func submodules(in tree: some FileTree) throws -> [String] {
        guard let pattern, let parent = try tree.resolve(pattern.parent), parent.kind == .directory else { return [] }
        return try tree.children(of: parent.path).filter {
            $0.kind == .submodule && $0.name.hasPrefix(pattern.prefix) && $0.name.hasSuffix(pattern.suffix)
        }.map(\.path)
    }
}
