//! What is built without a feature says which one it needs: the program, and the crate.

use std::process::Command;

use ess_kit::{Error, prelude::*};

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

/// Tests of the workspace have `split` on.
#[test]
fn a_saved_module_of_a_feature_that_is_off_names_the_feature() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let mut state = Identity::new(2).to_state()?;
    state.description.kind = "upper_layers".to_owned();
    state.save(folder.path())?;
    let error = load_module(folder.path()).err().ok_or("loaded")?;
    let said = error.to_string();
    assert!(matches!(error, Error::FeatureOff { feature: "split", .. }), "{said}");
    assert!(said.contains("upper_layers") && said.contains(r#"features = ["split"]"#), "{said}");
    Ok(())
}
