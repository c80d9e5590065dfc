extension EnvironmentSpec {
    /// Which of the apps that the path holds belong to this environment.
    package struct AppSelection: Sendable, Hashable, Codable {
        /// Globs over the app's name; an app must match one of them.
        package var include: [String]
        /// Globs over the app's name; an app that matches one of them is left out.
        package var exclude: [String]

        package init(
            include: [String] = ["*"], exclude: [String] = []
        ) {
            self.include = include
            self.exclude = exclude
        }
    }

    /// What is laid over each app's kustomization, applied last.
    package struct Render: Sendable, Hashable, Codable {
        /// Put before the name of every object.
        package var namePrefix: String
        /// Put after the name of every object.
        package var nameSuffix: String
        /// Labels for every object, its pod templates and selectors.
        package var commonLabels: [String: String]
        /// Annotations for every object and its pod templates.
        package var commonAnnotations: [String: String]
        /// Images to replace, as in a kustomization.
        package var images: [ImageOverride]

        package init(
            namePrefix: String = "", nameSuffix: String = "", commonLabels: [String: String] = [:],
            commonAnnotations: [String: String] = [:], images: [ImageOverride] = []
        ) {
            self.namePrefix = namePrefix
            self.nameSuffix = nameSuffix
            self.commonLabels = commonLabels
            self.commonAnnotations = commonAnnotations
            self.images = images
        }
    }
}
