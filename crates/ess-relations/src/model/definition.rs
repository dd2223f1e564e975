//! What a relation model is.

use std::{borrow::Cow, ops::Range};

use rand_chacha::ChaCha8Rng;

use crate::{error::Error, rows::Rows};

/// f_r of score(h, r, t) = ⟨f_r(enc(h)), enc(t)⟩ for all relations of a graph: how encodings of heads become queries, and the
/// gradient of that.
///
/// A model whose rows do not look at each other is simpler to write as a [`RowModel`](crate::RowModel).
/// [`register_relation_model`](crate::register_relation_model) makes a model known by name.
pub trait RelationModel: Send + Sync {
    /// The components of an entity's encoding, `d`.
    fn entity_dim(&self) -> usize;

    /// The parameters of each relation.
    fn relation_dim(&self) -> usize;

    /// The parameters that all relations share, such as a core tensor; none by default.
    fn shared_len(&self) -> usize {
        0
    }

    /// The components of a query and of an item, `d_item`: those of an entity, unless [`RelationModel::items`] adds some.
    fn item_dim(&self) -> usize {
        self.entity_dim()
    }

    /// Whether components `i` and `i + d / 2` are a complex number, whose modulus N3 regularisation takes.
    fn is_complex(&self) -> bool {
        false
    }

    /// Whether N3 and L2 take the parameters of a relation: yes by default, no where they are no sizes, such as RotatE's angles.
    fn penalises_relations(&self) -> bool {
        true
    }

    /// The components of an entity that a head's query depends on, all by default: what N3 and L2 take of a head.
    fn head_components(&self) -> Range<usize> {
        0..self.entity_dim()
    }

    /// The components of an entity that count when it is a tail, all by default: what N3 and L2 take of a tail.
    fn tail_components(&self) -> Range<usize> {
        0..self.entity_dim()
    }

    /// Starting values for the relations (`n × relation_dim`) and for what they share.
    fn start(&self, relations: &mut Rows, shared: &mut [f32], random: &mut ChaCha8Rng);

    /// The queries of a batch, `n × item_dim`; they come in as zeros.
    fn map(&self, at: &Point<'_>, batch: &Batch<'_>, queries: &mut [f32]);

    /// Adds the gradient of `Σ ⟨gradient, queries⟩` (`gradient`: `n × item_dim`), and that of a penalty on the relations if the model
    /// has one. Returns the penalty, which does not grow with the batch.
    fn map_gradient(
        &self,
        at: &Point<'_>,
        batch: &Batch<'_>,
        gradient: &[f32],
        out: &mut Gradients<'_>,
    ) -> f64;

    /// What is indexed of the entities, `n × item_dim`: the encodings themselves, unless the model's similarity needs more.
    fn items<'a>(&self, entities: &'a Rows) -> Cow<'a, Rows> {
        Cow::Borrowed(entities)
    }

    /// The gradient with respect to an entity of one with respect to its item; only for models with [`RelationModel::items`] of
    /// their own.
    fn item_gradient(&self, entity: &[f32], gradient: &[f32], out: &mut [f32]) {
        let _ = entity;
        out.iter_mut().zip(gradient).for_each(|(out, gradient)| *out += gradient);
    }
}

/// The values at which a model is asked.
#[derive(Clone, Copy)]
pub struct Point<'a> {
    /// The relations, `n × relation_dim`. The second half are the reverses of the first.
    pub relations: &'a Rows,
    /// What they share.
    pub shared: &'a [f32],
}

/// Encoded heads, those of one relation next to each other.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    heads: &'a [f32],
    dim: usize,
    groups: &'a [Group],
}

/// The rows of a batch that ask for one relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The relation.
    pub relation: usize,
    /// Its rows.
    pub rows: Range<usize>,
}

impl<'a> Batch<'a> {
    /// Heads (`n × dim`) in groups that follow each other from the first row to the last.
    ///
    /// # Errors
    /// [`Error::Size`] for groups that leave a row out.
    pub fn new(heads: &'a [f32], dim: usize, groups: &'a [Group]) -> Result<Self, Error> {
        let rows = heads.len().checked_div(dim).unwrap_or(0);
        let end = groups.iter().try_fold(0, |end, group| {
            (group.rows.start == end && end < group.rows.end).then_some(group.rows.end)
        });
        Error::check_size("rows of the groups of a batch", rows, end.unwrap_or(usize::MAX))?;
        Ok(Self { heads, dim, groups })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.heads.len() / self.dim
    }

    /// The head of a row.
    pub fn head(&self, row: usize) -> &'a [f32] {
        &self.heads[row * self.dim..][..self.dim]
    }

    /// The heads of some rows.
    pub fn heads(&self, rows: Range<usize>) -> &'a [f32] {
        &self.heads[rows.start * self.dim..rows.end * self.dim]
    }

    /// The groups.
    pub fn groups(&self) -> &'a [Group] {
        self.groups
    }
}

/// The groups of rows whose relations come in order.
pub(crate) fn groups_of(relations: impl Iterator<Item = usize>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (row, relation) in relations.enumerate() {
        match groups.last_mut().filter(|group| group.relation == relation) {
            Some(group) => group.rows.end = row + 1,
            None => groups.push(Group { relation, rows: row..row + 1 }),
        }
    }
    groups
}

/// Where gradients are added.
pub struct Gradients<'a> {
    /// With respect to the heads of the batch, `n × entity_dim`.
    pub heads: &'a mut [f32],
    /// With respect to the relation of each group, `groups × relation_dim`.
    pub relations: &'a mut [f32],
    /// With respect to what the relations share.
    pub shared: &'a mut [f32],
}
