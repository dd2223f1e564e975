//! DistMult: a relation is a diagonal.

use super::by_row::RowModel;

/// ⟨h ∘ r, t⟩ (Yang et al., ICLR 2015).
pub(super) struct DistMult {
    pub(super) dim: usize,
}

impl RowModel for DistMult {
    fn entity_dim(&self) -> usize {
        self.dim
    }

    fn relation_dim(&self) -> usize {
        self.dim
    }

    fn map_row(&self, relation: &[f32], head: &[f32], query: &mut [f32]) {
        for ((query, h), r) in query.iter_mut().zip(head).zip(relation) {
            *query = h * r;
        }
    }

    fn row_gradient(
        &self,
        relation: &[f32],
        head: &[f32],
        gradient: &[f32],
        of_head: &mut [f32],
        of_relation: &mut [f32],
    ) {
        for (i, g) in gradient.iter().enumerate() {
            of_head[i] += g * relation[i];
            of_relation[i] += g * head[i];
        }
    }
}
