//! Finds the epoll descriptor of a tokio runtime, which tokio does not tell.

use tokio::runtime::Runtime;

/// Return the number of the descriptor that is readable if the runtime has something to do; `None`
/// on systems other than Linux, or if it cannot be found.
#[cfg(target_os = "linux")]
pub(super) fn of(runtime: &Runtime) -> Option<i32> {
    use std::os::fd::AsRawFd;

    // A socket that only this runtime watches shows which descriptor is the runtime's.
    let (probe, _other) = std::os::unix::net::UnixStream::pair().ok()?;
    probe.set_nonblocking(true).ok()?;
    let target = format!("tfd:{:9}", probe.as_raw_fd());
    let _context = runtime.enter();
    let _watched = tokio::net::UnixStream::from_std(probe).ok()?;
    std::fs::read_dir("/proc/self/fdinfo")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .find(|number: &i32| {
            std::fs::read_to_string(format!("/proc/self/fdinfo/{number}"))
                .is_ok_and(|info| info.lines().any(|line| line.starts_with(&target)))
        })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of(_runtime: &Runtime) -> Option<i32> {
    None
}
