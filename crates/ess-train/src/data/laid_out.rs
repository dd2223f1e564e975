//! Items in the order of the processor's tile unit.

use std::sync::OnceLock;

use ess_core::Embeddings;
use ess_tiles::{BLOCK_COLUMNS, Columns, Matrix, Parts, Tiles};

/// Items of a tile. With a block of queries it keeps the block's sums and one tile of similarities near the core.
pub(crate) const TILE: usize = 256;

/// The most that items may take in the order of the unit; what is larger is laid out in every step.
const MAX_BYTES: usize = 1 << 30;

/// Items (`m × d`) for products on the tile unit, tile by tile. Each tile is laid out when a step asks for it first, and is there
/// for all later ones.
pub(crate) struct LaidOutItems {
    unit: Tiles,
    dim: usize,
    tiles: Vec<OnceLock<LaidOutTile>>,
}

/// The items of a tile, twice.
pub(crate) struct LaidOutTile {
    /// A column for each item, for its similarities.
    pub(crate) items: Columns,
    /// A column for each dimension, for sums of items.
    pub(crate) dimensions: Columns,
}

impl LaidOutItems {
    /// Room for these items; `None` without a tile unit, where its sizes do not divide the dimension, and where all items would
    /// take more than 1 GiB.
    pub(crate) fn new(items: &Embeddings) -> Option<Self> {
        Self::within(MAX_BYTES, items)
    }

    fn within(bytes: usize, items: &Embeddings) -> Option<Self> {
        // Numbers of bfloat16, two bytes each, in two orders.
        let taken = items.as_slice().len().saturating_mul(2 * 2 * Parts::Full.of_columns());
        let fits = taken <= bytes && items.dim().is_multiple_of(BLOCK_COLUMNS);
        let unit = Tiles::detect().filter(|_| fits)?;
        let tiles = Vec::from_iter((0..items.len().div_ceil(TILE)).map(|_| OnceLock::new()));
        Some(Self { unit, dim: items.dim(), tiles })
    }

    /// The tile at `at`, which has these items.
    pub(crate) fn tile(&self, at: usize, items: &[f32]) -> &LaidOutTile {
        // One thread alone lays a tile out: to wait for others here could be to wait for a job that waits for this tile.
        self.tiles[at].get_or_init(|| {
            let items = Matrix::dense(items, self.dim);
            LaidOutTile {
                items: self.unit.columns(items, Parts::Full),
                dimensions: self.unit.columns_across(items, Parts::Full),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize, d: usize) -> Embeddings {
        Embeddings::from_vec((0..n * d).map(|i| (i as f32 * 0.37).sin()).collect(), d).unwrap()
    }

    // Without a tile unit nothing is laid out, and the rest passes without a look.
    #[test]
    fn items_are_laid_out_in_both_orders_where_there_is_room() {
        let (n, d) = (TILE + 96, 64);
        let items = wave(n, d);
        assert!(LaidOutItems::within(n * d * 12 - 1, &items).is_none(), "a byte too few");
        assert!(LaidOutItems::new(&wave(64, 40)).is_none(), "40 is no multiple of 32");
        let unit = Tiles::detect();
        let laid_out = LaidOutItems::within(n * d * 12, &items);
        assert_eq!(
            (laid_out.is_some(), LaidOutItems::new(&items).is_some()),
            (unit.is_some(), unit.is_some())
        );
        let Some(laid_out) = laid_out else { return };
        assert_eq!(laid_out.tiles.len(), 2);
        for (at, values) in items.as_slice().chunks(TILE * d).enumerate() {
            let rows = values.len() / d;
            let across = Vec::from_iter((0..values.len()).map(|at| values[at % rows * d + at / rows]));
            // What was laid out is there, whatever is handed in later.
            for handed in [values, &vec![7.0; values.len()]] {
                let tile = laid_out.tile(at, handed);
                assert_eq!(
                    (tile.items.to_rows(), tile.dimensions.to_rows()),
                    (values.to_vec(), across.clone())
                );
            }
        }
    }
}
