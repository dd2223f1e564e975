//! Filtered ranks.

use ess_linalg::kernels::{Matrix, multiply_add_strided};
use rayon::prelude::*;

use crate::{
    error::Error,
    graph::{
        known::{Known, Tail},
        triple::Triple,
    },
    trained::mapping::Mapping,
};

/// Questions that are answered together, where there are not too many entities.
const BLOCK: usize = 64;
/// Those of however many entities.
const MIN_BLOCK: usize = 8;
/// Scores that a thread has at a time, unless [`MIN_BLOCK`] questions have more: 16 MiB.
const SCORES: usize = 1 << 22;

/// How many questions to so many entities are answered together.
fn block(entities: usize) -> usize {
    (SCORES / entities.max(1)).clamp(MIN_BLOCK, BLOCK)
}

/// The filtered ranks of each triple's head and tail, from 1: how many entities score higher, and half of those that score
/// the same ("realistic": the mean of the best and the worst rank among ties). Entities that are known for the same question in
/// `known`, which has `relations` relations, do not count.
pub(crate) fn ranks(
    mapping: &Mapping,
    known: &Known,
    triples: &[Triple],
    relations: usize,
) -> Result<Vec<[f64; 2]>, Error> {
    let mut asked: Vec<(Triple, usize)> = Vec::with_capacity(2 * triples.len());
    for (at, &triple) in triples.iter().enumerate() {
        asked.extend([(triple.reversed(relations), 2 * at), (triple, 2 * at + 1)]);
    }
    // Those of a relation next to each other: its matrix, if it has one, is then made once.
    asked.sort_unstable();
    let items = mapping.items();
    let found: Result<Vec<Vec<f64>>, Error> = asked
        .par_chunks(block(items.len()))
        .map(|asked| {
            let entities = &mapping.parameters.entities;
            let heads: Vec<f32> =
                asked.iter().flat_map(|(triple, _)| entities.row(triple.head as usize)).copied().collect();
            let relations: Vec<u32> = asked.iter().map(|(triple, _)| triple.relation).collect();
            let queries = mapping.queries(&heads, &relations)?;
            let mut scores = vec![0.0; asked.len() * items.len()];
            let all = Matrix::new(items.as_slice(), items.len(), items.dim()).transposed();
            multiply_add_strided(
                &mut scores,
                items.len(),
                0.0,
                Matrix::new(&queries, asked.len(), items.dim()),
                all,
                1.0,
            );
            let rows = scores.chunks_exact(items.len()).zip(asked);
            Ok(rows
                .map(|(scores, (triple, _))| {
                    rank(scores, triple.tail as usize, known.tails(triple.head, triple.relation))
                })
                .collect())
        })
        .collect();
    let mut ranks = vec![[0.0; 2]; triples.len()];
    for ((_, at), rank) in asked.iter().zip(found?.into_iter().flatten()) {
        ranks[at / 2][at % 2] = rank;
    }
    Ok(ranks)
}

/// The rank of one entity among all but the other known ones.
fn rank(scores: &[f32], wanted: usize, known: &[Tail]) -> f64 {
    let own = scores[wanted];
    // What is no number comes last, whichever side has it.
    let [mut higher, mut same] = [0_i64; 2];
    pulp::Arch::new().dispatch(|| {
        for &score in scores {
            higher += i64::from(score > own || own.is_nan());
            same += i64::from(score == own);
        }
    });
    same -= i64::from(!own.is_nan());
    for tail in known.iter().filter(|tail| tail.entity as usize != wanted) {
        let score = scores[tail.entity as usize];
        higher -= i64::from(score > own || own.is_nan());
        same -= i64::from(score == own);
    }
    1.0 + higher as f64 + same as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_to_very_many_entities_are_answered_in_smaller_blocks() {
        // UMLS, WN18RR, YAGO3-10, and ten million.
        assert_eq!([135, 40_943, 123_182, 10_000_000].map(block), [64, 64, 34, 8]);
    }
}
