//! Assigning items to lists and codes.

use ess_core::Embeddings;
use rayon::prelude::*;

use super::inverted_file::{lists::CodedItems, projection::Projection};
use super::pq::codebooks::Codebooks;
use crate::cpu::InstructionSet;
use crate::kmeans::KMeans;

/// Items that are coded together.
const TOGETHER: usize = 256;

/// What was learnt from the items: how a vector becomes a list and codes.
///
/// Only the direction of an item is coded. Its projection is the centre of its list and a rest, for which the codes stand;
/// the two together are lengthened to the item's norm. Without that they would be too short, by another amount for each
/// item: they lack what the projection and the rounding left out.
#[derive(Clone, Debug)]
pub(crate) struct Coder {
    pub(crate) projection: Projection,
    pub(crate) centres: KMeans,
    pub(crate) codebooks: Codebooks,
    pub(crate) instructions: InstructionSet,
}

impl Coder {
    /// Bytes of what was learnt; products keep a second copy of it.
    pub(super) fn bytes(&self) -> usize {
        let numbers = self.projection.numbers().len() + self.centres.rows().len();
        size_of::<f32>() * (2 * numbers + self.centres.len() + self.codebooks.numbers().len() * 5 / 2)
    }

    /// The list, codes and factor of each item.
    pub(crate) fn encode(&self, items: &Embeddings, done: impl Fn(usize) + Sync) -> CodedItems {
        let (len, codes) = (items.len(), self.codebooks.codes());
        let mut coded =
            CodedItems { lists: vec![0; len], codes: vec![0; len * codes], factors: vec![0.0; len] };
        let columns = (coded.lists.par_chunks_mut(TOGETHER), coded.codes.par_chunks_mut(TOGETHER * codes));
        let columns = columns.0.zip(columns.1).zip(coded.factors.par_chunks_mut(TOGETHER));
        columns.zip(items.as_slice().par_chunks(TOGETHER * items.dim())).for_each(
            |(((lists, codes), factors), rows)| {
                self.encode_together(rows, lists, codes, factors);
                done(lists.len());
            },
        );
        coded
    }

    fn encode_together(&self, rows: &[f32], lists: &mut [u32], codes: &mut [u8], factors: &mut [f32]) {
        let mut directions = rows.to_vec();
        let norms = normalise(&mut directions, self.projection.dim());
        let mut projected = Vec::new();
        self.projection.project(&directions, &mut projected);
        lists.copy_from_slice(&self.centres.assign(&projected));
        let vectors = projected.chunks_exact_mut(self.projection.kept()).zip(lists);
        let coded =
            vectors.zip(codes.chunks_exact_mut(self.codebooks.codes())).zip(factors.iter_mut().zip(norms));
        for (((vector, list), codes), (factor, norm)) in coded {
            *factor = norm / self.code(vector, *list, codes);
        }
    }

    /// Writes the codes of a projected direction and returns the norm of what they and the list stand for.
    fn code(&self, vector: &mut [f32], list: u32, codes: &mut [u8]) -> f32 {
        let centre = self.centres.row(list as usize);
        vector.iter_mut().zip(centre).for_each(|(x, c)| *x -= c);
        self.codebooks.encode(self.instructions, vector, codes);
        let rest = self.codebooks.decode(codes).flatten();
        let norm = rest.zip(centre).map(|(x, c)| (x + c).powi(2)).sum::<f32>().sqrt();
        // Next to nothing cannot be lengthened.
        if norm < 0.01 { 1.0 } else { norm }
    }
}

/// Scales row-major vectors to unit norm and returns what their norms were, none of them beyond what factors can hold. A
/// row of zeros stays.
pub(crate) fn normalise(vectors: &mut [f32], dim: usize) -> Vec<f32> {
    let normalise = |vector: &mut [f32]| {
        let norm = vector.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        if norm > 0.0 {
            vector.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
        }
        norm.min(MAX_NORM) as f32
    };
    vectors.chunks_exact_mut(dim).map(normalise).collect()
}

/// Far enough below `f32::MAX` for the product with a sum to be finite.
const MAX_NORM: f64 = 1e34;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_scaled_to_unit_norm_and_their_norms_are_kept() {
        let mut vectors = [3.0, -4.0, 0.0, 0.0, 3e38, 0.0];
        assert_eq!(normalise(&mut vectors, 2), [5.0, 0.0, MAX_NORM as f32]);
        assert_eq!(vectors, [0.6, -0.8, 0.0, 0.0, 1.0, 0.0]);
    }
}
