//! Assigning items to lists and codes.

use ess_core::Embeddings;
use rayon::prelude::*;

use super::inverted_file::{CodedItems, KMeans, Projection};
use super::pq::Codebooks;
use crate::cpu::InstructionSet;

/// Items that are coded together.
const TOGETHER: usize = 1024;

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
        let chunks: Vec<CodedItems> = items
            .as_slice()
            .par_chunks(TOGETHER * items.dim())
            .map(|rows| {
                let coded = self.encode_together(rows);
                done(coded.lists.len());
                coded
            })
            .collect();
        let mut all = CodedItems { lists: Vec::new(), codes: Vec::new(), factors: Vec::new() };
        for coded in chunks {
            all.lists.extend(coded.lists);
            all.codes.extend(coded.codes);
            all.factors.extend(coded.factors);
        }
        all
    }

    fn encode_together(&self, rows: &[f32]) -> CodedItems {
        let mut directions = rows.to_vec();
        let norms = normalise(&mut directions, self.projection.dim());
        let mut projected = Vec::new();
        self.projection.project(&directions, &mut projected);
        let lists = self.centres.assign(&projected);
        let codes_an_item = self.codebooks.codes();
        let mut codes = vec![0; lists.len() * codes_an_item];
        let vectors = projected.chunks_exact_mut(self.projection.kept()).zip(&lists);
        let factors = vectors.zip(codes.chunks_exact_mut(codes_an_item)).zip(&norms);
        let factors =
            factors.map(|(((vector, &list), codes), norm)| norm / self.code(vector, list, codes)).collect();
        CodedItems { lists, codes, factors }
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
