//! Showing how far long work has come.

use indicatif::{ProgressBar, ProgressStyle};

/// Whether training shows a progress bar on standard error. Default: it does, where that is a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar, where standard error is a terminal.
    #[default]
    Bar,
    /// Nothing.
    Silent,
}

impl Progress {
    pub(crate) fn start(self, steps: usize, what: &str) -> ProgressBar {
        let bar = match self {
            Self::Bar => ProgressBar::new(steps as u64),
            Self::Silent => ProgressBar::hidden(),
        };
        let style =
            ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} steps, {msg} [{elapsed} < {eta}]");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_prefix(what.to_owned())
    }
}
