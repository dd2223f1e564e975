//! The program as a process.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// None when a signal ended it.
    code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program with arguments and waits for its end.
pub(crate) fn run<A: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = A>) -> Outcome {
    run_with(name, arguments, &[])
}

/// As [`run`], with more variables in the environment.
pub(crate) fn run_with<A: AsRef<OsStr>>(
    name: &str,
    arguments: impl IntoIterator<Item = A>,
    variables: &[(&str, &str)],
) -> Outcome {
    let mut command = command(name);
    command.args(arguments).env_remove("RUST_BACKTRACE").envs(variables.iter().copied());
    outcome(&mut command)
}

/// Runs a program and waits for its end.
pub(crate) fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).expect("a program writes UTF-8");
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The program with a command of its own, or one below it: `index build`.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ess"));
    command.args(name.split(' '));
    command
}

impl Outcome {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// It failed, and said why in words: each of `needles` is in the message.
    #[track_caller]
    pub(crate) fn failed_with(self, needles: &[&str]) {
        assert!(self.code.is_some_and(|code| code != 0), "should have failed: {self:?}");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        for needle in needles {
            assert!(self.stderr.contains(needle), "{needle:?} is not in the message:\n{}", self.stderr);
        }
    }
}

/// The repository's data.
pub(crate) fn scifact() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/scifact")
}

pub(crate) fn read_json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
