//! MUVERA: one vector for all tokens of a text.

mod config;

use ess_core::{Embeddings, Encoding, Error as CoreError, SearchModule, TokenStates};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::unit::extend_with_units;
use crate::error::Error;

use config::MAX_DIM;
pub use config::MuveraConfig;

impl MuveraConfig {
    /// The encodings of tokens of dimension `token_dim`.
    ///
    /// # Errors
    /// [`CoreError::InvalidParameter`] for a setting out of range; [`CoreError::Empty`] for a dimension of 0.
    pub fn build(&self, token_dim: usize) -> Result<Muvera, Error> {
        self.check(token_dim)?;
        Ok(Muvera::new(self.clone(), token_dim))
    }
}

/// Fixed-dimensional encodings of sets of token vectors (Dhulipala et al., "MUVERA", NeurIPS 2024): one vector for a query and
/// one for an item, whose inner product is about their MaxSim. So any [`Index`](ess_core::Index) and any engine does the first
/// stage of late interaction, and its best items are compared by all tokens after that.
///
/// Random hyperplanes cut the space into partitions. A partition's part of a query's vector is the sum of the query's tokens in it.
/// Of an item's vector it is the mean of the item's tokens in it or, where there are none, the token of the item that the fewest
/// hyperplanes part from it. Repetitions are averaged. Without projections the inner product is never above MaxSim for items of
/// unit norm, and random signs and the count sketch give it in the mean over seeds.
///
/// For queries it is a searching module over token states: f_search of Eq. 3, and the item encodings are frozen.
///
/// ```
/// use ess_core::{Embeddings, Index, SearchModule, TokenStates};
/// use ess_index::{FlatIndex, MuveraConfig};
///
/// let texts = [vec![1.0, 0.0, 0.6, 0.8], vec![-1.0, 0.0, 0.0, -1.0]];
/// let items = TokenStates::from_texts(Embeddings::from_rows(&[[0.0]; 2])?, 2, &texts)?;
/// let muvera = MuveraConfig { partition_dim: None, final_dim: None, ..MuveraConfig::default() }.build(2)?;
/// // Any index; here the exact one.
/// let index = FlatIndex::new(muvera.encode_items(&items)?)?;
///
/// let query = TokenStates::from_texts(Embeddings::from_rows(&[[0.0]])?, 2, &[vec![0.0, -1.0]])?;
/// let hits = index.search(&muvera.apply(&query)?, 1)?;
/// assert_eq!(hits[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Muvera {
    config: MuveraConfig,
    token_dim: usize,
    // Normals: repetitions × hyperplanes × token_dim.
    hyperplanes: Vec<f32>,
    // Signs by 1/√partition_dim: repetitions × partition_dim × token_dim; empty without a projection.
    signs: Vec<f32>,
    // For each component of the whole, where it goes, and with which sign; empty without a projection.
    sketch: Vec<(u32, f32)>,
    dim: usize,
}

/// What a partition has of a text.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Query,
    Item,
}

impl Muvera {
    fn new(config: MuveraConfig, token_dim: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(config.seed);
        let planes = config.repetitions * config.hyperplanes as usize * token_dim;
        let hyperplanes = (0..planes).map(|_| normal(&mut random)).collect();
        let kept = config.partition_dim.map_or(0, |kept| config.repetitions * kept * token_dim);
        let scale = 1.0 / (config.partition_dim(token_dim) as f32).sqrt();
        let signs = (0..kept).map(|_| if random.random::<bool>() { scale } else { -scale }).collect();
        let whole = config.whole_dim(token_dim).unwrap_or(MAX_DIM);
        let sketch = config.final_dim.map_or_else(Vec::new, |last| {
            let mut entry =
                || (random.random_range(0..last as u32), if random.random::<bool>() { 1.0 } else { -1.0 });
            (0..whole).map(|_| entry()).collect()
        });
        let dim = config.final_dim.unwrap_or(whole);
        Self { config, token_dim, hyperplanes, signs, sketch, dim }
    }

    /// The settings that it was made with.
    pub fn config(&self) -> &MuveraConfig {
        &self.config
    }

    /// The dimension of the encodings.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The encodings of `m` items, `m × dim`, from tokens at unit norm, without those of the encoder's prompt; zeros for an item
    /// without tokens.
    ///
    /// # Errors
    /// [`CoreError::DimensionMismatch`] for tokens of another dimension.
    pub fn encode_items(&self, items: &TokenStates) -> Result<Embeddings, CoreError> {
        self.encode(items, Side::Item)
    }

    fn encode(&self, texts: &TokenStates, side: Side) -> Result<Embeddings, CoreError> {
        CoreError::check_dim(
            "token states for fixed-dimensional encodings",
            self.token_dim,
            texts.token_dim(),
        )?;
        let one = |row: usize| {
            let states = texts.own_states(row);
            let mut units = Vec::new();
            match side {
                Side::Query => self.encode_one(states, side),
                Side::Item => {
                    extend_with_units(&mut units, states, self.token_dim);
                    self.encode_one(&units, side)
                }
            }
        };
        let rows: Vec<Vec<f32>> = (0..texts.rows()).into_par_iter().map(one).collect();
        Embeddings::from_vec(rows.concat(), self.dim)
    }

    fn encode_one(&self, tokens: &[f32], side: Side) -> Vec<f32> {
        let mut whole = Vec::new();
        for repetition in 0..self.config.repetitions {
            let partitions = self.partitions(repetition, tokens, side);
            whole.extend(self.projected(repetition, partitions));
        }
        // The mean over repetitions is shared between both sides.
        let factor = 1.0 / (self.config.repetitions as f32).sqrt();
        whole.iter_mut().for_each(|x| *x *= factor);
        if self.sketch.is_empty() {
            return whole;
        }
        let mut last = vec![0.0; self.dim];
        whole
            .iter()
            .zip(&self.sketch)
            .for_each(|(x, &(component, sign))| last[component as usize] += x * sign);
        last
    }

    /// What each partition has: `2^hyperplanes × token_dim`.
    fn partitions(&self, repetition: usize, tokens: &[f32], side: Side) -> Vec<f32> {
        let (dim, count) = (self.token_dim, 1 << self.config.hyperplanes);
        let (mut sums, mut members) = (vec![0.0; count * dim], vec![0_u32; count]);
        let partition_of: Vec<usize> =
            tokens.chunks_exact(dim).map(|token| self.partition(repetition, token)).collect();
        for (token, &partition) in tokens.chunks_exact(dim).zip(&partition_of) {
            members[partition] += 1;
            sums[partition * dim..][..dim].iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
        }
        if side == Side::Item && !partition_of.is_empty() {
            for (partition, (sum, &members)) in sums.chunks_exact_mut(dim).zip(&members).enumerate() {
                if members > 0 {
                    sum.iter_mut().for_each(|sum| *sum /= members as f32);
                    continue;
                }
                let apart = |token: &usize| (partition_of[*token] ^ partition).count_ones();
                let nearest = (0..partition_of.len()).min_by_key(apart).unwrap_or(0);
                sum.copy_from_slice(&tokens[nearest * dim..][..dim]);
            }
        }
        sums
    }

    /// The side of each hyperplane that a token is on, as bits.
    fn partition(&self, repetition: usize, token: &[f32]) -> usize {
        let planes = self.config.hyperplanes as usize;
        let normals = self.hyperplanes[repetition * planes * self.token_dim..].chunks_exact(self.token_dim);
        normals.take(planes).enumerate().fold(0, |bits, (plane, normal)| {
            let product: f32 = normal.iter().zip(token).map(|(a, b)| a * b).sum();
            bits | usize::from(product > 0.0) << plane
        })
    }

    fn projected(&self, repetition: usize, partitions: Vec<f32>) -> Vec<f32> {
        let Some(kept) = self.config.partition_dim else {
            return partitions;
        };
        let rows = &self.signs[repetition * kept * self.token_dim..][..kept * self.token_dim];
        let product = |part: &[f32], row: &[f32]| part.iter().zip(row).map(|(x, sign)| x * sign).sum::<f32>();
        let of_part =
            |part: &[f32]| rows.chunks_exact(self.token_dim).map(|row| product(part, row)).collect();
        partitions.chunks_exact(self.token_dim).flat_map::<Vec<f32>, _>(of_part).collect()
    }
}

impl SearchModule<TokenStates> for Muvera {
    /// The dimension of a query's tokens.
    fn query_dim(&self) -> usize {
        self.token_dim
    }

    fn item_dim(&self) -> usize {
        self.dim
    }

    fn apply(&self, queries: &TokenStates) -> Result<Embeddings, CoreError> {
        self.encode(queries, Side::Query)
    }
}

/// A normally distributed value, by Box and Muller.
fn normal(random: &mut ChaCha8Rng) -> f32 {
    let [radius, angle]: [f64; 2] = [random.random(), random.random()];
    let radius = (-2.0 * (1.0 - radius).ln()).sqrt();
    (radius * (std::f64::consts::TAU * angle).cos()) as f32
}
