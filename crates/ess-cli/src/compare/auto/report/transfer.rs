//! What choices are worth on data sets that they were not trained on.

use std::fmt::Write;

use crate::{
    compare::auto::{
        cell::{Cell, Gain},
        results::Results,
    },
    output::{figures::signed, together::Together},
};

/// The table, and the means over its cells.
pub(super) fn transfer(text: &mut String, results: &Results) {
    text.push_str(
        "\n## On data sets that were not trained on\n\nDifferences to the frozen encoder on the test queries of the column, \
         dense / hybrid. Such a collection is searched with\nsmall weights of the features that need no training; \
         *all others* means the mean of those of all choices on other items.\n\n",
    );
    let mut targets: Vec<&str> = results.transfer.iter().map(|cell| cell.target.name.as_str()).collect();
    targets.dedup();
    let _ = writeln!(text, "| chosen on | {} |", targets.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(targets.len()));
    let all = results.transfer.iter().chain(&results.several);
    let table = Together::new(all.flat_map(|cell| [Some(cell.dense.p), Some(cell.hybrid.p)]));
    let row = |name: &str, cells: &[Cell], is: &dyn Fn(&Cell) -> bool| {
        let cell = |target: &&str| {
            let found = cells.iter().find(|cell| is(cell) && cell.target.name == *target);
            found.map_or(String::new(), |cell| {
                format!(
                    "{} / {}",
                    short_difference(&cell.dense, &table),
                    short_difference(&cell.hybrid, &table)
                )
            })
        };
        format!("| {name} | {} |\n", targets.iter().map(cell).collect::<Vec<_>>().join(" | "))
    };
    for choice in &results.choices {
        let is = |cell: &Cell| cell.chosen_on == [choice.name().to_owned()];
        text.push_str(&row(choice.name(), &results.transfer, &is));
    }
    if !results.several.is_empty() {
        text.push_str(&row("all others", &results.several, &|_| true));
    }
    summary(text, "single choice", &results.transfer, &table);
    if !results.several.is_empty() {
        summary(text, "choice of all others", &results.several, &table);
    }
}

fn summary(text: &mut String, what: &str, cells: &[Cell], table: &Together) {
    let of = |gain: fn(&Cell) -> &Gain| {
        let mean = cells.iter().map(|cell| gain(cell).gain).sum::<f64>() / cells.len() as f64;
        let found = cells.iter().map(gain).filter(|gain| table.is_significant(gain.ci95, Some(gain.p)));
        let (above, below): (Vec<&Gain>, Vec<&Gain>) = found.partition(|found| found.gain > 0.0);
        let (above, below) = (above.len(), below.len());
        format!("{mean:+.4} ({above} significantly above frozen, {below} below)")
    };
    let (dense, hybrid) = (of(|cell| &cell.dense), of(|cell| &cell.hybrid));
    let _ = writeln!(text, "\nMean of a {what}, {} cells: dense {dense}, hybrid {hybrid}.", cells.len());
}

fn short_difference(gain: &Gain, table: &Together) -> String {
    table.emphasised(&signed(gain.gain, 3), gain.ci95, Some(gain.p))
}
