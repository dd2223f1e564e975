//! Progress bars.

use std::borrow::Cow;

use indicatif::{ProgressBar, ProgressStyle};

/// Whether long work (building an index, training) shows a progress bar. Default: a bar on standard error, if that is a
/// terminal.
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_index::{GraphBuilder, Progress};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let index = GraphBuilder::default().build(items, Progress::Silent)?;
/// assert_eq!(index.len(), 2);
/// # Ok::<(), ess_index::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar on standard error, if that is a terminal.
    #[default]
    Bar,
    /// No bar.
    Silent,
}

impl Progress {
    /// A bar for the crates of this workspace: `template` is indicatif's, `what` its prefix.
    #[doc(hidden)]
    pub fn bar(self, steps: usize, what: impl Into<Cow<'static, str>>, template: &str) -> ProgressBar {
        let bar = match self {
            Self::Bar => ProgressBar::new(steps as u64),
            Self::Silent => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template(template);
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_prefix(what)
    }

    pub(crate) fn start(self, steps: usize, what: &'static str) -> ProgressBar {
        self.bar(steps, what, "{prefix} {wide_bar} {pos}/{len} [{elapsed} < {eta}]")
    }
}
