//! What a plot shows.

use super::{axis::Axis, series::Series};

/// A plot of several series.
pub(crate) struct Plot {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
}

impl Plot {
    /// A plot without series yet.
    pub(crate) fn new(title: &str, x: Axis, y: Axis) -> Self {
        Self { title: title.to_owned(), x, y, series: Vec::new() }
    }

    /// Adds a series; colours and marks follow the order.
    #[must_use]
    pub(crate) fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }
}
