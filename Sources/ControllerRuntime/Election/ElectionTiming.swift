/// Times of an election. The default is that of Kubernetes' own controllers.
package struct ElectionTiming: Sendable, Hashable {
    /// How long somebody is believed to be there who says nothing.
    package var duration: Duration
    /// How long what a replica holds stays its own without an answer from the API server; less than `duration`, and the
    /// difference is what clocks may go wrong by and requests be late.
    package var renewDeadline: Duration
    /// From one word to the next.
    package var period: Duration
    /// The same while somebody is about to give something up that is ours then.
    package var briefPeriod: Duration

    package init(
        duration: Duration = .seconds(15), renewDeadline: Duration = .seconds(10), period: Duration = .seconds(2),
        briefPeriod: Duration = .milliseconds(250)
    ) {
        self.duration = duration
        self.renewDeadline = renewDeadline
        self.period = period
        self.briefPeriod = briefPeriod
    }
}
