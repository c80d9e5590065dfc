/// Where something stands in a YAML text, counted from one as editors do.
///
/// It takes eight bytes, because every node carries one; places beyond 2^32 are clamped.
package struct YAMLMark: Sendable, Hashable {
    private var storedLine: UInt32
    private var storedColumn: UInt32

    package init(line: Int, column: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
    }

    /// The line, from one.
    package var line: Int {
        get { Int(storedLine) }
        set { storedLine = UInt32(clamping: newValue) }
    }

    /// The column in characters, from one.
    package var column: Int {
        get { Int(storedColumn) }
        set { storedColumn = UInt32(clamping: newValue) }
    }
}
