//! Test triples that training gives away through a relation that says the same, or the reverse.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    definition::{KnowledgeGraph, Part},
    triple::Triple,
};

/// What training triples give away of others, as FB15k's inverse relations did (Toutanova and Chen, 2015).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseLeakage {
    /// The share of triples that stand in training word for word; 0 in reports of before it was counted.
    #[serde(default)]
    pub copies: f64,
    /// The share of triples that training has reversed, under a relation that is nearly an inverse.
    pub inverse: f64,
    /// The share of triples that training has in the same direction, under a relation that is nearly the same.
    pub duplicate: f64,
    /// The share of triples whose two entities some training triple joins, whatever the relation and the direction.
    pub joined: f64,
    /// The relations that are nearly an inverse of another or of themselves (symmetric), by name, with the share of the
    /// first's training pairs that the second has reversed; from [`InverseLeakage::NEARLY`].
    pub inverse_pairs: Vec<(String, String, f64)>,
}

impl InverseLeakage {
    /// From which share of its pairs a relation is nearly the inverse of another, or the same.
    pub const NEARLY: f64 = 0.8;

    /// What the training triples of a graph give away of a part.
    pub fn of(graph: &KnowledgeGraph, part: Part) -> Self {
        let mut pairs = HashMap::<u32, HashSet<(u32, u32)>>::new();
        let mut under = HashMap::<(u32, u32), Vec<u32>>::new();
        for &Triple { relation, head, tail } in graph.train() {
            if pairs.entry(relation).or_default().insert((head, tail)) {
                under.entry((head, tail)).or_default().push(relation);
            }
        }
        let nearly = |reverse: bool| nearly(&pairs, &under, reverse);
        let (inverse, same) = (nearly(true), nearly(false));
        let triples = graph.part(part);
        let share = |given: &dyn Fn(&Triple) -> bool| {
            triples.iter().filter(|triple| given(triple)).count() as f64 / triples.len().max(1) as f64
        };
        let has = |of: &HashMap<(u32, u32), f64>, relation: u32, pair: (u32, u32)| {
            under
                .get(&pair)
                .is_some_and(|there| there.iter().any(|&other| of.contains_key(&(relation, other))))
        };
        let name = |relation: u32| graph.relations().name(relation as usize).to_owned();
        let mut inverse_pairs: Vec<_> =
            inverse.iter().map(|(&(one, other), &share)| (name(one), name(other), share)).collect();
        inverse_pairs.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        Self {
            copies: share(&|triple| {
                pairs.get(&triple.relation).is_some_and(|pairs| pairs.contains(&(triple.head, triple.tail)))
            }),
            inverse: share(&|triple| has(&inverse, triple.relation, (triple.tail, triple.head))),
            duplicate: share(&|triple| has(&same, triple.relation, (triple.head, triple.tail))),
            joined: share(&|triple| {
                under.contains_key(&(triple.head, triple.tail))
                    || under.contains_key(&(triple.tail, triple.head))
            }),
            inverse_pairs,
        }
    }
}

/// The pairs of relations of which the second has nearly all pairs of the first, reversed or not.
fn nearly(
    pairs: &HashMap<u32, HashSet<(u32, u32)>>,
    under: &HashMap<(u32, u32), Vec<u32>>,
    reverse: bool,
) -> HashMap<(u32, u32), f64> {
    let mut found = HashMap::new();
    for (&relation, of_relation) in pairs {
        let mut shared = HashMap::<u32, usize>::new();
        for &(head, tail) in of_relation {
            let pair = if reverse { (tail, head) } else { (head, tail) };
            for &other in
                under.get(&pair).into_iter().flatten().filter(|&&other| reverse || other != relation)
            {
                *shared.entry(other).or_default() += 1;
            }
        }
        for (other, count) in shared {
            let share = count as f64 / of_relation.len() as f64;
            if share >= InverseLeakage::NEARLY {
                found.insert((relation, other), share);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_and_a_second_name_are_found() {
        let train = [
            ["a", "has", "b"],
            ["c", "has", "d"],
            ["b", "part_of", "a"],
            ["d", "part_of", "c"],
            ["f", "part_of", "e"],
            ["x", "likes", "y"],
        ];
        let test = [["e", "has", "f"], ["y", "knows", "x"], ["a", "likes", "x"]];
        let graph = KnowledgeGraph::from_triples(&train, &[], &test).unwrap();
        let leakage = InverseLeakage::of(&graph, Part::Test);
        let third = 1.0 / 3.0;
        assert_eq!(leakage.copies, 0.0);
        assert_eq!((leakage.inverse, leakage.duplicate, leakage.joined), (third, 0.0, 2.0 * third));
        assert_eq!(leakage.inverse_pairs, [("has".to_owned(), "part_of".to_owned(), 1.0)]);
    }

    #[test]
    fn copies_of_training_triples_are_counted() {
        let train = [["a", "likes", "b"], ["c", "likes", "d"], ["a", "likes", "b"]];
        let test = [
            ["a", "likes", "b"],
            ["b", "likes", "a"],
            ["a", "knows", "b"],
            ["c", "likes", "d"],
            ["a", "likes", "d"],
        ];
        let graph = KnowledgeGraph::from_triples(&train, &[], &test).unwrap();
        let leakage = InverseLeakage::of(&graph, Part::Test);
        assert_eq!((leakage.copies, leakage.inverse, leakage.duplicate), (0.4, 0.0, 0.0));
    }
}
