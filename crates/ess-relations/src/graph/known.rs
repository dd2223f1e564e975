//! The tails that are known for a head and a relation, and how often each.

use super::triple::Triple;

/// For each head and relation the known tails, in both directions: relation `r + relations` is the reverse of `r`.
pub(crate) struct Known {
    /// Ordered: relation, head.
    keys: Vec<(u32, u32)>,
    /// Where the tails of each key begin, and the end of the last.
    starts: Vec<usize>,
    /// Ordered within a key, each with how often its triple stands.
    tails: Vec<Tail>,
}

/// A tail, and how often its triple stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tail {
    pub(crate) entity: u32,
    pub(crate) count: u32,
}

impl Known {
    pub(crate) fn new(triples: impl Iterator<Item = Triple>, relations: usize) -> Self {
        let mut all: Vec<Triple> = triples.flat_map(|triple| [triple, triple.reversed(relations)]).collect();
        all.sort_unstable();
        let mut known = Self { keys: Vec::new(), starts: vec![0], tails: Vec::<Tail>::new() };
        for Triple { relation, head, tail } in all {
            if known.keys.last() != Some(&(relation, head)) {
                known.keys.push((relation, head));
                known.starts.push(known.tails.len());
            } else if let Some(last) = known.tails.last_mut().filter(|last| last.entity == tail) {
                last.count += 1;
                continue;
            }
            known.tails.push(Tail { entity: tail, count: 1 });
            if let Some(end) = known.starts.last_mut() {
                *end = known.tails.len();
            }
        }
        known
    }

    /// How many pairs of head and relation there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The relation, the head and the tails of the `at`-th pair.
    pub(crate) fn pair(&self, at: usize) -> (u32, u32, &[Tail]) {
        let (relation, head) = self.keys[at];
        (relation, head, &self.tails[self.starts[at]..self.starts[at + 1]])
    }

    /// The tails of a head and a relation.
    pub(crate) fn tails(&self, head: u32, relation: u32) -> &[Tail] {
        self.keys.binary_search(&(relation, head)).map_or(&[], |at| self.pair(at).2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_found_in_both_directions() {
        let triple = |head, relation, tail| Triple { relation, head, tail };
        let triples = [triple(0, 0, 1), triple(0, 0, 2), triple(3, 1, 2), triple(0, 0, 1)];
        let known = Known::new(triples.into_iter(), 2);
        let tails = |head, relation| -> Vec<(u32, u32)> {
            known.tails(head, relation).iter().map(|tail| (tail.entity, tail.count)).collect()
        };
        assert_eq!(tails(0, 0), [(1, 2), (2, 1)]);
        assert_eq!((tails(1, 2), tails(2, 2)), (vec![(0, 2)], vec![(0, 1)]));
        assert_eq!((tails(3, 1), tails(2, 3)), (vec![(2, 1)], vec![(3, 1)]));
        assert_eq!((tails(3, 0), tails(9, 1), known.len()), (vec![], vec![], 5));
    }
}
