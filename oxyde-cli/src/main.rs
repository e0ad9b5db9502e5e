//! The native `oxyde` binary: everything that does not need the project's Python.

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let code = oxyde_cli::run(&arguments, &oxyde_cli::NativeHost);
    std::process::ExitCode::from(u8::try_from(code).unwrap_or(1))
}
