//! CP: an entity has one vector as a head and another as a tail.

use std::ops::Range;

use super::by_row::RowModel;

/// ⟨h₁ ∘ r, t₂⟩ (Hitchcock, 1927; with reverses of relations CP_h of Lacroix et al., ICML 2018). The first half of an encoding is
/// the entity as a head, the second as a tail.
pub(super) struct Cp {
    /// Components of each of the two vectors, `d / 2`.
    pub(super) half: usize,
}

impl RowModel for Cp {
    fn entity_dim(&self) -> usize {
        2 * self.half
    }

    fn relation_dim(&self) -> usize {
        self.half
    }

    fn head_components(&self) -> Range<usize> {
        0..self.half
    }

    fn tail_components(&self) -> Range<usize> {
        self.half..2 * self.half
    }

    fn map_row(&self, relation: &[f32], head: &[f32], query: &mut [f32]) {
        for (i, r) in relation.iter().enumerate() {
            query[self.half + i] = head[i] * r;
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
        for (i, r) in relation.iter().enumerate() {
            let g = gradient[self.half + i];
            of_head[i] += g * r;
            of_relation[i] += g * head[i];
        }
    }
}
