//! Measuring a set of relations on a part of a graph.

use ess_metrics::Bootstrap;
use serde::{Deserialize, Serialize};

use super::{ranks::ranks, summary::RankSummary};
use crate::{
    error::Error,
    graph::{
        category::Category,
        definition::{KnowledgeGraph, Part},
        leakage::InverseLeakage,
        triple::Triple,
    },
    trained::definition::RelationSet,
};

/// Filtered ranks of heads and tails, as the literature reports them.
///
/// For each triple all entities are ranked as its tail and as its head, but for those that any part of the graph knows to be
/// right as well. Ties count half ("realistic" ranks).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankEvaluation {
    /// Over heads and tails together.
    pub both: RankSummary,
    /// Where the head is asked for.
    pub heads: RankSummary,
    /// Where the tail is asked for.
    pub tails: RankSummary,
    /// The 95 % interval of the MRR over triples, whose value is the mean of their two reciprocal ranks.
    pub interval: [f64; 2],
    /// By kind of relation, for those that there are.
    pub categories: Vec<CategoryRanks>,
    /// By relation, in the order of the graph, for those that there are.
    pub relations: Vec<RelationRanks>,
    /// What the training triples give away.
    pub leakage: InverseLeakage,
}

/// Ranks of the relations of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoryRanks {
    /// The kind.
    pub category: Category,
    /// Where the head is asked for.
    pub heads: RankSummary,
    /// Where the tail is asked for.
    pub tails: RankSummary,
}

/// Ranks of one relation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelationRanks {
    /// The relation's name.
    pub relation: String,
    /// Its kind.
    pub category: Category,
    /// Over heads and tails together.
    pub both: RankSummary,
}

impl RelationSet {
    /// Measures on a part of a graph, whose names must be those of the set, in any order.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for an entity or a relation of the graph that the set does not have; [`Error::NoTriples`] for an empty
    /// part.
    pub fn evaluate(&self, graph: &KnowledgeGraph, part: Part) -> Result<RankEvaluation, Error> {
        let graph = self.renumbered(graph, part)?;
        let triples = graph.part(part);
        let ranks = self.ranks_in(&graph, part)?;
        let values: Vec<f64> = ranks.iter().map(|[head, tail]| (head.recip() + tail.recip()) / 2.0).collect();
        let categories = Category::of_relations(graph.train(), graph.relations().len());
        Ok(RankEvaluation {
            both: RankSummary::of(ranks.iter().flatten().copied()),
            heads: RankSummary::of(ranks.iter().map(|ranks| ranks[0])),
            tails: RankSummary::of(ranks.iter().map(|ranks| ranks[1])),
            interval: Bootstrap::default().interval_within(&values, [0.0, 1.0], 0.95)?,
            categories: by_category(triples, &ranks, &categories),
            relations: by_relation(triples, &ranks, &categories, &graph),
            leakage: InverseLeakage::of(&graph, part),
        })
    }

    /// The filtered ranks of which [`RelationSet::evaluate`] takes means, from 1: of the head and of the tail of each triple, in the
    /// order of the part. Two sets are compared on the same triples by them.
    ///
    /// # Errors
    /// As [`RelationSet::evaluate`].
    pub fn ranks(&self, graph: &KnowledgeGraph, part: Part) -> Result<Vec<[f64; 2]>, Error> {
        self.ranks_in(&self.renumbered(graph, part)?, part)
    }

    /// The graph with the numbers of the set, where the part has triples.
    fn renumbered(&self, graph: &KnowledgeGraph, part: Part) -> Result<KnowledgeGraph, Error> {
        let graph = graph.renumbered(self.entities(), self.relations())?;
        match graph.part(part).is_empty() {
            true => Err(Error::NoTriples { what: format!("the part {part:?} of the graph") }),
            false => Ok(graph),
        }
    }

    fn ranks_in(&self, renumbered: &KnowledgeGraph, part: Part) -> Result<Vec<[f64; 2]>, Error> {
        let known = renumbered.known(&[Part::Train, Part::Valid, Part::Test]);
        ranks(self.mapping(), &known, renumbered.part(part), renumbered.relations().len())
    }
}

fn by_category(triples: &[Triple], ranks: &[[f64; 2]], categories: &[Category]) -> Vec<CategoryRanks> {
    let of = |category, side: usize| {
        let these =
            triples.iter().zip(ranks).filter(move |(t, _)| categories[t.relation as usize] == category);
        RankSummary::of(these.map(|(_, ranks)| ranks[side]))
    };
    let all = Category::ALL.map(|category| CategoryRanks {
        category,
        heads: of(category, 0),
        tails: of(category, 1),
    });
    all.into_iter().filter(|of| of.heads.ranks > 0).collect()
}

fn by_relation(
    triples: &[Triple],
    ranks: &[[f64; 2]],
    categories: &[Category],
    graph: &KnowledgeGraph,
) -> Vec<RelationRanks> {
    let mut of = vec![Vec::new(); categories.len()];
    for (triple, ranks) in triples.iter().zip(ranks) {
        of[triple.relation as usize].extend(ranks);
    }
    let named = of.into_iter().enumerate().filter(|(_, ranks)| !ranks.is_empty());
    let made = named.map(|(relation, ranks)| RelationRanks {
        relation: graph.relations().name(relation).to_owned(),
        category: categories[relation],
        both: RankSummary::of(ranks),
    });
    made.collect()
}
