// What is not built yet says so, and is never ignored.
extension Build {
    private func refuse(_ entries: [Located], _ kustomization: Kustomization) throws(KustomizeError) {
        guard let first = entries.first else { return }
        throw KustomizeError(
            .refused, file: kustomization.file, line: first.line, field: first.field, "this is not supported yet")
    }

    func mergeConfigurations(
        _ kustomization: Kustomization, _ loader: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        try refuse(kustomization.configurations + kustomization.crds, kustomization)
        if let path = kustomization.openAPIPath { try refuse([path], kustomization) }
    }

    func runGeneratorFiles(
        _ kustomization: Kustomization, _ loader: Loader, into accumulator: inout Accumulator
    ) throws(KustomizeError) {
        try refuse(kustomization.generators, kustomization)
    }

    func runTransformerFiles(
        _ kustomization: Kustomization, _ loader: Loader, _ accumulator: inout Accumulator
    ) throws(KustomizeError) {
        try refuse(kustomization.transformers + kustomization.validators, kustomization)
    }

    func replace(
        _ kustomization: Kustomization, _ loader: Loader, _ list: inout ResourceList
    ) throws(KustomizeError) {
        try refuse(
            kustomization.replacements.map { Located(text: "", line: $0.line, field: $0.field) }, kustomization)
    }

    func addVars(_ kustomization: Kustomization, to accumulator: inout Accumulator) throws(KustomizeError) {
        try merge(kustomization.vars, into: &accumulator, file: kustomization.file)
    }

    func merge(_ vars: [VarEntry], into accumulator: inout Accumulator, file: String) throws(KustomizeError) {
        guard vars.isEmpty else {
            throw KustomizeError(.refused, file: file, field: "vars", "this is not supported yet")
        }
    }

    func resolveVars(_ accumulator: inout Accumulator) throws(KustomizeError) {}
}
