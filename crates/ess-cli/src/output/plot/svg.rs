//! Drawing a plot with plotters.

use std::path::Path;

use anyhow::{Result, anyhow, ensure};
use plotters::{
    coord::types::RangedCoordf64,
    prelude::{
        BLACK, Cartesian2d, ChartBuilder, ChartContext, Circle, Color, EmptyElement, IntoDrawingArea,
        PathElement, RGBColor, SVGBackend, ShapeStyle, Text, WHITE,
    },
};

use super::{
    content::Plot,
    corner::emptiest_corner,
    series::{Point, Series, Style},
};

const SIZE: (u32, u32) = (760, 480);
/// Okabe and Ito's colours, which people with any kind of colour vision can tell apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(90, 90, 90),
];
/// The radius of a mark and whether it is filled, which tell series apart in black and white.
const MARKS: [(i32, bool); 4] = [(4, true), (5, false), (2, true), (3, false)];
const GREY: RGBColor = RGBColor(150, 150, 150);

type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Plot {
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
        draw(self, self.x.extent(points().map(|p| p.x)), self.y.extent(heights))
    }
}

/// The plot as text, its axes from and to these positions.
fn draw(plot: &Plot, [left, right]: [f64; 2], [bottom, top]: [f64; 2]) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(&plot.title, ("sans-serif", 19))
            .margin(14)
            .x_label_area_size(46)
            .y_label_area_size(62)
            .build_cartesian_2d(left..right, bottom..top)
            .map_err(failed)?;
        draw_axes(plot, &mut chart)?;
        let mut pens = COLOURS.iter().cycle().zip(MARKS.iter().cycle());
        for series in &plot.series {
            let guide = (&GREY, &MARKS[0]);
            let pen = if series.style == Style::Guide { guide } else { pens.next().unwrap_or(guide) };
            draw_series(plot, series, pen, &mut chart)?;
        }
        draw_legend(plot, &mut chart)?;
        area.present().map_err(failed)?;
    }
    Ok(text)
}

fn draw_axes(plot: &Plot, chart: &mut Chart<'_>) -> Result<()> {
    let (of_x, of_y) = (|position: &f64| plot.x.words(*position), |position: &f64| plot.y.words(*position));
    chart
        .configure_mesh()
        .x_desc(&plot.x.label)
        .y_desc(&plot.y.label)
        .x_labels(9)
        .y_labels(9)
        .x_label_formatter(&of_x)
        .y_label_formatter(&of_y)
        .light_line_style(WHITE.mix(0.0))
        .bold_line_style(BLACK.mix(0.1))
        .axis_style(BLACK.mix(0.6))
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 15))
        .draw()
        .map_err(failed)
}

fn draw_series(
    plot: &Plot,
    series: &Series,
    (&colour, &(radius, filled)): (&RGBColor, &(i32, bool)),
    chart: &mut Chart<'_>,
) -> Result<()> {
    let mark_style = if filled { colour.filled() } else { colour.stroke_width(2) };
    let position = |point: &Point| (plot.x.position(point.x), plot.y.position(point.y));
    let positions: Vec<(f64, f64)> = series.points.iter().map(position).collect();
    let bars = series.points.iter().filter_map(|point| {
        let [low, high] = point.interval?.map(|end| plot.y.position(end));
        Some(PathElement::new(
            vec![(plot.x.position(point.x), low), (plot.x.position(point.x), high)],
            colour.mix(0.55),
        ))
    });
    chart.draw_series(bars).map_err(failed)?;
    if series.style != Style::Points {
        let line = PathElement::new(positions.clone(), line_style(series, colour));
        chart.draw_series([line]).map_err(failed)?;
    }
    if series.style != Style::Guide {
        let mark = |&position: &(f64, f64)| Circle::new(position, radius, mark_style);
        chart.draw_series(positions.iter().map(mark)).map_err(failed)?;
    }
    draw_label(series, &positions, chart)?;
    add_to_legend(series, colour, (radius, mark_style), chart)
}

/// The word of a series beside each of its points.
fn draw_label(series: &Series, positions: &[(f64, f64)], chart: &mut Chart<'_>) -> Result<()> {
    if series.label.is_empty() {
        return Ok(());
    }
    let label = || Text::new(series.label.clone(), (6, -14), ("sans-serif", 13));
    let labels = positions.iter().map(|&position| EmptyElement::at(position) + label());
    chart.draw_series(labels).map(|_| ()).map_err(failed)
}

fn add_to_legend(
    series: &Series,
    colour: RGBColor,
    (radius, mark_style): (i32, ShapeStyle),
    chart: &mut Chart<'_>,
) -> Result<()> {
    if series.name.is_empty() {
        return Ok(());
    }
    let (line, points) = (line_style(series, colour), series.style != Style::Guide);
    // A series of nothing, for its position in the legend.
    let entry = chart.draw_series(std::iter::empty::<PathElement<(f64, f64)>>()).map_err(failed)?;
    entry.label(&series.name).legend(move |(x, y)| {
        let line = PathElement::new(vec![(0, 0), (18, 0)], line);
        let mark = Circle::new((9, 0), if points { radius } else { 0 }, mark_style);
        EmptyElement::at((x, y)) + line + mark
    });
    Ok(())
}

fn line_style(series: &Series, colour: RGBColor) -> ShapeStyle {
    match series.style {
        Style::Line => colour.stroke_width(2),
        Style::Guide => colour.stroke_width(1),
        Style::Points => colour.mix(0.0).stroke_width(0),
    }
}

/// Puts the legend where the fewest points are.
fn draw_legend(plot: &Plot, chart: &mut Chart<'_>) -> Result<()> {
    if plot.series.iter().all(|series| series.name.is_empty()) {
        return Ok(());
    }
    let corner = emptiest_corner(plot, chart.x_range(), chart.y_range());
    chart
        .configure_series_labels()
        .position(corner)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.25))
        .label_font(("sans-serif", 14))
        .margin(10)
        .draw()
        .map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("plot: {error}")
}

#[cfg(test)]
mod tests {
    use super::{super::axis::Axis, *};

    fn plot(points: &[(f64, f64)]) -> Plot {
        Plot::new("a & b", Axis::log("x"), Axis::linear("y <z>"))
            .with(Series::points("some", points.iter().copied()))
    }

    #[test]
    fn a_plot_has_its_words_and_its_points() {
        let svg = plot(&[(1.0, 0.5), (100.0, 0.7)])
            .with(Series::line("more", [(1.0, 0.1), (10.0, 0.2)]).with_intervals([[0.0, 0.2], [0.1, 0.3]]))
            .with(Series::guide("", [(1.0, 0.0), (100.0, 1.0)]))
            .with(Series::points("", [(10.0, 0.5)]).labelled("12"))
            .to_svg()
            .unwrap();
        for words in [">\n12\n<", "a &amp; b", "y &lt;z&gt;", ">\nsome\n<", ">\nmore\n<", ">\n100\n<"] {
            assert!(svg.contains(words), "{words:?} is not in\n{svg}");
        }
        assert_eq!(svg.matches("<circle").count(), 5 + 2, "five points, and two in the legend");
    }

    #[test]
    fn numbers_that_cannot_be_shown_are_refused() {
        assert!(plot(&[]).to_svg().is_err());
        assert!(plot(&[(1.0, f64::NAN)]).to_svg().is_err());
        assert!(plot(&[(0.0, 1.0)]).to_svg().is_err());
        plot(&[(1.0, 1.0)]).to_svg().unwrap();
    }
}
