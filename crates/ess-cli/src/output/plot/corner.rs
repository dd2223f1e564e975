//! The corner of a plot in which the legend hides least.

use std::ops::Range;

use plotters::prelude::SeriesLabelPosition;

use super::{content::Plot, series::Point};

/// The corner that the fewest points are near, of a plot whose axes show these positions.
pub(super) fn emptiest_corner(plot: &Plot, x: Range<f64>, y: Range<f64>) -> SeriesLabelPosition {
    let share = |position: f64, range: &Range<f64>| (position - range.start) / (range.end - range.start);
    let positions: Vec<(f64, f64)> = plot
        .series
        .iter()
        .flat_map(|series| along(&series.points))
        .map(|(at, height)| (share(plot.x.position(at), &x), share(plot.y.position(height), &y)))
        .collect();
    let crowd = |(right, upper): (bool, bool)| {
        let near = |&&(at, height): &&(f64, f64)| {
            (if right { at > 0.6 } else { at < 0.4 }) && (if upper { height > 0.6 } else { height < 0.4 })
        };
        positions.iter().filter(near).count()
    };
    let corners = [
        ((true, false), SeriesLabelPosition::LowerRight),
        ((false, true), SeriesLabelPosition::UpperLeft),
        ((true, true), SeriesLabelPosition::UpperRight),
        ((false, false), SeriesLabelPosition::LowerLeft),
    ];
    let emptiest = corners.into_iter().min_by_key(|&(corner, _)| crowd(corner));
    emptiest.map_or(SeriesLabelPosition::LowerRight, |(_, position)| position)
}

/// The points of a series, with some between them for a line that passes.
fn along(points: &[Point]) -> Vec<(f64, f64)> {
    let between =
        points.windows(2).map(|pair| ((pair[0].x + pair[1].x) / 2.0, (pair[0].y + pair[1].y) / 2.0));
    points.iter().map(|point| (point.x, point.y)).chain(between).collect()
}
