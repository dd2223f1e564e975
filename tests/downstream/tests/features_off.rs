//! The program as it is built without features says which one a command needs.

use std::process::Command;

#[test]
fn a_command_that_is_not_built_says_what_to_build() {
    for (command, feature) in [
        ("encode", "encoders"),
        ("distil", "encoders"),
        ("device", "encoders"),
        ("serve-embeddings", "serve"),
    ] {
        let program = env!("CARGO_BIN_EXE_ess-with-rotation");
        let output =
            Command::new(program).args([command, "--model", "x", "--help"]).output().expect("it runs");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(
            !output.status.success() && said.contains(&format!("--features {feature}")),
            "{command}: {said}"
        );
    }
}
