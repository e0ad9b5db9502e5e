//! The native `oxyde` binary: everything that does not need the project's Python.

use std::process::ExitCode;
use std::time::Duration;

use oxyde_cli::{Host as _, Interrupt, NativeHost, SIGNALLED};

/// How long a stopped command may take to roll back and release its lock.
const GRACE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let host = NativeHost::default();
    if let Some(command @ ("stubs" | "studio")) = arguments.first().map(String::as_str) {
        // They read the classes of models, which only Python has.
        host.err(&format!(
            "error: `oxyde {command}` needs the Python package\nhint: pip install oxyde, and run `python -m oxyde {command}`\n"
        ));
        return ExitCode::FAILURE;
    }
    let interrupt = host.interrupt().clone();
    // A process with the number 1, as in a container, ignores signals that it does not handle.
    let listener = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || listen(&interrupt));
    if let Err(error) = listener {
        host.err(&format!("error: cannot start a thread: {error}\n"));
        return ExitCode::FAILURE;
    }
    let code = oxyde_cli::run(&arguments, &host);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Stop the command at the first signal, and exit at the second, or if the command does not end.
fn listen(interrupt: &Interrupt) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    runtime.block_on(async {
        let signal = signal().await;
        if interrupt.fire(signal) {
            let _ = tokio::time::timeout(GRACE, self::signal()).await;
        }
        std::process::exit(SIGNALLED + signal);
    });
}

/// Wait for a signal, and return its number.
#[cfg(unix)]
async fn signal() -> i32 {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
        _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
    }
}

/// Wait for Ctrl-C, and return the number of SIGINT.
#[cfg(not(unix))]
async fn signal() -> i32 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => 2,
        Err(_) => std::future::pending().await,
    }
}
