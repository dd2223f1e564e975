//! The progress bar of training.

use ess_index::Progress;
use indicatif::ProgressBar;

/// A bar of so many steps with a message beside them.
pub(crate) fn start(progress: Progress, steps: usize, what: &str) -> ProgressBar {
    progress.bar(steps, what.to_owned(), "{prefix} {wide_bar} {pos}/{len} steps, {msg} [{elapsed} < {eta}]")
}
