import KubernetesModel

extension EnvironmentSpec.AppSelection {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "Which of the apps that the path holds belong to this environment.",
        [
            .optional(
                "include", .list(of: .string(maxLength: 253), maxItems: 200).defaulting(["*"]),
                "Globs over the app's name; an app must match one of them."),
            .optional(
                "exclude", .list(of: .string(maxLength: 253), maxItems: 200),
                "Globs over the app's name; an app that matches one of them is left out."),
        ])
}

extension EnvironmentSpec.Render {
    /// What the API server and `sluice validate` accept, and what the fields mean.
    package static let schema = Schema.object(
        "What is laid over each app's kustomization, applied last.",
        [
            .optional("namePrefix", .string(maxLength: 63), "Put before the name of every object."),
            .optional("nameSuffix", .string(maxLength: 63), "Put after the name of every object."),
            .optional(
                "commonLabels", .map(maxProperties: 50, maxLength: 63),
                "Labels for every object, its pod templates and selectors."),
            .optional(
                "commonAnnotations", .map(maxProperties: 50, maxLength: 4096),
                "Annotations for every object and its pod templates."),
            .optional(
                "images", .list(of: ImageOverride.schema, maxItems: 200), "Images to replace, as in a kustomization."),
        ])
}
