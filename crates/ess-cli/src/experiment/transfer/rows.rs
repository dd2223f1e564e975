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
    mixture::Mixture,
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
pub(super) const WEIGHTED: &str = "mixed with the frozen encoder, one weight each";
pub(super) const GATED: &str = "mixed with the frozen encoder, weighed for each query";

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

/// Likewise, with weights that the target's queries teach.
type OfMixtures = (&'static str, fn(&Mixture) -> &[f64]);

const MIXTURES: [OfMixtures; 2] = [(WEIGHTED, |of| &of.weighted), (GATED, |of| &of.gated)];

/// Figures of each seed, query by query.
type Runs<'r> = Vec<&'r [f64]>;

/// A way to search a target that is not compared yet.
struct Way {
    name: String,
    source: Option<usize>,
    target: usize,
    frozen: Vec<f64>,
    system: Vec<f64>,
    /// A module that starts from the identity.
    new: Option<Vec<f64>>,
}

impl Rows {
    pub(super) fn of(results: &Results, names: &[&str]) -> Result<Self> {
        let mut ways = Vec::new();
        for target in 0..names.len() {
            of_target(results, names, target, &mut ways);
        }
        let comparisons = ways.len() + ways.iter().filter(|way| way.new.is_some()).count();
        let all: Vec<Row> = ways.into_iter().map(|way| way.compared(comparisons)).collect::<Result<_>>()?;
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
fn of_target(results: &Results, names: &[&str], target: usize, ways: &mut Vec<Way>) {
    let alone = of_data(&results.alone, names[target]);
    let joint = of_data(&results.joint, names[target]);
    let mixtures = of_data(&results.mixtures, names[target]);
    let others = names.iter().enumerate().filter(|&(source, _)| source != target);
    let others: Vec<_> =
        others.map(|(source, other)| (Some(source), pairs(results, other, names[target]))).collect();
    let per_query = |runs: Runs<'_>| OverSeeds::of(runs).per_query;
    let frozen = per_query(alone.iter().map(|found| &*found.frozen).collect());
    let mut add = |name: &str, source: Option<usize>, runs: Runs<'_>, new: Option<Runs<'_>>| {
        let (name, frozen) = (name.to_owned(), frozen.clone());
        ways.push(Way { name, source, target, frozen, system: per_query(runs), new: new.map(per_query) });
    };
    add(OWN, None, alone.iter().map(|found| &*found.own).collect(), None);
    for (source, pairs) in &others {
        add(WHOLE, *source, pairs.iter().map(|found| &*found.whole).collect(), None);
    }
    for (way, of) in JOINT {
        add(way, None, joint.iter().map(|found| of(found)).collect(), None);
    }
    for (way, of) in MIXTURES {
        add(way, None, mixtures.iter().map(|found| of(found)).collect(), None);
    }
    for (at, &queries) in FEW.iter().enumerate() {
        let new_runs = || alone.iter().map(|found| &*found.few[at]).collect::<Runs<'_>>();
        add(&new(queries), None, new_runs(), None);
        for (source, pairs) in &others {
            let runs = pairs.iter().map(|found| &*found.few[at]).collect();
            add(&tuned(queries), *source, runs, Some(new_runs()));
        }
    }
    for (at, way) in PARTS.iter().enumerate() {
        for (source, pairs) in &others {
            add(way.name, *source, pairs.iter().map(|found| &*found.parts[at]).collect(), None);
        }
    }
}

/// What was measured on one target, of any kind whose first data set is the target.
fn of_data<'r, T>(kept: &'r [Kept<T>], target: &str) -> Vec<&'r T> {
    kept.iter().filter(|kept| kept.name() == target).map(|kept| &kept.found).collect()
}

impl Way {
    fn compared(self, comparisons: usize) -> Result<Row> {
        let compared =
            Compared::among(&self.frozen, &self.system, comparisons)?.context("no test queries")?;
        let with_new = match &self.new {
            Some(new) => Compared::among(new, &self.system, comparisons)?,
            None => None,
        };
        Ok(Row { way: self.name, source: self.source, target: self.target, compared, with_new })
    }
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
