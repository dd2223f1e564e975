//! Candidates of a query by centroids alone, as PLAID finds them.

use ess_core::{Hit, TopK};

use super::{compressed::CompressedTokens, lists::Lists, settings::TokenSearch, unit::norm};

/// The inner products of a query's tokens with the centroids.
pub(super) struct Probe {
    tokens: usize,
    // Cosines of each centroid with each token: centroids × t.
    cosines: Vec<f32>,
    // The norm of each token.
    norms: Vec<f32>,
    // The largest cosine of each centroid.
    largest: Vec<f32>,
}

impl Probe {
    /// Of `t × dim` components.
    pub(super) fn new(query: &[f32], compressed: &CompressedTokens) -> Self {
        let (dim, centroids) = (compressed.dim(), compressed.centroids());
        let norms: Vec<f32> = query.chunks_exact(dim).map(|token| norm(token) as f32).collect();
        let mut products = Vec::new();
        compressed.codec.centroids().inner_products(query, &mut products);
        let tokens = norms.len();
        let mut cosines = vec![0.0; centroids * tokens];
        for (token, (products, norm)) in products.chunks_exact(centroids).zip(&norms).enumerate() {
            let factor = if *norm > 0.0 { 1.0 / norm } else { 0.0 };
            let slots = cosines[token..].iter_mut().step_by(tokens);
            slots.zip(products).for_each(|(slot, product)| *slot = product * factor);
        }
        let of_centroid = |cosines: &[f32]| cosines.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let largest = cosines.chunks_exact(tokens.max(1)).map(of_centroid).collect();
        Self { tokens, cosines, norms, largest }
    }

    /// The items that are worth comparing, at most `search.candidates` of them, or `k`.
    pub(super) fn candidates(
        &self,
        compressed: &CompressedTokens,
        lists: &Lists,
        search: &TokenSearch,
        k: usize,
    ) -> Vec<u32> {
        if self.tokens == 0 {
            return Vec::new();
        }
        let wanted = search.candidates.max(k);
        let mut items = self.probed(compressed, lists, search.nprobe);
        if let Some(threshold) = search.centroid_score_threshold {
            items = self.best(compressed, items, wanted.saturating_mul(WIDER), Some(threshold));
        }
        self.best(compressed, items, wanted, None)
    }

    /// The items in the lists of the centroids nearest to each token, in order.
    fn probed(&self, compressed: &CompressedTokens, lists: &Lists, nprobe: usize) -> Vec<u32> {
        let mut is_probed = vec![false; compressed.centroids()];
        for token in 0..self.tokens {
            let mut nearest = TopK::new(nprobe);
            let cosines = self.cosines[token..].iter().step_by(self.tokens);
            cosines.enumerate().for_each(|(centroid, &cosine)| nearest.push(Hit::new(centroid, cosine)));
            nearest.into_sorted().iter().for_each(|hit| is_probed[hit.item] = true);
        }
        let mut is_found = vec![false; compressed.items()];
        let probed = is_probed.iter().enumerate().filter(|(_, probed)| **probed);
        for &item in probed.flat_map(|(centroid, _)| lists.of_centroid(centroid)) {
            if let Some(found) = is_found.get_mut(item as usize) {
                *found = true;
            }
        }
        let found = is_found.iter().enumerate().filter(|(_, found)| **found);
        found.map(|(item, _)| item as u32).collect()
    }

    /// The `wanted` items of the largest MaxSim of all centroids, or of those whose largest cosine reaches a threshold.
    fn best(
        &self,
        compressed: &CompressedTokens,
        items: Vec<u32>,
        wanted: usize,
        threshold: Option<f32>,
    ) -> Vec<u32> {
        if items.len() <= wanted {
            return items;
        }
        // With a threshold, a token that no kept centroid is near counts nothing.
        let start = if threshold.is_some() { 0.0 } else { f32::NEG_INFINITY };
        let (mut best, mut of_token) = (TopK::new(wanted), vec![start; self.tokens]);
        for item in items {
            let tokens = compressed.range(item as usize);
            if tokens.is_empty() {
                // Only a damaged file that was not checked lists such an item.
                continue;
            }
            of_token.fill(start);
            for &code in &compressed.codes[tokens] {
                let centroid = (code as usize).min(self.largest.len() - 1);
                if threshold.is_none_or(|threshold| self.largest[centroid] >= threshold) {
                    let cosines = &self.cosines[centroid * self.tokens..][..self.tokens];
                    for (most, &cosine) in of_token.iter_mut().zip(cosines) {
                        *most = if cosine > *most { cosine } else { *most };
                    }
                }
            }
            let sum = of_token.iter().zip(&self.norms).map(|(cosine, norm)| cosine * norm).sum();
            best.push(Hit::new(item as usize, sum));
        }
        let mut kept: Vec<u32> = best.into_sorted().iter().map(|hit| hit.item as u32).collect();
        kept.sort_unstable();
        kept
    }
}

/// The number of items compared by all their centroids, as a multiple of the number compared by all vectors, as in PLAID.
const WIDER: usize = 4;
