import KubernetesModel
import SluiceAPI

/// Puts the windows of the applications of one stage into its Environment.
struct WindowWriter {
    private var windows: [DraftWindow] = []
    private var apps: [DraftWindow: [String]] = [:]

    mutating func add(_ added: [DraftWindow], app: String) {
        for window in added {
            if apps[window] == nil { windows.append(window) }
            apps[window, default: []].append(app)
        }
    }

    /// - Parameter all: every app of the Environment; a window that they all are under is for every app.
    /// - Returns: what cannot be said as it was.
    func write(into spec: inout EnvironmentSpec, apps all: [String]) -> [ImportNote] {
        guard let first = windows.first else { return [] }
        var notes: [ImportNote] = []
        spec.windows.timeZone = first.timeZone
        for window in windows.sorted(by: { $0.index < $1.index }) {
            guard window.timeZone == first.timeZone else {
                spec.suspend = true
                notes.append(
                    ImportNote(
                        .leftOut, window.object, window.path.description,
                        "is in the zone \(window.timeZone), but an Environment's windows share one, here \(first.timeZone); the Environment is suspended until you have seen to it"
                    ))
                continue
            }
            let under = apps[window] ?? []
            let entry = EnvironmentSpec.Window(
                name: window.name, schedule: window.schedule, duration: window.duration,
                apps: under.count == all.count ? ["*"] : under.sorted())
            switch window.kind {
            case .allow: spec.windows.allow.append(entry)
            case .deny: spec.windows.deny.append(entry)
            }
        }
        if windows.contains(where: \.manual) { spec.windows.override = EnvironmentSpec.Override() }
        return notes
    }
}
