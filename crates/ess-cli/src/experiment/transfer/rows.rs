//! Every comparison of the page: a way to search a target, beside its frozen encoder.

use anyhow::{Context, Result};

use crate::{
    experiment::{
        compared::Compared,
        kept::Kept,
        over_seeds::{OverSeeds, mean},
    },
    output::together::Together,
};

use super::{
    correlation::{Correlation, Observed},
    few::FEW,
    joint::Joint,
    pair::{PARTS, Pair},
    results::Results,
    similarity::Similarity,
};

/// The names of ways to search a target.
pub(super) const OWN: &str = "trained on the target";
pub(super) const WHOLE: &str = "of one other task, as it is";
pub(super) const TOGETHER: &str = "one of all others together";
pub(super) const MEAN: &str = "the mean of the others' modules";
pub(super) const ROUTED: &str = "chosen for each query";

/// The name of a module that was tuned on so many queries of the target.
pub(super) fn tuned(queries: usize) -> String {
    format!("tuned on {queries}")
}

/// The name of a module that saw nothing else.
pub(super) fn new(queries: usize) -> String {
    format!("new, on {queries}")
}

/// A way to search a target.
pub(super) struct Row {
    pub(super) way: String,
    pub(super) source: Option<usize>,
    pub(super) target: usize,
    /// With the frozen encoder.
    pub(super) compared: Compared,
    /// With a module that starts from the identity and sees the same queries of the target.
    pub(super) with_new: Option<Compared>,
}

/// All ways.
pub(super) struct Rows {
    pub(super) all: Vec<Row>,
    pub(super) together: Together,
    /// By a name of the similarity; none where too few pairs differ.
    pub(super) correlations: Vec<(&'static str, Option<Correlation>)>,
    /// What is like what, and what it gains: the source, the target, the cosine of directions, the gain.
    pub(super) observed: Vec<Observed>,
}

/// The name of a similarity, and its figure.
type Named = (&'static str, fn(&Similarity) -> Option<f64>);

const SIMILARITIES: [Named; 3] = [
    ("distributions of queries (energy distance, negative)", |of| Some(of.queries)),
    ("directions from queries to relevant items (cosine)", |of| Some(of.directions)),
    ("what the two tasks' modules make of the target's queries (CKA)", |of| of.modules),
];

/// A way to use all other sources, and what it reaches on each query.
type OfOthers = (&'static str, fn(&Joint) -> &[f64]);

const JOINT: [OfOthers; 3] =
    [(TOGETHER, |of| &of.together), (MEAN, |of| &of.mean), (ROUTED, |of| &of.routed)];

/// Figures of each seed, query by query.
type Runs<'r> = Vec<&'r [f64]>;

impl Rows {
    pub(super) fn of(results: &Results, names: &[&str]) -> Result<Self> {
        let mut all = Vec::new();
        for target in 0..names.len() {
            of_target(results, names, target, &mut all)?;
        }
        let p_values = all
            .iter()
            .flat_map(|row: &Row| [Some(row.compared.p), row.with_new.as_ref().map(|compared| compared.p)]);
        let together = Together::new(p_values);
        let observed = |of: fn(&Similarity) -> Option<f64>| observed(results, names, &all, of);
        let correlations = SIMILARITIES.iter().map(|&(name, of)| {
            let pairs = observed(of);
            (name, Correlation::of(&pairs, names.len()))
        });
        let correlations = correlations.collect();
        let observed = observed(SIMILARITIES[1].1);
        Ok(Self { together, correlations, observed, all })
    }

    /// Those of one way.
    pub(super) fn of_way<'r>(&'r self, way: &'r str) -> impl Iterator<Item = &'r Row> {
        self.all.iter().filter(move |row| row.way == way)
    }

    /// The mean difference to the frozen encoder of one way.
    pub(super) fn gain(&self, way: &str) -> f64 {
        mean(&self.of_way(way).map(|row| row.compared.mean - row.compared.baseline).collect::<Vec<_>>())
    }

    /// How many comparisons of one way there are, and in how many it is significantly below and above the frozen encoder.
    pub(super) fn counts(&self, way: &str) -> [usize; 3] {
        let significant =
            |row: &&Row| self.together.is_significant(row.compared.interval, Some(row.compared.p));
        let below = |row: &&Row| row.compared.mean < row.compared.baseline;
        let rows = || self.of_way(way);
        [
            rows().count(),
            rows().filter(|row| significant(row) && below(row)).count(),
            rows().filter(|row| significant(row) && !below(row)).count(),
        ]
    }

    /// The ways, in the order of the page.
    pub(super) fn ways(&self) -> Vec<&str> {
        let mut ways: Vec<&str> = Vec::new();
        for row in &self.all {
            if !ways.contains(&&*row.way) {
                ways.push(&row.way);
            }
        }
        ways
    }
}

/// All ways to search one target.
fn of_target(results: &Results, names: &[&str], target: usize, rows: &mut Vec<Row>) -> Result<()> {
    let name = names[target];
    let alone: Vec<_> =
        results.alone.iter().filter(|kept| kept.name() == name).map(|kept| &kept.found).collect();
    let joint: Vec<_> =
        results.joint.iter().filter(|kept| kept.name() == name).map(|kept| &kept.found).collect();
    let others = names.iter().enumerate().filter(|&(source, _)| source != target);
    let others: Vec<_> = others.map(|(source, other)| (Some(source), pairs(results, other, name))).collect();
    let frozen = OverSeeds::of(alone.iter().map(|found| &*found.frozen)).per_query;
    let mut add = |way: &str, source: Option<usize>, runs: Runs<'_>, new: Option<Runs<'_>>| {
        rows.push(row((way, source, target), &frozen, runs, new)?);
        anyhow::Ok(())
    };
    add(OWN, None, alone.iter().map(|found| &*found.own).collect(), None)?;
    for (source, pairs) in &others {
        add(WHOLE, *source, pairs.iter().map(|found| &*found.whole).collect(), None)?;
    }
    for (way, of) in JOINT {
        add(way, None, joint.iter().map(|found| of(found)).collect(), None)?;
    }
    for (at, &queries) in FEW.iter().enumerate() {
        let new_runs = || alone.iter().map(|found| &*found.few[at]).collect::<Runs<'_>>();
        add(&new(queries), None, new_runs(), None)?;
        for (source, pairs) in &others {
            let runs = pairs.iter().map(|found| &*found.few[at]).collect();
            add(&tuned(queries), *source, runs, Some(new_runs()))?;
        }
    }
    for (at, way) in PARTS.iter().enumerate() {
        for (source, pairs) in &others {
            add(way.name, *source, pairs.iter().map(|found| &*found.parts[at]).collect(), None)?;
        }
    }
    Ok(())
}

/// A way, its source and its target, by its runs and those of a module that starts from the identity.
fn row(
    (way, source, target): (&str, Option<usize>, usize),
    frozen: &[f64],
    runs: Runs<'_>,
    new: Option<Runs<'_>>,
) -> Result<Row> {
    let system = OverSeeds::of(runs).per_query;
    let compared = Compared::of(frozen, &system)?.context("no test queries")?;
    let with_new = match new {
        Some(runs) => Compared::of(&OverSeeds::of(runs).per_query, &system)?,
        None => None,
    };
    Ok(Row { way: way.to_owned(), source, target, compared, with_new })
}

/// The runs of one source on one target.
fn pairs<'r>(results: &'r Results, source: &str, target: &str) -> Vec<&'r Pair> {
    let is_wanted = |kept: &&Kept<Pair>| kept.data.iter().map(|data| data.name()).eq([source, target]);
    results.pairs.iter().filter(is_wanted).map(|kept| &kept.found).collect()
}

/// Each source and target with their mean similarity over seeds, and what whole transfer gains.
fn observed(
    results: &Results,
    names: &[&str],
    rows: &[Row],
    of: fn(&Similarity) -> Option<f64>,
) -> Vec<Observed> {
    let whole = rows.iter().filter(|row| row.way == WHOLE);
    let pair = |row: &Row| {
        let source = row.source?;
        let runs = pairs(results, names[source], names[row.target]);
        let figures = runs.iter().map(|found| of(&found.similarity)).collect::<Option<Vec<f64>>>()?;
        Some((source, row.target, mean(&figures), row.compared.mean - row.compared.baseline))
    };
    whole.filter_map(pair).collect()
}
