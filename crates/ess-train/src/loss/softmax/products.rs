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
    split: Option<Split>,
}

/// Both sides of both products, split into parts in memory that every tile of items uses again.
struct Split {
    tiles: Tiles,
    /// Times the scale.
    queries: Rows,
    items: Columns,
    weights: Rows,
    items_across: Columns,
}

impl Split {
    fn new(tiles: Tiles, queries: &[f32], dim: usize, scale: f32) -> Self {
        let scaled: Vec<f32> = queries.iter().map(|x| x * scale).collect();
        let none = TileMatrix::new(&[], [0, dim], dim);
        Self {
            tiles,
            queries: tiles.rows(TileMatrix::dense(&scaled, dim), Parts::Full),
            items: tiles.columns(none, Parts::Full),
            weights: tiles.rows(none, Parts::Full),
            items_across: tiles.columns(none, Parts::Full),
        }
    }
}

impl<'q> Products<'q> {
    /// Products of these queries, times `scale`.
    pub(super) fn new(queries: &'q [f32], dim: usize, scale: f32) -> Self {
        let many = queries.len() >= MIN_QUERIES * dim;
        let tiles = Tiles::detect().filter(|_| many && dim.is_multiple_of(BLOCK_COLUMNS));
        let split = tiles.map(|tiles| Split::new(tiles, queries, dim, scale));
        Self { queries, dim, scale, split }
    }

    /// Writes the similarities with a tile of items, `rows × tile`. The same items give the same similarities in every pass.
    pub(super) fn similarities(&mut self, out: &mut [f32], items: &[f32]) {
        let tile = items.len() / self.dim;
        match self.split.as_mut().filter(|_| tile.is_multiple_of(BLOCK_COLUMNS)) {
            Some(Split { tiles, queries, items: columns, .. }) => {
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
    pub(super) fn add_items(&mut self, sums: &mut [f32], weights: &[f32], items: &[f32]) {
        let tile = items.len() / self.dim;
        match self.split.as_mut().filter(|_| tile.is_multiple_of(BLOCK_COLUMNS)) {
            Some(Split { tiles, weights: rows, items_across, .. }) => {
                tiles.refill_across(items_across, TileMatrix::dense(items, self.dim));
                rows.refill(TileMatrix::dense(weights, tile));
                rows.multiply_add(items_across, sums, self.dim);
            }
            None => {
                let weights = Matrix::new(weights, weights.len() / tile, tile);
                multiply_add(sums, 1.0, weights, Matrix::new(items, tile, self.dim), 1.0);
            }
        }
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
        let mut products = Products::new(&queries, dim, 3.0);
        let mut plain = Products { split: None, ..Products::new(&queries, dim, 3.0) };
        let [mut found, mut expected] = [1.0, 2.0].map(|old| vec![old; rows * tile]);
        products.similarities(&mut found, &items);
        plain.similarities(&mut expected, &items);
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
        products.add_items(&mut sums, &expected, &items);
        plain.add_items(&mut plain_sums, &expected, &items);
        for (sum, plain) in sums.iter().zip(&plain_sums) {
            assert!(
                (sum - plain).abs() < 1e-5 * (1.0 + plain.abs()) * tile as f32,
                "{sum}, expected {plain}"
            );
        }
        // A tile of another size is the other products' in every pass.
        let some = &items[..37 * dim];
        let [mut found, mut expected] = [1.0, 2.0].map(|old| vec![old; rows * 37]);
        products.similarities(&mut found, some);
        plain.similarities(&mut expected, some);
        assert_eq!(found, expected);
    }
}
