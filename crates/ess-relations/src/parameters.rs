//! What training finds.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{
    model::definition::{Point, RelationModel},
    random::normal,
    rows::Rows,
};

/// Encodings of entities, parameters of relations, and what the relations share.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameters {
    /// `entities × d`.
    pub(crate) entities: Rows,
    /// `2 · relations × relation_dim`: the reverses are the second half.
    pub(crate) relations: Rows,
    pub(crate) shared: Vec<f32>,
}

impl Parameters {
    /// Starting values; the entities' have a variance of `1 / d`, unless encodings are given.
    pub(crate) fn start(
        model: &dyn RelationModel,
        entities: usize,
        relations: usize,
        given: Option<Rows>,
        seed: u64,
    ) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let entities = given.unwrap_or_else(|| {
            let mut drawn = Rows::zeros(entities, model.entity_dim());
            normal(drawn.as_mut_slice(), (model.entity_dim() as f32).sqrt().recip(), &mut random);
            drawn
        });
        let mut relations = Rows::zeros(2 * relations, model.relation_dim());
        let mut shared = vec![0.0; model.shared_len()];
        model.start(&mut relations, &mut shared, &mut random);
        Self { entities, relations, shared }
    }

    pub(crate) fn point(&self) -> Point<'_> {
        Point { relations: &self.relations, shared: &self.shared }
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.entities.as_slice().len() + self.relations.as_slice().len() + self.shared.len()
    }

    pub(crate) fn are_finite(&self) -> bool {
        let parts = [self.entities.as_slice(), self.relations.as_slice(), &self.shared];
        // Zero times anything finite is zero.
        parts.iter().all(|values| values.iter().map(|x| x * 0.0).sum::<f32>() == 0.0)
    }
}
