//! Quality against what encodings keep, as a plot.

use std::path::Path;

use anyhow::Result;

use crate::{
    experiment::over_seeds::mean,
    output::plot::{Axis, Plot, Series},
};

use super::{
    measured::{Place, Results},
    setting::Setting,
};

/// The name of the file of a data set's plot.
pub(super) fn name(data: &str) -> String {
    format!("scenarios_{}.svg", data.to_lowercase().replace([' ', '-'], "_"))
}

/// Writes the plot of a data set: for each way to turn encoding down a line of the frozen encodings and one with a trained module.
pub(super) fn write(results: &Results, data: &str, path: &Path) -> Result<()> {
    let x = Axis::linear("share of the items' variance that encodings keep").over(0.0, 1.0);
    let mut plot = Plot::new(&format!("Less encoding on {data}"), x, Axis::linear("nDCG@10"));
    let places = results.places(data);
    type Which = fn(&Setting) -> bool;
    let ways: [(&str, Which); 3] = [
        ("noise", |setting| matches!(setting, Setting::Noise(_) | Setting::Generic)),
        ("fewer directions", |setting| matches!(setting, Setting::Components(_) | Setting::Generic)),
        ("fewer bits", |setting| matches!(setting, Setting::Bits(_) | Setting::Generic)),
    ];
    for (way, which) in ways {
        let of_way = || places.iter().filter(move |place| which(place.setting));
        let line = |name: &str, value: fn(&Place<'_>) -> f64| {
            Series::line(&format!("{way}, {name}"), of_way().map(|place| (place.kept, value(place))))
        };
        plot = plot
            .with(line("frozen", |place| mean(&place.frozen.per_query)))
            .with(line("trained", |place| mean(&place.trained.per_query)));
    }
    plot.write_svg(path)
}
