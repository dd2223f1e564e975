//! The three products of a block of queries with tiles of entities.

use ess_linalg::kernels::{Matrix, multiply_add_strided};
use ess_tiles::{BLOCK_COLUMNS, Columns, Matrix as TileMatrix, Parts, Rows, Tiles};

use super::precision::Precision;

/// A block of queries, `rows × d`.
pub(super) struct Products<'q> {
    queries: &'q [f32],
    dim: usize,
    /// The queries and the same transposed, for the tile unit.
    rounded: Option<(Tiles, [Rows; 2])>,
}

/// The memory in which a thread lays out what the tile unit multiplies, tile after tile.
#[derive(Default)]
pub(super) struct Scratch {
    items: Option<Columns>,
    items_across: Option<Columns>,
    shares: Option<Rows>,
    shares_across: Option<Columns>,
    transposed: Vec<f32>,
}

impl<'q> Products<'q> {
    pub(super) fn new(queries: &'q [f32], dim: usize, precision: Precision) -> Self {
        let tiles = Tiles::detect().filter(|_| precision == Precision::Bf16 && !queries.is_empty());
        let rounded = tiles.map(|tiles| {
            let rows = queries.len() / dim;
            let transposed: Vec<f32> =
                (0..dim).flat_map(|i| queries[i..].iter().step_by(dim).copied()).collect();
            let split = |values, columns| tiles.rows(TileMatrix::dense(values, columns), Parts::Single);
            (tiles, [split(queries, dim), split(&transposed, rows)])
        });
        Self { queries, dim, rounded }
    }

    fn rows(&self) -> usize {
        self.queries.len() / self.dim
    }

    /// Writes the inner products with the entities of a tile (`tile × d`), `rows × tile`.
    pub(super) fn logits(&self, out: &mut [f32], items: &[f32], scratch: &mut Scratch) {
        let tile = items.len() / self.dim;
        match self.in_tiles(tile) {
            Some((tiles, [queries, _])) => {
                let columns = scratch.items.get_or_insert_with(|| none(tiles));
                tiles.refill(columns, TileMatrix::dense(items, self.dim));
                queries.multiply_into(columns, out, tile);
            }
            None => {
                let items = Matrix::new(items, tile, self.dim).transposed();
                multiply_add_strided(out, tile, 0.0, self.plain(), items, 1.0);
            }
        }
    }

    /// Adds to each entity of a tile (`tile × d`) the queries, times their shares (`rows × tile`).
    pub(super) fn add_queries(&self, of_items: &mut [f32], shares: &[f32], scratch: &mut Scratch) {
        let tile = of_items.len() / self.dim;
        match self.in_tiles(tile) {
            Some((tiles, [_, queries])) => {
                let columns = scratch.shares_across.get_or_insert_with(|| none(tiles));
                tiles.refill_across(columns, TileMatrix::dense(shares, tile));
                scratch.transposed.resize(self.dim * tile, 0.0);
                queries.multiply_into(columns, &mut scratch.transposed, tile);
                add_transposed(of_items, &scratch.transposed, self.dim);
            }
            None => {
                let shares = Matrix::new(shares, self.rows(), tile).transposed();
                multiply_add_strided(of_items, self.dim, 1.0, shares, self.plain(), 1.0);
            }
        }
    }

    /// For each query the entities of a tile, times their shares: rows of `d` numbers, and how far apart they begin.
    pub(super) fn of_queries(
        &self,
        shares: &[f32],
        items: &[f32],
        scratch: &mut Scratch,
    ) -> (Vec<f32>, usize) {
        let (tile, rows) = (items.len() / self.dim, self.rows());
        match self.in_tiles(tile) {
            Some((tiles, _)) => {
                let columns = scratch.items_across.get_or_insert_with(|| none(tiles));
                tiles.refill_across(columns, TileMatrix::dense(items, self.dim));
                let shares = TileMatrix::dense(shares, tile);
                let split = match &mut scratch.shares {
                    Some(split) => {
                        split.refill(shares);
                        split
                    }
                    unknown => unknown.insert(tiles.rows(shares, Parts::Single)),
                };
                let stride = self.dim.next_multiple_of(BLOCK_COLUMNS);
                let mut out = vec![0.0; rows * stride];
                split.multiply_into(columns, &mut out, stride);
                (out, stride)
            }
            None => {
                let mut out = vec![0.0; rows * self.dim];
                let shares = Matrix::new(shares, rows, tile);
                multiply_add_strided(
                    &mut out,
                    self.dim,
                    0.0,
                    shares,
                    Matrix::new(items, tile, self.dim),
                    1.0,
                );
                (out, self.dim)
            }
        }
    }

    fn plain(&self) -> Matrix<'q> {
        Matrix::new(self.queries, self.rows(), self.dim)
    }

    /// The tile unit, where logits of a tile fill its blocks.
    fn in_tiles(&self, tile: usize) -> Option<(Tiles, &[Rows; 2])> {
        let (tiles, queries) = self.rounded.as_ref()?;
        tile.is_multiple_of(BLOCK_COLUMNS).then_some((*tiles, queries))
    }
}

/// Columns that others take the place of.
fn none(tiles: Tiles) -> Columns {
    tiles.columns(TileMatrix::new(&[], [0, 1], 1), Parts::Single)
}

/// `sums` (`n × d`) plus the transpose of `added` (`d × n`), in squares that stay near the core.
fn add_transposed(sums: &mut [f32], added: &[f32], dim: usize) {
    const SIDE: usize = 16;
    let count = sums.len() / dim;
    for (lot, sums) in sums.chunks_mut(SIDE * dim).enumerate() {
        for from in (0..dim).step_by(SIDE) {
            let to = dim.min(from + SIDE);
            for (at, sums) in sums.chunks_exact_mut(dim).enumerate() {
                let column = lot * SIDE + at;
                for (i, sum) in (from..to).zip(&mut sums[from..to]) {
                    *sum += added[i * count + column];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(i: usize) -> f32 {
        (i as f32 * 0.37).sin()
    }

    fn near(found: &[f32], expected: &[f32], allowed: f32) {
        assert_eq!(found.len(), expected.len());
        for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!((found - expected).abs() < allowed, "{at}: {found}, expected {expected}");
        }
    }

    /// Where there is no tile unit, both are the same products. Sizes that are no multiples of the unit's are among them.
    #[test]
    fn bfloat16_gives_what_f32_gives_to_some_digits() {
        for (dim, rows, tile) in [(20, 37, 64), (64, 70, 96), (5, 1, 32), (20, 37, 50)] {
            let queries = Vec::from_iter((0..rows * dim).map(number));
            let items = Vec::from_iter((7..7 + tile * dim).map(number));
            let shares = Vec::from_iter((3..3 + rows * tile).map(number));
            let [(logits, of_items, of_queries), expected] =
                [Precision::Bf16, Precision::F32].map(|precision| {
                    let (products, mut scratch) =
                        (Products::new(&queries, dim, precision), Scratch::default());
                    let (mut logits, mut of_items) = (vec![9.0; rows * tile], vec![0.5; tile * dim]);
                    // What is left of another tile is not seen.
                    products.logits(&mut logits, &shares[..32.min(shares.len() / dim) * dim], &mut scratch);
                    let _ = products.of_queries(&vec![1.0; rows * 32], &vec![2.0; 32 * dim], &mut scratch);
                    products.add_queries(&mut vec![0.0; 32 * dim], &vec![3.0; rows * 32], &mut scratch);
                    logits.fill(9.0);
                    products.logits(&mut logits, &items, &mut scratch);
                    products.add_queries(&mut of_items, &shares, &mut scratch);
                    let (of_queries, stride) = products.of_queries(&shares, &items, &mut scratch);
                    let of_queries = of_queries.chunks(stride).flat_map(|row| row[..dim].to_vec()).collect();
                    (logits, of_items, Vec::from_iter::<Vec<f32>>(of_queries))
                });
            // Each product is rounded twice, by at most 2⁻⁸ of it.
            let allowed = |terms: usize| terms as f32 / 128.0;
            near(&logits, &expected.0, allowed(dim));
            near(&of_items, &expected.1, allowed(rows));
            near(&of_queries, &expected.2, allowed(tile));
        }
    }

    #[test]
    fn what_is_added_is_transposed() {
        let (count, dim) = (35, 18);
        let mut sums = vec![1.0; count * dim];
        let added = Vec::from_iter((0..count * dim).map(number));
        add_transposed(&mut sums, &added, dim);
        for (at, sum) in sums.iter().enumerate() {
            assert_eq!(*sum, 1.0 + added[at % dim * count + at / dim]);
        }
    }
}
