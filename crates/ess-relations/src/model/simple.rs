//! SimplE: CP in both directions at once.

use super::by_row::RowModel;

/// ½ (⟨h₁ ∘ r₁, t₂⟩ + ⟨h₂ ∘ r₂, t₁⟩) (Kazemi and Poole, NeurIPS 2018). Halves as for CP, of entities and of relations.
pub(super) struct Simple {
    /// Components of each of the two vectors, `d / 2`.
    pub(super) half: usize,
}

impl RowModel for Simple {
    fn entity_dim(&self) -> usize {
        2 * self.half
    }

    fn relation_dim(&self) -> usize {
        2 * self.half
    }

    fn map_row(&self, relation: &[f32], head: &[f32], query: &mut [f32]) {
        let n = self.half;
        for i in 0..n {
            query[n + i] = 0.5 * head[i] * relation[i];
            query[i] = 0.5 * head[n + i] * relation[n + i];
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
        let n = self.half;
        for i in 0..n {
            let (g, j) = (0.5 * gradient[n + i], 0.5 * gradient[i]);
            of_head[i] += g * relation[i];
            of_relation[i] += g * head[i];
            of_head[n + i] += j * relation[n + i];
            of_relation[n + i] += j * head[n + i];
        }
    }
}
