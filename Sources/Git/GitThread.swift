internal import Glibc

/// One thread that runs an actor's jobs, so that blocking C stays off the cooperative pool.
///
/// The thread ends when this object is released and the jobs that were queued have run.
final class GitThread: Sendable {
    private let queue = Queue()

    init() {
        let box = Unmanaged.passRetained(queue)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Queue>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        precondition(code == 0, "the system gives no more threads")
        pthread_detach(thread)
    }

    deinit { queue.stop() }

    var executor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// `@unchecked Sendable`: `jobs` and `stopped` are touched only while `mutex` is held; the two C objects live as
    /// long as this object and are made to be shared.
    private final class Queue: SerialExecutor, @unchecked Sendable {
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let filled = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var jobs: [UnownedJob] = []
        private var stopped = false

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(filled, nil)
        }

        deinit {
            pthread_cond_destroy(filled)
            pthread_mutex_destroy(mutex)
            filled.deallocate()
            mutex.deallocate()
        }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            pthread_mutex_lock(mutex)
            jobs.append(job)
            pthread_cond_signal(filled)
            pthread_mutex_unlock(mutex)
        }

        func stop() {
            pthread_mutex_lock(mutex)
            stopped = true
            pthread_cond_signal(filled)
            pthread_mutex_unlock(mutex)
        }

        func run() {
            while true {
                pthread_mutex_lock(mutex)
                while jobs.isEmpty, !stopped { pthread_cond_wait(filled, mutex) }
                let batch = jobs
                jobs.removeAll(keepingCapacity: true)
                let ended = batch.isEmpty && stopped
                pthread_mutex_unlock(mutex)
                if ended { return }
                for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
            }
        }
    }
}
