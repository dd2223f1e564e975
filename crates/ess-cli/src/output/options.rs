//! Where a command's results go: the flags that all commands have.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use ess_train::Progress;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::arguments::paths;

use super::{
    files::{self, OutputLocks, one_file_each},
    json::{is_standard_output, write_json},
    terminal::{Listener, listen},
};

/// Where a command's results go.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// No progress bar and no results on the terminal. Warnings and errors are still said.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Also write the results as JSON (`-`: to standard output, and all else to standard error).
    #[arg(long, global = true, value_name = "FILE", value_parser = paths::OUTPUT_FILE.printed())]
    pub(crate) json: Option<PathBuf>,
}

impl Output {
    /// From here on, what is said on the terminal goes where these flags send it.
    pub(crate) fn choose_listener(&self) {
        listen(match (self.quiet, self.json.as_deref().is_some_and(is_standard_output)) {
            (true, _) => Listener::Nobody,
            (false, true) => Listener::StandardError,
            (false, false) => Listener::StandardOutput,
        });
    }

    /// Keeps others from writing the file of `--json`. To be taken before the work, so that a second one is told at once and
    /// not after it.
    pub(crate) fn lock(&self) -> Result<OutputLocks> {
        OutputLocks::acquire(self.json_file())
    }

    /// Keeps others from writing a command's own files, each given with its flag. To be taken before the work, so that a
    /// second one is told at once and not after it.
    ///
    /// # Errors
    /// Where two of them, or one and that of `--json`, are one file; and where another is writing one of them.
    pub(crate) fn lock_files(&self, outputs: &[files::Output<'_>]) -> Result<OutputLocks> {
        let json = self.json_file().map(|path| ("--json", path));
        one_file_each(&outputs.iter().copied().chain(json).collect::<Vec<_>>())?;
        OutputLocks::acquire(outputs.iter().map(|(_, path)| *path))
    }

    fn json_file(&self) -> Option<&Path> {
        self.json.as_deref().filter(|path| !is_standard_output(path))
    }

    /// Writes the results where `--json` says.
    pub(crate) fn write(&self, results: &impl Serialize) -> Result<()> {
        self.json.as_deref().map_or(Ok(()), |path| write_json(path, results))
    }

    /// Whether training shows a bar.
    pub(crate) fn progress(&self) -> Progress {
        if self.quiet { Progress::Silent } else { Progress::Bar }
    }

    /// A bar for so many steps.
    pub(crate) fn bar(&self, steps: usize) -> ProgressBar {
        if self.quiet { ProgressBar::hidden() } else { ProgressBar::new(steps as u64) }
    }
}
