//! Plots as SVG files: lines and points over two axes, with a legend and error bars.

mod axis;
mod draw;

use std::path::Path;

use anyhow::{Result, ensure};

pub(crate) use axis::Axis;

/// A plot of several series.
pub(crate) struct Plot {
    title: String,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

/// One series of a plot.
pub(crate) struct Series {
    name: String,
    points: Vec<Point>,
    style: Style,
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// Points joined by a line.
    Line,
    /// Points alone.
    Points,
    /// A thin grey line without points, to compare with.
    Guide,
}

/// A point of a series.
#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
    /// The ends of an error bar, low and high.
    interval: Option<[f64; 2]>,
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
        Self { name: name.to_owned(), points, style }
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

    /// Writes the plot, whole or not at all.
    ///
    /// # Errors
    /// For a number that is not finite, one that a logarithmic axis cannot show, a plot without points, and a file that
    /// cannot be written.
    pub(crate) fn write_svg(&self, path: &Path) -> Result<()> {
        let svg = self.to_svg()?;
        Ok(ess_files::write_atomically(path, |out| out.write_all(svg.as_bytes()))?)
    }

    fn to_svg(&self) -> Result<String> {
        let points = || self.series.iter().flat_map(|series| &series.points);
        ensure!(points().next().is_some(), "plot {:?} has no points", self.title);
        for point in points() {
            self.x.check(point.x)?;
            self.y.check(point.y)?;
            for end in point.interval.into_iter().flatten() {
                self.y.check(end)?;
            }
        }
        let heights = points().flat_map(|p| [p.y].into_iter().chain(p.interval.into_iter().flatten()));
        draw::svg(self, self.x.extent(points().map(|p| p.x)), self.y.extent(heights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: &[(f64, f64)]) -> Plot {
        Plot::new("a & b", Axis::log("x"), Axis::linear("y <z>"))
            .with(Series::points("some", points.iter().copied()))
    }

    #[test]
    fn a_plot_has_its_words_and_its_points() {
        let svg = plot(&[(1.0, 0.5), (100.0, 0.7)])
            .with(Series::line("more", [(1.0, 0.1), (10.0, 0.2)]).with_intervals([[0.0, 0.2], [0.1, 0.3]]))
            .with(Series::guide("", [(1.0, 0.0), (100.0, 1.0)]))
            .to_svg()
            .unwrap();
        for words in ["a &amp; b", "y &lt;z&gt;", ">\nsome\n<", ">\nmore\n<", ">\n100\n<"] {
            assert!(svg.contains(words), "{words:?} is not in\n{svg}");
        }
        assert_eq!(svg.matches("<circle").count(), 4 + 2, "four points, and two in the legend");
    }

    #[test]
    fn numbers_that_cannot_be_shown_are_refused() {
        assert!(plot(&[]).to_svg().is_err());
        assert!(plot(&[(1.0, f64::NAN)]).to_svg().is_err());
        assert!(plot(&[(0.0, 1.0)]).to_svg().is_err());
        plot(&[(1.0, 1.0)]).to_svg().unwrap();
    }
}
