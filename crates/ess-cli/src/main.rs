//! `ess`: embed, import, train, index, measure and compare, from the command line.
//!
//! `ess --help` lists the commands, and `ess COMMAND --help` gives examples of each.

fn main() -> std::process::ExitCode {
    ess_cli::main()
}
