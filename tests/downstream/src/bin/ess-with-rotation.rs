//! The program `ess` with the kinds of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    match ess_downstream::register() {
        Ok(()) => ess_cli::main(),
        Err(error) => {
            eprintln!("Error: {error}");
            ExitCode::FAILURE
        }
    }
}
