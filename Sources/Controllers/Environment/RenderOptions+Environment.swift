package import Kustomize
package import SluiceAPI

extension RenderOptions {
    /// What `spec.render` lays over each app.
    package init(_ render: EnvironmentSpec.Render) {
        self.init(
            namePrefix: render.namePrefix, nameSuffix: render.nameSuffix, commonLabels: render.commonLabels,
            commonAnnotations: render.commonAnnotations,
            images: render.images.map {
                .init(name: $0.name, newName: $0.newName, newTag: $0.newTag, digest: $0.digest)
            })
    }
}
