//! Every comparison of the page.

use anyhow::{Context, Result};

use crate::{
    experiment::{
        compared::Compared,
        over_seeds::{OverSeeds, mean},
    },
    output::together::Together,
};

use super::{aligned::Aligned, pair_of_spaces::Direction, results::Results, searched::Searched};

/// The names of bridges.
pub(super) const SHARED: &str = "the queries' encoder for both";
pub(super) const ALIGNED: &str = "aligned: ridge";
pub(super) const SEARCHED: &str = "f_search alone: linear";
pub(super) const BOTH: &str = "aligned by ridge, then f_search: linear";

/// A bridge, beside one encoder for both sides and beside whole alignment.
pub(super) struct Row {
    pub(super) bridge: &'static str,
    /// With the items' encoder for both.
    pub(super) compared: Compared,
    /// With alignment by ridge regression, of what is trained.
    pub(super) with_aligned: Option<Compared>,
    /// The standard deviation over seeds, of what is trained.
    pub(super) spread: Option<f64>,
}

/// A data set in one direction.
pub(super) struct Block {
    pub(super) name: String,
    pub(super) direction: Direction,
    pub(super) dims: [usize; 2],
    pub(super) pairs: usize,
    pub(super) rows: Vec<Row>,
    /// The mean by canonical directions of alignment, and by the rank of f_search.
    pub(super) by_directions: Vec<(usize, f64)>,
    pub(super) by_rank: Vec<(usize, f64)>,
}

/// All of them.
pub(super) struct Rows {
    pub(super) blocks: Vec<Block>,
    pub(super) together: Together,
}

/// A bridge by its name, and what it reaches with each seed.
type Bridge<'b> = (&'static str, Vec<&'b [f64]>, bool);

impl Rows {
    pub(super) fn of(results: &Results) -> Result<Self> {
        let mut blocks = Vec::new();
        for (direction, aligned) in &results.aligned {
            let runs = results
                .searched
                .iter()
                .filter(|(other, run)| other == direction && run.name() == aligned.name());
            let runs: Vec<&Searched> = runs.map(|(_, run)| &run.found).collect();
            blocks.push(Block::of(aligned.name(), *direction, &aligned.found, &runs)?);
        }
        let p_values = blocks
            .iter()
            .flat_map(|block| &block.rows)
            .flat_map(|row| [Some(row.compared.p), row.with_aligned.as_ref().map(|compared| compared.p)]);
        let together = Together::new(p_values);
        Ok(Self { together, blocks })
    }
}

impl Block {
    fn of(name: &str, direction: Direction, aligned: &Aligned, runs: &[&Searched]) -> Result<Self> {
        let of = |take: fn(&Searched) -> &[f64]| runs.iter().map(|run| take(run)).collect::<Vec<_>>();
        let mut bridges: Vec<Bridge<'_>> = vec![(SHARED, vec![&*aligned.shared[0]], false)];
        bridges.extend(aligned.unbridged.as_ref().map(|found| ("no bridge", vec![&**found], false)));
        bridges.extend([
            ("aligned: Procrustes", vec![&*aligned.procrustes], false),
            ("aligned: CCA", vec![&*aligned.cca], false),
            (ALIGNED, vec![&*aligned.ridge], false),
            ("f_search alone: ridge", of(|run| &run.ridge), true),
            (SEARCHED, of(|run| &run.linear), true),
            (BOTH, of(|run| &run.over_alignment), true),
        ]);
        let row = |(bridge, runs, trained): Bridge<'_>| {
            let found = OverSeeds::of(runs);
            let compared = Compared::of(&aligned.shared[1], &found.per_query)?.context("no test queries")?;
            let with_aligned = if trained { Compared::of(&aligned.ridge, &found.per_query)? } else { None };
            Ok(Row { bridge, compared, with_aligned, spread: found.spread })
        };
        Ok(Self {
            name: name.to_owned(),
            direction,
            dims: [aligned.query_dim, aligned.item_dim],
            pairs: aligned.pairs,
            rows: bridges.into_iter().map(row).collect::<Result<_>>()?,
            by_directions: aligned.by_directions.iter().map(|(count, found)| (*count, mean(found))).collect(),
            by_rank: by_rank(runs),
        })
    }

    /// A row by the name of its bridge.
    pub(super) fn row(&self, bridge: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.bridge == bridge)
    }

    /// The fewest directions, of those tried, by which alignment reaches nine tenths of what all of them do.
    pub(super) fn directions_needed(&self) -> Option<usize> {
        needed(&self.by_directions)
    }

    /// The same for the rank of f_search.
    pub(super) fn rank_needed(&self) -> Option<usize> {
        needed(&self.by_rank)
    }
}

fn needed(curve: &[(usize, f64)]) -> Option<usize> {
    let best = curve.iter().map(|point| point.1).fold(0.0, f64::max);
    curve.iter().find(|point| point.1 >= 0.9 * best).map(|point| point.0)
}

/// The mean over seeds at each rank.
fn by_rank(runs: &[&Searched]) -> Vec<(usize, f64)> {
    let ranks = runs.first().map_or(&[][..], |run| &run.by_rank);
    let at = |at: usize| mean(&runs.iter().map(|run| mean(&run.by_rank[at].1)).collect::<Vec<_>>());
    ranks.iter().enumerate().map(|(position, (rank, _))| (*rank, at(position))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_tenths_are_enough() {
        assert_eq!(needed(&[(1, 0.2), (2, 0.5), (4, 0.55), (8, 0.54)]), Some(2));
        assert_eq!(needed(&[]), None);
    }
}
