//! Attention inside one text.

mod head;
mod text;
mod tiles;
mod vectors;

use ess_tiles::{Parts, Tiles};
use pulp::Arch;

use self::{text::Text, tiles::InTileUnit, vectors::InVectors};
use super::{memory::HostMatrix, tile::InTiles};
use crate::{
    compute::precision::Precision,
    transformer::{attention_shape::AttentionShape, disentangled::Relative},
};

/// Attention of a text's `s` tokens to each other, for every head: `qkv` is `s × (h + 2 h_kv) d_head`, `attended`
/// `s × h d_head`.
///
/// Only the first `keys` tokens are attended to. A few queries at a time, so that their scores stay in the first-level cache
/// and memory does not grow with `s²`. Where attention is local, keys that none of them sees cost nothing. Only a tile unit uses
/// that another precision than `f32` will do: it rounds keys and values to bfloat16.
pub(crate) fn attend_text(
    attended: &mut [f32],
    qkv: &[f32],
    keys: usize,
    shape: &AttentionShape,
    relative: Option<Relative<'_, HostMatrix>>,
    precision: Precision,
) {
    let text = Text { qkv, keys, shape, relative };
    // Of local attention the tile unit would compute what no query sees.
    let length = text.length();
    let whole = keys > 0 && shape.reach.is_none_or(|reach| reach >= length);
    match Tiles::detect().filter(|_| whole) {
        Some(tiles) => {
            let parts = if precision == Precision::F32 { Parts::Full } else { Parts::Rounded };
            Arch::new().dispatch(InTileUnit { attended, text, tiles, parts });
        }
        None => Arch::new().dispatch(InTiles(InVectors { attended, text })),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compute::relative_position::relative_bucket;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn attention_is_what_its_formula_says(
            length in 1_usize..80,
            head_dim in 1_usize..40,
            kv_heads in 1_usize..3,
            group in 1_usize..3,
            buckets in 0_usize..2,
            causal: bool,
            reach in prop::option::of(0_usize..20),
            unattended in 0_usize..9,
            seed in 0_u32..99,
        ) {
            // A local attention may see none of the first tokens.
            let keys = if reach.is_some() { length } else { length.saturating_sub(unattended).max(1) };
            let heads = kv_heads * group;
            let shape = AttentionShape { kv_heads, causal, reach, ..AttentionShape::bidirectional(heads * head_dim, heads) };
            let (dim, columns) = (shape.dim(), shape.columns());
            let number = |i: usize| (((i as u32).wrapping_mul(2_654_435_761) ^ seed) % 997) as f32 / 500.0 - 1.0;
            let qkv: Vec<f32> = (0..length * columns).map(number).collect();
            let table = HostMatrix { values: (0..8 * heads).map(number).collect(), columns: heads };
            let relative = (buckets > 0).then_some(&table);
            let mut found = vec![9.0; length * dim];
            let text = Text { qkv: &qkv, keys, shape: &shape, relative: relative.map(Relative::Bias) };
            Arch::new().dispatch(InTiles(InVectors { attended: &mut found, text }));
            let mut chosen = vec![9.0; length * dim];
            attend_text(&mut chosen, &qkv, keys, &shape, relative.map(Relative::Bias), Precision::F32);
            let mut rounded = vec![9.0; length * dim];
            attend_text(&mut rounded, &qkv, keys, &shape, relative.map(Relative::Bias), Precision::Int8);
            for (query, column) in (0..length).flat_map(|query| (0..dim).map(move |column| (query, column))) {
                let (head, own) = (column / head_dim, column % head_dim);
                let starts = shape.starts(head);
                let part = |token: usize, which: usize, i: usize| f64::from(qkv[token * columns + starts[which] + i]);
                let score = |key: usize| {
                    let product: f64 = (0..head_dim).map(|i| part(query, 0, i) * part(key, 1, i)).sum();
                    let distance = key as isize - query as isize;
                    let added = relative.map_or(0.0, |table| table.row(relative_bucket(distance, 8, 128))[head]);
                    (product / (head_dim as f64).sqrt() + f64::from(added)).exp()
                };
                let seen = shape.seen(query, length);
                let seen = seen.start..seen.end.min(keys);
                let sum: f64 = seen.clone().map(score).sum();
                let expected: f64 = seen.map(|key| score(key) * part(key, 2, own)).sum::<f64>() / sum;
                for (found, error) in [(&found, 1e-5), (&chosen, 1e-5), (&rounded, 0.02)] {
                    prop_assert!((f64::from(found[query * dim + column]) - expected).abs() < error);
                }
            }
        }
    }
}
