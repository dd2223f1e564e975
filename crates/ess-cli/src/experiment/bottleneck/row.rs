//! A class of searching modules on one data set, over its seeds.

use anyhow::Result;
use ess_diagnostics::InformationBound;
use ess_metrics::{Bootstrap, RandomizationTest};

use crate::output::together::Together;

use super::searching::Searching;

/// A mean beside the frozen encoder's on the same queries.
pub(super) struct Compared {
    pub(super) mean: f64,
    pub(super) frozen: f64,
    interval: Option<[f64; 2]>,
    pub(super) p: f64,
}

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
        let by_query = |values: fn(&Searching) -> &[f64]| mean_rows(runs.iter().map(|run| values(run)));
        let (trained, told) = (by_query(|run| &run.trained), by_query(|run| &run.fitted_on_test));
        let groups = groups(runs.first().map_or(&[], |run| &*run.seen), frozen.len());
        let mut compared = [None, None, None];
        for (compared, rows) in compared.iter_mut().zip(&groups) {
            *compared = Compared::of(&chosen(frozen, rows), &chosen(&trained, rows))?;
        }
        let means: Vec<f64> = runs.iter().map(|run| mean(&run.trained)).collect();
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
            spread: (means.len() > 1).then(|| deviation(&means)),
            fitted_on_test: groups
                .each_ref()
                .map(|rows| (!rows.is_empty()).then(|| mean(&chosen(&told, rows)))),
            groups: compared,
            information,
            cpu_seconds: mean(&runs.iter().map(|run| run.cpu_seconds).collect::<Vec<_>>()),
        })
    }
}

impl Compared {
    /// None for a group without queries.
    pub(super) fn of(frozen: &[f64], trained: &[f64]) -> Result<Option<Self>> {
        if frozen.is_empty() {
            return Ok(None);
        }
        let interval = Bootstrap::default().difference_interval(frozen, trained, 0.95)?;
        let p = RandomizationTest::default().p_value(frozen, trained)?;
        Ok(Some(Self { mean: mean(trained), frozen: mean(frozen), interval, p }))
    }

    /// `.7960 [+.112, +.191]`
    pub(super) fn text(&self, together: &Together) -> String {
        let bracket = match self.interval {
            Some(interval) => {
                let [low, high] = interval.map(|end| short(format!("{end:+.3}")));
                format!("[{low}, {high}]")
            }
            None => "[too few queries differ]".to_owned(),
        };
        let text = format!("{} {bracket}", figure(self.mean));
        together.emphasised(&text, self.interval, Some(self.p))
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

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// Query by query the mean over runs.
fn mean_rows<'a>(runs: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
    let runs: Vec<&[f64]> = runs.collect();
    let queries = runs.iter().map(|run| run.len()).min().unwrap_or(0);
    (0..queries).map(|row| runs.iter().map(|run| run[row]).sum::<f64>() / runs.len() as f64).collect()
}

pub(super) fn figure(value: f64) -> String {
    short(format!("{value:.4}"))
}

pub(super) fn short(number: String) -> String {
    number.replacen("0.", ".", 1)
}
