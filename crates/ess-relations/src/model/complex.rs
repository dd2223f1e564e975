//! ComplEx: a relation is a diagonal of complex numbers.

use super::by_row::RowModel;

/// Re ⟨h ∘ r, t̄⟩ (Trouillon et al., ICML 2016). The first half of an encoding are real parts, the second imaginary ones.
pub(super) struct Complex {
    /// Complex numbers in an encoding, `d / 2`.
    pub(super) half: usize,
}

impl RowModel for Complex {
    fn entity_dim(&self) -> usize {
        2 * self.half
    }

    fn relation_dim(&self) -> usize {
        2 * self.half
    }

    fn is_complex(&self) -> bool {
        true
    }

    fn map_row(&self, relation: &[f32], head: &[f32], query: &mut [f32]) {
        let n = self.half;
        let (real, imaginary) = query.split_at_mut(n);
        for i in 0..n {
            let (a, b, c, d) = (head[i], head[n + i], relation[i], relation[n + i]);
            real[i] = a * c - b * d;
            imaginary[i] = a * d + b * c;
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
            let (a, b, c, d) = (head[i], head[n + i], relation[i], relation[n + i]);
            let (g, j) = (gradient[i], gradient[n + i]);
            of_head[i] += g * c + j * d;
            of_head[n + i] += j * c - g * d;
            of_relation[i] += g * a + j * b;
            of_relation[n + i] += j * a - g * b;
        }
    }
}
