internal import HTTP
package import SluiceAPI

extension EnvironmentSpec.Source {
    /// The repository's URL as it may be shown to anybody.
    package var shownRepository: String { HTTPRequest.display(repository) }
}
