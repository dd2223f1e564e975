//! Showing how far training has come.

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
    pub(crate) fn start(self, epochs: usize) -> ProgressBar {
        let bar = match self {
            Self::Bar => ProgressBar::new(epochs as u64),
            Self::Silent => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template(
            "relations {wide_bar} {pos}/{len} epochs, {msg} [{elapsed} < {eta}]",
        );
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}
