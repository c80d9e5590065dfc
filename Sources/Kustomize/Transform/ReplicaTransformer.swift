/// Sets the number of replicas of the objects of one name.
struct ReplicaTransformer {
    let replica: ReplicaEntry
    let fields: [FieldSpec]

    func transform(_ list: inout ResourceList, file: String) throws(KustomizeError) {
        var found = false
        for index in list.indices where !list[index].isEmpty {
            let ids = list[index].allIDs.filter { $0.name == replica.name }
            guard !ids.isEmpty else { continue }
            for field in fields where ids.contains(where: { field.selector.selects($0) }) {
                found = true
                do {
                    try field.apply(to: &list[index], missing: .scalar(.integer)) { node in
                        node.setText(String(self.replica.count), tag: .integer)
                    }
                } catch {
                    throw KustomizeError(.invalidManifest, error, in: list[index])
                }
            }
        }
        guard found else {
            throw KustomizeError(
                .notFound, file: file, line: replica.line, field: replica.field,
                "nothing called \(replica.name) has replicas: name a Deployment, StatefulSet, ReplicaSet or"
                    + " ReplicationController of this kustomization")
        }
    }
}
