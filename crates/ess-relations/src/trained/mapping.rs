//! f_r as it is after training.

use std::{borrow::Cow, sync::Arc};

use crate::{
    affine::Affine,
    error::Error,
    model::definition::{Batch, RelationModel, groups_of},
    parameters::Parameters,
    rows::Rows,
};

/// A model with what was trained of it, and the affine maps before and after it that batch normalisation became.
#[derive(Clone)]
pub(crate) struct Mapping {
    pub(crate) model: Arc<dyn RelationModel>,
    pub(crate) parameters: Parameters,
    pub(crate) around: Option<[Affine; 2]>,
}

impl Mapping {
    /// The queries of heads (`n × d`) and their relations, `n × item_dim`, in order.
    pub(crate) fn queries(&self, heads: &[f32], relations: &[u32]) -> Result<Vec<f32>, Error> {
        let (dim, item_dim) = (self.model.entity_dim(), self.model.item_dim());
        let mut order: Vec<usize> = (0..relations.len()).collect();
        order.sort_by_key(|&row| relations[row]);
        let mut sorted: Vec<f32> =
            order.iter().flat_map(|&row| &heads[row * dim..][..dim]).copied().collect();
        let groups = groups_of(order.iter().map(|&row| relations[row] as usize));
        if let Some([before, _]) = &self.around {
            before.apply(&mut sorted);
        }
        let mut mapped = vec![0.0; order.len() * item_dim];
        self.model.map(&self.parameters.point(), &Batch::new(&sorted, dim, &groups)?, &mut mapped);
        if let Some([_, after]) = &self.around {
            after.apply(&mut mapped);
        }
        let mut queries = vec![0.0; mapped.len()];
        for (&row, mapped) in order.iter().zip(mapped.chunks_exact(item_dim)) {
            queries[row * item_dim..][..item_dim].copy_from_slice(mapped);
        }
        Ok(queries)
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        let affine = self.around.iter().flatten().map(|map| map.scale.len() + map.shift.len());
        self.parameters.len() + affine.sum::<usize>()
    }

    /// What is indexed of the entities.
    pub(crate) fn items(&self) -> Cow<'_, Rows> {
        self.model.items(&self.parameters.entities)
    }
}
