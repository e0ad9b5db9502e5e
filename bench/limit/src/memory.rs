//! Memory of this process in MiB, from /proc.

fn status(name: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = text.lines().find_map(|line| {
        line.strip_prefix(name)?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    kib.unwrap_or(0.0) / 1024.0
}

/// Memory in use.
pub fn resident() -> f64 {
    status("VmRSS:")
}

/// Peak memory since [`forget_peak`].
pub fn peak() -> f64 {
    status("VmHWM:")
}

/// Resets the kernel's peak counter, if permitted.
pub fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
