package import KubernetesModel

/// One line of a watch.
package enum WatchEvent: Sendable, Hashable {
    case added(Manifest)
    case modified(Manifest)
    case deleted(Manifest)
    /// Nothing happened up to this resource version.
    case bookmark(resourceVersion: String)
    /// All that existed when the watch began has been sent; only where ``WatchOptions/sendsInitialEvents`` asked for it.
    case initialEventsEnd(resourceVersion: String)
}

/// How a watch is opened.
package struct WatchOptions: Sendable, Hashable {
    package var selector: ObjectSelector
    /// Events after this version; from a list or an earlier event.
    package var resourceVersion: String
    package var bookmarks: Bool
    /// The server ends the watch after this time.
    package var timeoutSeconds: Int
    /// The watch begins with an `added` for each object that exists; it then takes no resource version.
    package var sendsInitialEvents = false

    package init(
        _ selector: ObjectSelector = ObjectSelector(), resourceVersion: String, bookmarks: Bool = true,
        timeoutSeconds: Int = 450
    ) {
        self.selector = selector
        self.resourceVersion = resourceVersion
        self.bookmarks = bookmarks
        self.timeoutSeconds = timeoutSeconds
    }

    /// The longest silence that is believed: the server must have ended the watch by then.
    var stall: Duration { .seconds(timeoutSeconds + 30) }
}
