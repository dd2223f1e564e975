//! The two products of a tile of items with the queries that share a pass over them.

use ess_linalg::kernels::{Matrix, multiply_add};
use ess_tiles::{BLOCK_COLUMNS, Columns, Matrix as TileMatrix, Parts, Rows, Tiles};

use crate::data::laid_out::LaidOutItems;

/// With fewer queries, laying the items out takes the tile unit as long as it saves.
const MIN_QUERIES: usize = 256;

/// The same where items are laid out already: the queries of a whole block. To read, such items are three times the bytes of `f32`,
/// which more queries make up for.
const MIN_QUERIES_LAID_OUT: usize = 128;

/// Some queries (`rows × d`), compared with one tile of items after another; by the processor's tile unit, if it has one and the
/// sizes are multiples of its own.
pub(super) struct Products<'q> {
    queries: &'q [f32],
    dim: usize,
    scale: f32,
    /// The queries times the scale, in parts.
    split: Option<(Tiles, Rows)>,
    /// All items, laid out.
    laid_out: Option<&'q LaidOutItems>,
}

/// A tile of items, and which of all tiles it is.
#[derive(Clone, Copy)]
pub(super) struct ItemTile<'i> {
    pub(super) at: usize,
    /// The items, `tile × d`.
    pub(super) items: &'i [f32],
}

/// The memory in which a thread splits items and weights into parts, tile after tile.
#[derive(Default)]
pub(super) struct Scratch {
    items: Option<Columns>,
    weights: Option<Rows>,
    dimensions: Option<Columns>,
}

impl<'q> Products<'q> {
    /// Products of these queries, times `scale`, with items that are or are not laid out already. The results are the same to the
    /// bit if there are enough queries for both.
    pub(super) fn new(
        queries: &'q [f32],
        dim: usize,
        scale: f32,
        laid_out: Option<&'q LaidOutItems>,
    ) -> Self {
        let least = if laid_out.is_some() { MIN_QUERIES_LAID_OUT } else { MIN_QUERIES };
        let many = queries.len() >= least * dim;
        let tiles = Tiles::detect().filter(|_| many && dim.is_multiple_of(BLOCK_COLUMNS));
        let split = tiles.map(|tiles| {
            let scaled: Vec<f32> = queries.iter().map(|x| x * scale).collect();
            (tiles, tiles.rows(TileMatrix::dense(&scaled, dim), Parts::Full))
        });
        Self { queries, dim, scale, split, laid_out }
    }

    /// Writes the similarities with a tile of items, `rows × tile`. The same items give the same similarities in every pass.
    pub(super) fn similarities(&self, out: &mut [f32], tile: ItemTile<'_>, scratch: &mut Scratch) {
        let ItemTile { at, items } = tile;
        let tile = items.len() / self.dim;
        match self.in_tiles(tile) {
            Some((tiles, queries)) => {
                let columns = self.laid_out.map(|all| &all.tile(at, items).items).unwrap_or_else(|| {
                    let columns = scratch.items.get_or_insert_with(|| no_columns(tiles));
                    tiles.refill(columns, TileMatrix::dense(items, self.dim));
                    columns
                });
                queries.multiply_into(columns, out, tile);
            }
            None => {
                let queries = Matrix::new(self.queries, self.queries.len() / self.dim, self.dim);
                multiply_add(out, 0.0, queries, Matrix::new(items, tile, self.dim).transposed(), self.scale);
            }
        }
    }

    /// Adds to each query's sum (`rows × d`) the items of a tile, times their weights (`rows × tile`).
    pub(super) fn add_items(
        &self,
        sums: &mut [f32],
        weights: &[f32],
        tile: ItemTile<'_>,
        scratch: &mut Scratch,
    ) {
        let ItemTile { at, items } = tile;
        let tile = items.len() / self.dim;
        match self.in_tiles(tile) {
            Some((tiles, _)) => {
                let columns = self.laid_out.map(|all| &all.tile(at, items).dimensions).unwrap_or_else(|| {
                    let columns = scratch.dimensions.get_or_insert_with(|| no_columns(tiles));
                    tiles.refill_across(columns, TileMatrix::dense(items, self.dim));
                    columns
                });
                let none = || tiles.rows(TileMatrix::new(&[], [0, tile], tile), Parts::Full);
                let rows = scratch.weights.get_or_insert_with(none);
                rows.refill(TileMatrix::dense(weights, tile));
                rows.multiply_add(columns, sums, self.dim);
            }
            None => {
                let weights = Matrix::new(weights, weights.len() / tile, tile);
                multiply_add(sums, 1.0, weights, Matrix::new(items, tile, self.dim), 1.0);
            }
        }
    }

    fn in_tiles(&self, tile: usize) -> Option<(Tiles, &Rows)> {
        let (tiles, queries) = self.split.as_ref()?;
        tile.is_multiple_of(BLOCK_COLUMNS).then_some((*tiles, queries))
    }
}

/// What columns of any shape can be put in the place of.
fn no_columns(tiles: Tiles) -> Columns {
    tiles.columns(TileMatrix::new(&[], [0, 1], 1), Parts::Full)
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;

    use super::*;
    use crate::data::laid_out::TILE;

    fn numbers(range: std::ops::Range<usize>) -> Vec<f32> {
        range.map(|i| (i as f32 * 0.37).sin()).collect()
    }

    #[test]
    fn the_tile_unit_gives_what_other_products_give() {
        let (dim, rows, tile) = (64, MIN_QUERIES + 13, 96);
        let (queries, items) = (numbers(0..rows * dim), numbers(7..7 + tile * dim));
        let products = Products::new(&queries, dim, 3.0, None);
        let plain = Products { split: None, ..Products::new(&queries, dim, 3.0, None) };
        let mut scratch = Scratch::default();
        let of_tile = ItemTile { at: 0, items: &items };
        let [mut found, mut expected] = [1.0, 2.0].map(|old| vec![old; rows * tile]);
        products.similarities(&mut found, of_tile, &mut scratch);
        plain.similarities(&mut expected, of_tile, &mut scratch);
        let exact = |i: usize, j: usize| -> f64 {
            let product = |l: usize| f64::from(queries[i * dim + l]) * f64::from(items[j * dim + l]);
            3.0 * (0..dim).map(product).sum::<f64>()
        };
        for (at, similarities) in found.iter().zip(&expected).enumerate() {
            let exact = exact(at / tile, at % tile);
            for similarity in [similarities.0, similarities.1] {
                assert!((f64::from(*similarity) - exact).abs() < 1e-4, "{similarity}, expected {exact}");
            }
        }
        let [mut sums, mut plain_sums] = [(); 2].map(|()| vec![0.5; rows * dim]);
        products.add_items(&mut sums, &expected, of_tile, &mut scratch);
        plain.add_items(&mut plain_sums, &expected, of_tile, &mut scratch);
        for (sum, plain) in sums.iter().zip(&plain_sums) {
            assert!(
                (sum - plain).abs() < 1e-5 * (1.0 + plain.abs()) * tile as f32,
                "{sum}, expected {plain}"
            );
        }
        // A tile of another size is the other products' in every pass.
        let some = ItemTile { at: 0, items: &items[..37 * dim] };
        let [mut found, mut expected] = [1.0, 2.0].map(|old| vec![old; rows * 37]);
        products.similarities(&mut found, some, &mut scratch);
        plain.similarities(&mut expected, some, &mut scratch);
        assert_eq!(found, expected);
    }

    // Without a tile unit nothing is laid out, and this compares other products with themselves.
    #[test]
    fn items_laid_out_before_give_the_same_bits_as_those_laid_out_for_a_product() {
        let (dim, rows) = (64, MIN_QUERIES_LAID_OUT + 13);
        let queries = numbers(0..rows * dim);
        let items = Embeddings::from_vec(numbers(7..7 + (TILE + 96) * dim), dim).unwrap();
        let laid_out = LaidOutItems::new(&items);
        let kept = Products::new(&queries, dim, 3.0, laid_out.as_ref());
        let anew = Products { laid_out: None, ..Products::new(&queries, dim, 3.0, laid_out.as_ref()) };
        assert_eq!(kept.split.is_some(), Tiles::detect().is_some());
        let mut scratch = Scratch::default();
        for _ in 0..2 {
            for (at, items) in items.as_slice().chunks(TILE * dim).enumerate() {
                let tile = ItemTile { at, items };
                let [of_kept, of_anew] = [&kept, &anew].map(|products| {
                    let mut similarities = vec![1.0; rows * items.len() / dim];
                    products.similarities(&mut similarities, tile, &mut scratch);
                    let mut sums = vec![0.5; rows * dim];
                    products.add_items(&mut sums, &similarities, tile, &mut scratch);
                    (similarities, sums)
                });
                assert_eq!(of_kept, of_anew);
            }
        }
        // Fewer queries ask for nothing to be laid out.
        let few = Products::new(&queries[..(MIN_QUERIES_LAID_OUT - 1) * dim], dim, 3.0, laid_out.as_ref());
        assert!(few.split.is_none());
    }
}
