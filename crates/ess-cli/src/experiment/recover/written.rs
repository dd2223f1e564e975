//! What is written as JSON: all that was measured, and the differences that need two of its systems.

use serde::Serialize;

use crate::{experiment::compared::Compared, output::together::Together};

use super::{
    direct::{Direct, System},
    groups::GROUPS,
    measured::Results,
    row::Rows,
};

/// The content of results.json.
#[derive(Serialize)]
pub(super) struct Written<'a> {
    #[serde(flatten)]
    measured: &'a Results,
    against_fine_tuning: Vec<Difference<'a>>,
}

/// A paired difference on one group of queries.
#[derive(Serialize)]
struct Difference<'a> {
    data: &'a str,
    system: System<'a>,
    baseline: System<'a>,
    /// `all`, `seen` or `unseen`.
    queries: &'static str,
    /// The mean of the system less that of the baseline.
    difference: f64,
    /// Its 95 % interval; none where the two differ on too few queries.
    ci95: Option<[f64; 2]>,
    p: f64,
    /// After Holm's correction over all differences of the page.
    p_holm: Option<f64>,
}

impl<'a> Written<'a> {
    pub(super) fn new(measured: &'a Results, sets: &'a [Rows<'a>], together: &Together) -> Self {
        let pairs = sets.iter().flat_map(|set| set.direct.iter().map(|pair| (&*set.name, pair)));
        let against_fine_tuning = pairs.flat_map(|(data, pair)| differences(data, pair, together)).collect();
        Self { measured, against_fine_tuning }
    }
}

/// One for each group that has queries.
fn differences<'a>(data: &'a str, pair: &'a Direct<'a>, together: &Together) -> Vec<Difference<'a>> {
    let groups = GROUPS.into_iter().zip(&pair.groups);
    let compared = groups.filter_map(|(queries, compared)| Some((queries, compared.as_ref()?)));
    let difference = |(queries, compared): (_, &Compared)| Difference {
        data,
        system: pair.system,
        baseline: pair.baseline,
        queries,
        difference: compared.mean - compared.baseline,
        ci95: compared.interval,
        p: compared.p,
        p_holm: together.corrected(compared.p),
    };
    compared.map(difference).collect()
}
