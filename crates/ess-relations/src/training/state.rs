//! What a run of training changes.

use super::{batch_norm::BatchNorm, config::RelationTraining, optimizer::Optimizer, penalty::Penalty};
use crate::{model::definition::RelationModel, parameters::Parameters, rows::Rows};

/// Parameters, their gradients, and what optimisers and batch normalisation remember.
pub(super) struct State {
    pub(super) parameters: Parameters,
    /// Before and after f_r, where there is batch normalisation.
    pub(super) norms: [Option<BatchNorm>; 2],
    pub(super) gradients: Parameters,
    pub(super) of_norms: [Vec<f32>; 2],
    optimizers: [Optimizer; 5],
    pub(super) frozen: bool,
    pub(super) penalty: Penalty,
    /// Weight and partitions of the penalty on relations' norms.
    pub(super) relation_norm: (f32, usize),
    /// Room of the softmax.
    pub(super) logits: Vec<f32>,
}

impl State {
    pub(super) fn new(
        config: &RelationTraining,
        model: &dyn RelationModel,
        parameters: Parameters,
        frozen: bool,
    ) -> Self {
        let norms = norms(config, model);
        let of_norms =
            norms.each_ref().map(|norm| vec![0.0; norm.as_ref().map_or(0, |norm| norm.parameters.len())]);
        let zeros = |of: &Rows| Rows::zeros(of.len(), of.dim());
        let entities = if frozen { Rows::zeros(0, model.entity_dim()) } else { zeros(&parameters.entities) };
        let relations = zeros(&parameters.relations);
        let gradients = Parameters { entities, relations, shared: vec![0.0; parameters.shared.len()] };
        let lengths = [
            gradients.entities.as_slice().len(),
            gradients.relations.as_slice().len(),
            gradients.shared.len(),
            of_norms[0].len(),
            of_norms[1].len(),
        ];
        let optimizers = lengths.map(|len| Optimizer::new(config.optimizer, len));
        let penalty = Penalty { n3: config.n3, l2: config.l2, complex: model.is_complex() };
        let relation_norm = (config.relation_norm, config.model.partitions);
        let logits = Vec::new();
        Self { parameters, norms, gradients, of_norms, optimizers, frozen, penalty, relation_norm, logits }
    }

    /// Changes the parameters by their gradients, which become zeros.
    pub(super) fn change(&mut self, rate: f32) {
        let Self { parameters, gradients, optimizers: [entities, relations, shared, before, after], .. } =
            self;
        if !self.frozen {
            entities.step(parameters.entities.as_mut_slice(), gradients.entities.as_mut_slice(), rate);
        }
        relations.step(parameters.relations.as_mut_slice(), gradients.relations.as_mut_slice(), rate);
        shared.step(&mut parameters.shared, &mut gradients.shared, rate);
        for ((norm, of_norm), optimizer) in self.norms.iter_mut().zip(&mut self.of_norms).zip([before, after])
        {
            if let Some(norm) = norm {
                optimizer.step(&mut norm.parameters, of_norm, rate);
            }
        }
    }
}

/// The batch normalisations before and after f_r, as they start.
fn norms(config: &RelationTraining, model: &dyn RelationModel) -> [Option<BatchNorm>; 2] {
    let normalisation = config.normalisation;
    let parts = if normalisation.shared { config.model.partitions } else { 1 };
    let there = [(normalisation.heads, model.entity_dim()), (normalisation.queries, model.item_dim())];
    there.map(|(there, dim)| (config.batch_norm && there).then(|| BatchNorm::new(dim / parts, normalisation)))
}

#[cfg(test)]
impl State {
    /// The gradients of entities, relations, what they share and both batch normalisations, one after the other.
    pub(super) fn all_gradients(&self) -> Vec<f32> {
        let Parameters { entities, relations, shared } = &self.gradients;
        let [before, after] = &self.of_norms;
        [entities.as_slice(), relations.as_slice(), shared, before, after].concat()
    }
}
