//! The series of a plot and their points.

/// One series of a plot.
pub(crate) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<Point>,
    pub(super) style: Style,
    /// What stands beside each point.
    pub(super) label: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// Points joined by a line.
    Line,
    /// Points alone.
    Points,
    /// A thin grey line without points, to compare with.
    Guide,
}

/// A point of a series.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    /// The ends of an error bar, low and high.
    pub(super) interval: Option<[f64; 2]>,
}

impl Series {
    /// Points joined by a line, in the order given.
    pub(crate) fn line(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self::new(name, points, Style::Line)
    }

    /// Points alone.
    pub(crate) fn points(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self::new(name, points, Style::Points)
    }

    /// A thin grey line without points, such as what would be perfect.
    pub(crate) fn guide(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self::new(name, points, Style::Guide)
    }

    fn new(name: &str, points: impl IntoIterator<Item = (f64, f64)>, style: Style) -> Self {
        let points = points.into_iter().map(|(x, y)| Point { x, y, interval: None }).collect();
        Self { name: name.to_owned(), points, style, label: String::new() }
    }

    /// Writes a word beside each point, by which it is told from those of other series without colour.
    #[must_use]
    pub(crate) fn labelled(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    /// Gives the points error bars, one interval (low and high) each, in order.
    #[must_use]
    pub(crate) fn with_intervals(mut self, intervals: impl IntoIterator<Item = [f64; 2]>) -> Self {
        for (point, interval) in self.points.iter_mut().zip(intervals) {
            point.interval = Some(interval);
        }
        self
    }
}
