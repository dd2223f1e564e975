//! What a batch asks for.

use super::{config::Counting, softmax::Target};
use crate::graph::known::{Known, Tail};

/// The pairs of head and relation of a batch, by relation.
pub(super) struct Asked<'a> {
    pub(super) relations: Vec<u32>,
    pub(super) heads: Vec<u32>,
    pub(super) targets: Vec<Target<'a>>,
    /// The sum of the weights.
    pub(super) total: f32,
}

impl<'a> Asked<'a> {
    /// Some pairs of what is known; `pairs` are sorted, which puts those of a relation next to each other.
    pub(super) fn new(known: &'a Known, pairs: &mut [usize], counting: Counting) -> Self {
        pairs.sort_unstable();
        let mut asked = Self { relations: Vec::new(), heads: Vec::new(), targets: Vec::new(), total: 0.0 };
        for &pair in &*pairs {
            let (relation, head, tails) = known.pair(pair);
            let count: u32 = tails.iter().map(|tail: &Tail| tail.count).sum();
            let weight = match counting {
                Counting::Triples => count as f32,
                Counting::Queries => 1.0,
            };
            asked.relations.push(relation);
            asked.heads.push(head);
            asked.targets.push(Target { weight, tails, count: count as f32 });
            asked.total += weight;
        }
        asked
    }
}
