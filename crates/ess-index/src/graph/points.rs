//! The vectors that walks compare: int8 codes, or the items' components.

use crate::cpu::InstructionSet;
use crate::kernels::codes::{ByteQuery, Codes};
use crate::kernels::dot::dot;
use crate::rows::Rows;

/// Items quantised to int8, or as they are where int8 codes could not tell neighbours apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points<'a> {
    rows: &'a Rows,
    codes: &'a Codes,
    exactly: bool,
    instructions: InstructionSet,
}

/// A vector to compare points with.
#[derive(Debug, Default)]
pub(super) struct PointQuery {
    bytes: ByteQuery,
    vector: Vec<f32>,
    sums: Vec<i32>,
}

impl<'a> Points<'a> {
    /// The items' own components if `exactly`, else their int8 codes.
    pub(super) fn new(rows: &'a Rows, codes: &'a Codes, exactly: bool) -> Self {
        Self { rows, codes, exactly, instructions: InstructionSet::detect() }
    }

    /// Whether the items' own components are compared.
    pub(super) fn exactly(&self) -> bool {
        self.exactly
    }

    /// The number of items.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What products with a row are multiplied with.
    pub(super) fn scale(&self, row: usize) -> f32 {
        if self.exactly { 1.0 } else { self.codes.scale(row) }
    }

    /// The norm of a row, without its scale.
    pub(super) fn norm(&self, row: usize) -> f32 {
        if self.exactly {
            let squares = self.rows.row(row).iter().map(|&x| f64::from(x).powi(2));
            return squares.sum::<f64>().sqrt() as f32;
        }
        self.codes.norm(row)
    }

    /// Makes any vector the one to compare with.
    pub(super) fn vector_as_query(&self, vector: &[f32], query: &mut PointQuery) {
        if self.exactly {
            query.vector.clear();
            query.vector.extend_from_slice(vector);
        } else {
            query.bytes = ByteQuery::new(vector, self.codes.stride());
        }
    }

    /// Appends the inner products of a vector with the rows named, but for a factor that is the vector's own.
    pub(super) fn similarities(&self, query: &mut PointQuery, rows: &[u32], similarities: &mut Vec<f32>) {
        if self.exactly {
            let row = |&row: &u32| dot(self.instructions, &query.vector, self.rows.row(row as usize));
            similarities.extend(rows.iter().map(row));
        } else {
            self.codes.products(&query.bytes, rows, &mut query.sums);
            let scaled = |(&row, &sum): (&u32, &i32)| self.codes.scale(row as usize) * sum as f32;
            similarities.extend(rows.iter().zip(&query.sums).map(scaled));
        }
    }

    /// Makes a row the vector to compare with.
    pub(super) fn row_as_query(&self, row: usize, query: &mut PointQuery) {
        if self.exactly {
            query.vector.clear();
            query.vector.extend_from_slice(self.rows.row(row));
        } else {
            self.codes.row_as_query(row, &mut query.bytes);
        }
    }

    /// The inner products with the rows named, without scales.
    pub(super) fn products(&self, query: &mut PointQuery, rows: &[u32], products: &mut Vec<f32>) {
        products.clear();
        if self.exactly {
            let row = |&row: &u32| dot(self.instructions, &query.vector, self.rows.row(row as usize));
            products.extend(rows.iter().map(row));
        } else {
            self.codes.products(&query.bytes, rows, &mut query.sums);
            products.extend(query.sums.iter().map(|&sum| sum as f32));
        }
    }
}
