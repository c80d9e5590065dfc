/// One column of `kubectl get`.
package struct PrinterColumn: Sendable, Hashable {
    package let name: String
    /// A JSONPath of one value.
    package let path: String
    /// `string`, `integer`, `boolean` or `date`.
    package let type: String
    /// 0 for what is always shown; higher ones only with `-o wide`.
    package let priority: Int

    package init(_ name: String, _ path: String, type: String = "string", priority: Int = 0) {
        self.name = name
        self.path = path
        self.type = type
        self.priority = priority
    }
}

extension PrinterColumn {
    static let age = PrinterColumn("Age", ".metadata.creationTimestamp", type: "date")
    static let message = PrinterColumn("Message", ".status.message", priority: 1)
}

extension Environment {
    package static let columns = [
        PrinterColumn("Phase", ".status.phase"),
        PrinterColumn("Revision", ".status.revision.synced"),
        PrinterColumn("Synced", ".status.summary.synced"),
        PrinterColumn("Healthy", ".status.summary.healthy"),
        PrinterColumn("Window", ".status.summary.window"),
        PrinterColumn("Next", ".status.summary.next"),
        PrinterColumn("Promotion", ".status.current.promotion"),
        .age,
        .message,
    ]
}

extension Promotion {
    package static let columns = [
        PrinterColumn("Environment", ".spec.environment"),
        PrinterColumn("Phase", ".status.phase"),
        PrinterColumn("Reason", ".status.reason"),
        PrinterColumn("Approvals", ".status.summary.approvals"),
        PrinterColumn("Until", ".status.summary.until"),
        PrinterColumn("Commit", ".status.commit"),
        .age,
        .message,
    ]
}

extension Rollback {
    package static let columns = [
        PrinterColumn("Environment", ".spec.environment"),
        PrinterColumn("Trigger", ".status.trigger"),
        PrinterColumn("Phase", ".status.phase"),
        PrinterColumn("Reason", ".status.reason"),
        PrinterColumn("Reverted", ".status.summary.reverted"),
        PrinterColumn("Took", ".status.summary.took"),
        .age,
        .message,
    ]
}
