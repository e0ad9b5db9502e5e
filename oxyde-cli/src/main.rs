//! The native `oxyde` binary.
fn main() {}
