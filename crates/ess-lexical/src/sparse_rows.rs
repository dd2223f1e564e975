//! Rows of sparse vectors while they are made.

/// Consecutive rows, each with its components ascending and none twice.
#[derive(Debug, Default)]
pub(super) struct SparseRows {
    /// Where each row ends in the two lists.
    pub(super) ends: Vec<usize>,
    pub(super) components: Vec<u32>,
    pub(super) values: Vec<f32>,
}

impl SparseRows {
    pub(super) fn with_capacity(rows: usize, values: usize) -> Self {
        let (components, values) = (Vec::with_capacity(values), Vec::with_capacity(values));
        Self { ends: Vec::with_capacity(rows), components, values }
    }

    /// Adds a row, whose components ascend.
    pub(super) fn push(&mut self, row: impl Iterator<Item = (u32, f32)>) {
        for (component, value) in row {
            self.components.push(component);
            self.values.push(value);
        }
        self.ends.push(self.components.len());
    }
}
