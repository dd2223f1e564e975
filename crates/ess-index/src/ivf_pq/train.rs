//! Training the projection, the centres and the codebooks on items.

use ess_core::Embeddings;
use rand::{SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;

use super::builder::IvfPqBuilder;
use super::coder::{Coder, normalise};
use super::inverted_file::projection::Projection;
use super::pq::{codebooks::Codebooks, sizes::PAIR};
use crate::cpu::InstructionSet;
use crate::kmeans::KMeans;
use crate::progress::Progress;

/// Items that codebooks are learnt from: 16 centres of two components need no more.
const CODEBOOK_ITEMS: usize = 16_384;

impl Coder {
    /// Learns from a random sample of the items.
    pub(super) fn train(settings: &IvfPqBuilder, items: &Embeddings, progress: Progress) -> Self {
        let &IvfPqBuilder { iterations, seed, .. } = settings;
        let lists = settings.lists_for(items.len());
        let codes = settings.codes_for(items.dim());
        let mut vectors = sampled(items, settings.training_items_for(lists), seed);
        normalise(&mut vectors, items.dim());
        let projection = Projection::train(&vectors, items.dim(), codes * PAIR, seed);
        let mut projected = projection.project_all(&vectors);
        drop(vectors);
        let bar = progress.start(iterations, "learning lists");
        let centres = KMeans::train(&projected, projection.kept(), lists, iterations, seed, || bar.inc(1));
        bar.finish_and_clear();
        projected.truncate(CODEBOOK_ITEMS * projection.kept());
        let assigned = centres.assign(&projected);
        for (vector, list) in projected.chunks_exact_mut(projection.kept()).zip(assigned) {
            vector.iter_mut().zip(centres.row(list as usize)).for_each(|(x, c)| *x -= c);
        }
        let codebooks = Codebooks::train(&projected, codes, iterations, seed);
        Self { projection, centres, codebooks, instructions: InstructionSet::detect() }
    }
}

/// At most `count` rows in random order.
fn sampled(items: &Embeddings, count: usize, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let rows = sample(&mut random, items.len(), count.min(items.len()));
    let mut vectors = Vec::with_capacity(rows.len() * items.dim());
    rows.into_iter().for_each(|row| vectors.extend_from_slice(items.row(row)));
    vectors
}
