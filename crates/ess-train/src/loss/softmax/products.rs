//! The two products of a tile of items with the queries that share a pass over them.

use ess_linalg::kernels::{Matrix, multiply_add};
use ess_tiles::{BLOCK_COLUMNS, Columns, Matrix as TileMatrix, Parts, Rows, Tiles};

/// With fewer queries, laying the items out takes the tile unit as long as it saves.
const MIN_QUERIES: usize = 256;

/// Some queries (`rows × d`), compared with one tile of items after another; by the processor's tile unit, if it has one and the
/// sizes are multiples of its own.
pub(super) struct Products<'q> {
    queries: &'q [f32],
    dim: usize,
    scale: f32,
    /// The queries times the scale, in parts.
    split: Option<(Tiles, Rows)>,
}

/// The memory in which a thread splits items and weights into parts, tile after tile.
#[derive(Default)]
pub(super) struct Scratch {
    items: Option<Columns>,
    weights: Option<Rows>,
    items_across: Option<Columns>,
}

impl<'q> Products<'q> {
    /// Products of these queries, times `scale`.
    pub(super) fn new(queries: &'q [f32], dim: usize, scale: f32) -> Self {
        let many = queries.len() >= MIN_QUERIES * dim;
        let tiles = Tiles::detect().filter(|_| many && dim.is_multiple_of(BLOCK_COLUMNS));
        let split = tiles.map(|tiles| {
            let scaled: Vec<f32> = queries.iter().map(|x| x * scale).collect();
            (tiles, tiles.rows(TileMatrix::dense(&scaled, dim), Parts::Full))
        });
        Self { queries, dim, scale, split }
    }

    /// Writes the similarities with a tile of items, `rows × tile`. The same items give the same similarities in every pass.
    pub(super) fn similarities(&self, out: &mut [f32], items: &[f32], scratch: &mut Scratch) {
        let tile = items.len() / self.dim;
        match self.in_tiles(tile) {
            Some((tiles, queries)) => {
                let empty = || tiles.columns(TileMatrix::new(&[], [0, self.dim], self.dim), Parts::Full);
                let columns = scratch.items.get_or_insert_with(empty);
                tiles.refill(columns, TileMatrix::dense(items, self.dim));
                queries.multiply_into(columns, out, tile);
            }
            None => {
                let queries = Matrix::new(self.queries, self.queries.len() / self.dim, self.dim);
                multiply_add(out, 0.0, queries, Matrix::new(items, tile, self.dim).transposed(), self.scale);
            }
        }
    }

    /// Adds to each query's sum (`rows × d`) the items of a tile, times their weights (`rows × tile`).
    pub(super) fn add_items(&self, sums: &mut [f32], weights: &[f32], items: &[f32], scratch: &mut Scratch) {
        let tile = items.len() / self.dim;
        match self.in_tiles(tile) {
            Some((tiles, _)) => {
                let none = TileMatrix::new(&[], [0, tile], tile);
                let columns = scratch.items_across.get_or_insert_with(|| tiles.columns(none, Parts::Full));
                tiles.refill_across(columns, TileMatrix::dense(items, self.dim));
                let rows = scratch.weights.get_or_insert_with(|| tiles.rows(none, Parts::Full));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tile_unit_gives_what_other_products_give() {
        let number = |i: usize| (i as f32 * 0.37).sin();
        let (dim, rows, tile) = (64, MIN_QUERIES + 13, 96);
        let queries = Vec::from_iter((0..rows * dim).map(number));
        let items = Vec::from_iter((7..7 + tile * dim).map(number));
        let products = Products::new(&queries, dim, 3.0);
        let plain = Products { split: None, ..Products::new(&queries, dim, 3.0) };
        let mut scratch = Scratch::default();
        let [mut found, mut expected] = [1.0, 2.0].map(|old| vec![old; rows * tile]);
        products.similarities(&mut found, &items, &mut scratch);
        plain.similarities(&mut expected, &items, &mut scratch);
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
        products.add_items(&mut sums, &expected, &items, &mut scratch);
        plain.add_items(&mut plain_sums, &expected, &items, &mut scratch);
        for (sum, plain) in sums.iter().zip(&plain_sums) {
            assert!(
                (sum - plain).abs() < 1e-5 * (1.0 + plain.abs()) * tile as f32,
                "{sum}, expected {plain}"
            );
        }
        // A tile of another size is the other products' in every pass.
        let some = &items[..37 * dim];
        let [mut found, mut expected] = [1.0, 2.0].map(|old| vec![old; rows * 37]);
        products.similarities(&mut found, some, &mut scratch);
        plain.similarities(&mut expected, some, &mut scratch);
        assert_eq!(found, expected);
    }
}
