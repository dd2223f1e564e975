//! Progress bars of building.

use indicatif::{ProgressBar, ProgressStyle};

/// Whether building an index shows a progress bar. Default: a bar on standard error, if that is a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar on standard error, if that is a terminal.
    #[default]
    Bar,
    /// No bar.
    Silent,
}

impl Progress {
    pub(crate) fn start(self, steps: usize, what: &'static str) -> ProgressBar {
        let bar = match self {
            Self::Bar => ProgressBar::new(steps as u64),
            Self::Silent => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} [{elapsed} < {eta}]");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_prefix(what)
    }
}
