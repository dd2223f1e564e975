//! Models that map one head at a time.

use std::{borrow::Cow, ops::Range};

use rand_chacha::ChaCha8Rng;

use super::definition::{Batch, Gradients, Point, RelationModel};
use crate::{random::normal, rows::Rows};

/// A relation model whose rows do not look at each other and whose relations share nothing: the simplest to write.
///
/// ```
/// use ess_relations::RowModel;
///
/// /// TransE with the inner product: a relation is a step.
/// struct Step(usize);
///
/// impl RowModel for Step {
///     fn entity_dim(&self) -> usize {
///         self.0
///     }
///
///     fn relation_dim(&self) -> usize {
///         self.0
///     }
///
///     fn map_row(&self, relation: &[f32], head: &[f32], query: &mut [f32]) {
///         (0..self.0).for_each(|i| query[i] = head[i] + relation[i]);
///     }
///
///     fn row_gradient(
///         &self, _relation: &[f32], _head: &[f32], gradient: &[f32], of_head: &mut [f32], of_relation: &mut [f32],
///     ) {
///         (0..self.0).for_each(|i| {
///             of_head[i] += gradient[i];
///             of_relation[i] += gradient[i];
///         });
///     }
/// }
/// ```
pub trait RowModel: Send + Sync {
    /// The components of an entity's encoding, `d`.
    fn entity_dim(&self) -> usize;

    /// The parameters of each relation.
    fn relation_dim(&self) -> usize;

    /// The components of a query and of an item: those of an entity by default.
    fn item_dim(&self) -> usize {
        self.entity_dim()
    }

    /// Whether components `i` and `i + d / 2` are a complex number.
    fn is_complex(&self) -> bool {
        false
    }

    /// As [`RelationModel::penalises_relations`].
    fn penalises_relations(&self) -> bool {
        true
    }

    /// As [`RelationModel::head_components`].
    fn head_components(&self) -> Range<usize> {
        0..self.entity_dim()
    }

    /// As [`RelationModel::tail_components`].
    fn tail_components(&self) -> Range<usize> {
        0..self.entity_dim()
    }

    /// The standard deviation of a relation's starting values; 0.5 by default.
    fn start_scale(&self) -> f32 {
        0.5
    }

    /// The query of a head; it comes in as zeros.
    fn map_row(&self, relation: &[f32], head: &[f32], query: &mut [f32]);

    /// Adds the gradients with respect to the head and to the relation of `⟨gradient, query⟩`.
    fn row_gradient(
        &self,
        relation: &[f32],
        head: &[f32],
        gradient: &[f32],
        of_head: &mut [f32],
        of_relation: &mut [f32],
    );

    /// As [`RelationModel::items`].
    fn items<'a>(&self, entities: &'a Rows) -> Cow<'a, Rows> {
        Cow::Borrowed(entities)
    }

    /// As [`RelationModel::item_gradient`].
    fn item_gradient(&self, entity: &[f32], gradient: &[f32], out: &mut [f32]) {
        let _ = entity;
        out.iter_mut().zip(gradient).for_each(|(out, gradient)| *out += gradient);
    }
}

/// A [`RowModel`] as a [`RelationModel`].
#[derive(Clone, Copy, Debug)]
pub struct ByRow<M>(pub M);

impl<M: RowModel> RelationModel for ByRow<M> {
    fn entity_dim(&self) -> usize {
        self.0.entity_dim()
    }

    fn relation_dim(&self) -> usize {
        self.0.relation_dim()
    }

    fn item_dim(&self) -> usize {
        self.0.item_dim()
    }

    fn is_complex(&self) -> bool {
        self.0.is_complex()
    }

    fn penalises_relations(&self) -> bool {
        self.0.penalises_relations()
    }

    fn head_components(&self) -> Range<usize> {
        self.0.head_components()
    }

    fn tail_components(&self) -> Range<usize> {
        self.0.tail_components()
    }

    fn start(&self, relations: &mut Rows, _shared: &mut [f32], random: &mut ChaCha8Rng) {
        normal(relations.as_mut_slice(), self.0.start_scale(), random);
    }

    fn map(&self, at: &Point<'_>, batch: &Batch<'_>, queries: &mut [f32]) {
        let dim = self.item_dim();
        for group in batch.groups() {
            let relation = at.relations.row(group.relation);
            let queries = &mut queries[group.rows.start * dim..group.rows.end * dim];
            for (row, query) in group.rows.clone().zip(queries.chunks_exact_mut(dim)) {
                self.0.map_row(relation, batch.head(row), query);
            }
        }
    }

    fn map_gradient(
        &self,
        at: &Point<'_>,
        batch: &Batch<'_>,
        gradient: &[f32],
        out: &mut Gradients<'_>,
    ) -> f64 {
        let (dim, item_dim) = (self.entity_dim(), self.item_dim());
        let of_relations = out.relations.chunks_exact_mut(self.relation_dim());
        for (group, of_relation) in batch.groups().iter().zip(of_relations) {
            let relation = at.relations.row(group.relation);
            for row in group.rows.clone() {
                let gradient = &gradient[row * item_dim..][..item_dim];
                let of_head = &mut out.heads[row * dim..][..dim];
                self.0.row_gradient(relation, batch.head(row), gradient, of_head, of_relation);
            }
        }
        0.0
    }

    fn items<'a>(&self, entities: &'a Rows) -> Cow<'a, Rows> {
        self.0.items(entities)
    }

    fn item_gradient(&self, entity: &[f32], gradient: &[f32], out: &mut [f32]) {
        self.0.item_gradient(entity, gradient, out);
    }
}
