extension String {
    /// This text cut to at most `limit` bytes of UTF-8, at a character boundary, ending in `…` where it was cut.
    package func bounded(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        let mark = "…"
        var end = utf8.index(utf8.startIndex, offsetBy: max(0, limit - mark.utf8.count))
        while end > startIndex, end.samePosition(in: self) == nil {
            end = utf8.index(before: end)
        }
        return String(self[..<end]) + mark
    }
}
