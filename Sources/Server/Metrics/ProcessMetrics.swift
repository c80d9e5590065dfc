internal import Glibc

/// What Prometheus' client libraries say of every process, read from Linux's `/proc` at each scrape.
package enum ProcessMetrics {
    /// The samples of this process; what cannot be read is left out.
    @Sendable
    package static func samples() -> [PrometheusSample] {
        var samples: [PrometheusSample] = []
        // Fields of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, counted from after the command's name.
        if let stat = read("/proc/self/stat"), let close = stat.lastIndex(of: ")") {
            let fields = stat[stat.index(after: close)...].split(separator: " ").map { Double($0) ?? 0 }
            let ticks = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
            if fields.count > 21 {
                samples += [
                    PrometheusSample("process_cpu_seconds_total", .counter, (fields[11] + fields[12]) / ticks),
                    PrometheusSample("process_threads", .gauge, fields[17]),
                    PrometheusSample("process_virtual_memory_bytes", .gauge, fields[20]),
                    PrometheusSample(
                        "process_resident_memory_bytes", .gauge,
                        fields[21] * Double(max(sysconf(Int32(_SC_PAGESIZE)), 1))),
                ]
                if let boot = bootTime() {
                    samples.append(
                        PrometheusSample("process_start_time_seconds", .gauge, boot + fields[19] / ticks))
                }
            }
        }
        if let count = openDescriptors() { samples.append(PrometheusSample("process_open_fds", .gauge, count)) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            samples.append(PrometheusSample("process_max_fds", .gauge, Double(limit.rlim_cur)))
        }
        return samples
    }

    private static func bootTime() -> Double? {
        read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst(6)) }
    }

    private static func openDescriptors() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        // The open folder itself does not count.
        return Double(max(count - 1, 0))
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
