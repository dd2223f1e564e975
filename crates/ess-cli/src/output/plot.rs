//! Plots as SVG files: lines and points over two axes, with a legend and error bars.

mod axis;
mod content;
mod corner;
mod series;
mod svg;

pub(crate) use axis::Axis;
pub(crate) use content::Plot;
pub(crate) use series::Series;
