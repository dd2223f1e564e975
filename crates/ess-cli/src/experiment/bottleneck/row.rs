//! A class of searching modules on one data set, over its seeds.

use anyhow::Result;
use ess_diagnostics::InformationBound;

use crate::experiment::{
    compared::Compared,
    over_seeds::{OverSeeds, mean},
};

use super::searching::Searching;

/// A class on one data set.
pub(super) struct Row<'a> {
    pub(super) class: &'a str,
    pub(super) parameters: usize,
    /// The share of seeds whose module the guard returned.
    pub(super) returned: f64,
    /// The standard deviation of the mean over seeds; none for one.
    pub(super) spread: Option<f64>,
    /// Over all queries, those of seen items, and the others.
    pub(super) groups: [Option<Compared>; 3],
    pub(super) fitted_on_test: [Option<f64>; 3],
    pub(super) information: Option<InformationBound>,
    pub(super) cpu_seconds: f64,
}

impl<'a> Row<'a> {
    pub(super) fn of(class: &'a str, runs: &[&Searching], frozen: &[f64]) -> Result<Self> {
        let by_query = |values: fn(&Searching) -> &[f64]| OverSeeds::of(runs.iter().map(|run| values(run)));
        let (trained, told) = (by_query(|run| &run.trained), by_query(|run| &run.fitted_on_test));
        let groups = groups(runs.first().map_or(&[], |run| &*run.seen), frozen.len());
        let mut compared = [None, None, None];
        for (compared, rows) in compared.iter_mut().zip(&groups) {
            *compared = Compared::of(&chosen(frozen, rows), &chosen(&trained.per_query, rows))?;
        }
        let information = runs.iter().find_map(|run| run.information.clone()).map(|first| {
            let bounds = || runs.iter().filter_map(|run| run.information.as_ref());
            let nats = mean(&bounds().map(|bound| bound.nats).collect::<Vec<_>>());
            let variance = mean(&bounds().map(|bound| bound.standard_error.powi(2)).collect::<Vec<_>>());
            InformationBound { nats, standard_error: variance.sqrt(), ..first }
        });
        let share = |count: usize| count as f64 / runs.len() as f64;
        Ok(Self {
            class,
            parameters: runs.first().map_or(0, |run| run.parameters),
            returned: share(runs.iter().filter(|run| run.returned).count()),
            spread: trained.spread,
            fitted_on_test: groups
                .each_ref()
                .map(|rows| (!rows.is_empty()).then(|| mean(&chosen(&told.per_query, rows)))),
            groups: compared,
            information,
            cpu_seconds: mean(&runs.iter().map(|run| run.cpu_seconds).collect::<Vec<_>>()),
        })
    }
}

/// All queries, the seen ones, and the others.
fn groups(seen: &[bool], queries: usize) -> [Vec<usize>; 3] {
    let of = |wanted: bool| (0..queries).filter(|&row| seen.get(row) == Some(&wanted)).collect();
    [(0..queries).collect(), of(true), of(false)]
}

fn chosen(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().filter_map(|&row| values.get(row).copied()).collect()
}
