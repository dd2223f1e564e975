//! RotatE: a relation rotates each complex number.

use std::borrow::Cow;

use super::by_row::RowModel;
use crate::rows::Rows;

/// −‖h ∘ e^{iθ} − t‖², as an inner product (Sun et al., ICLR 2019, who take the sum of the moduli instead of their squares).
///
/// −‖q − t‖² = 2⟨q, t⟩ − ‖t‖² − ‖q‖², whose last term is the same for all tails, since a rotation keeps lengths. So items are
/// `[t, ‖t‖²]` and queries `[2q, −1]`, which any index of inner products takes.
pub(super) struct Rotate {
    /// Complex numbers in an encoding, `d / 2`.
    pub(super) half: usize,
}

impl RowModel for Rotate {
    fn entity_dim(&self) -> usize {
        2 * self.half
    }

    fn relation_dim(&self) -> usize {
        self.half
    }

    fn item_dim(&self) -> usize {
        2 * self.half + 1
    }

    fn is_complex(&self) -> bool {
        true
    }

    fn penalises_relations(&self) -> bool {
        false
    }

    fn start_scale(&self) -> f32 {
        std::f32::consts::FRAC_PI_2
    }

    fn map_row(&self, relation: &[f32], head: &[f32], query: &mut [f32]) {
        let n = self.half;
        for (i, angle) in relation.iter().enumerate() {
            let (sine, cosine) = angle.sin_cos();
            let (a, b) = (head[i], head[n + i]);
            query[i] = 2.0 * (a * cosine - b * sine);
            query[n + i] = 2.0 * (a * sine + b * cosine);
        }
        query[2 * n] = -1.0;
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
        for (i, angle) in relation.iter().enumerate() {
            let (sine, cosine) = angle.sin_cos();
            let (a, b) = (head[i], head[n + i]);
            let (g, j) = (2.0 * gradient[i], 2.0 * gradient[n + i]);
            of_head[i] += g * cosine + j * sine;
            of_head[n + i] += j * cosine - g * sine;
            of_relation[i] += j * (a * cosine - b * sine) - g * (a * sine + b * cosine);
        }
    }

    fn items<'a>(&self, entities: &'a Rows) -> Cow<'a, Rows> {
        let mut items = Rows::zeros(entities.len(), self.item_dim());
        for row in 0..entities.len() {
            let (entity, item) = (entities.row(row), items.row_mut(row));
            item[..entity.len()].copy_from_slice(entity);
            item[entity.len()] = entity.iter().map(|x| x * x).sum();
        }
        Cow::Owned(items)
    }

    fn item_gradient(&self, entity: &[f32], gradient: &[f32], out: &mut [f32]) {
        let of_square = 2.0 * gradient[entity.len()];
        for ((out, gradient), x) in out.iter_mut().zip(gradient).zip(entity) {
            *out += gradient + of_square * x;
        }
    }
}
