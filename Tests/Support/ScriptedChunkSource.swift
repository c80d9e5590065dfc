package import HTTP
internal import Synchronization

/// Plays the steps of an answer to one reader.
package final class ScriptedChunkSource: HTTPChunkSource {
    private struct State {
        var steps: ArraySlice<ScriptedAnswer.Step>
        var waiter: CheckedContinuation<Void, Never>?
        var cancelled = false
    }

    private let state: Mutex<State>

    package init(_ steps: [ScriptedAnswer.Step]) {
        state = Mutex(State(steps: steps[...]))
    }

    package func next() async throws(HTTPError) -> [UInt8]? {
        let step = state.withLock { $0.steps.popFirst() }
        switch step {
        case nil: return nil
        case .bytes(let bytes): return bytes
        case .fail(let error): throw error
        case .hang:
            await hang()
            throw HTTPError(.cancelled, "scripted: cancelled")
        }
    }

    private func hang() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let over = state.withLock { state -> Bool in
                    if !state.cancelled { state.waiter = continuation }
                    return state.cancelled
                }
                if over { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.cancelled = true
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
