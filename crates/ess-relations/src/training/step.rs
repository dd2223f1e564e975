//! One step: a batch's loss, its gradients, and the change of the parameters.

use rand_chacha::ChaCha8Rng;

use super::{
    asked::Asked,
    config::RelationTraining,
    dropout::{drop_out, scale},
    penalty::unit_norm,
    precision::Precision,
    softmax::softmax,
    state::State,
};
use crate::{
    error::Error,
    graph::known::Tail,
    model::definition::{Batch, Gradients, RelationModel, groups_of},
    rows::Rows,
};

/// One step with a learning rate; returns the mean loss with all penalties.
pub(super) fn step(
    config: &RelationTraining,
    model: &dyn RelationModel,
    state: &mut State,
    asked: &Asked<'_>,
    rate: f32,
    random: &mut ChaCha8Rng,
) -> Result<f64, Error> {
    let loss = gradients(config, model, state, asked, random)?;
    state.change(rate);
    Ok(loss)
}

/// Adds the gradients of a batch; returns the mean loss with all penalties.
pub(super) fn gradients(
    config: &RelationTraining,
    model: &dyn RelationModel,
    state: &mut State,
    asked: &Asked<'_>,
    random: &mut ChaCha8Rng,
) -> Result<f64, Error> {
    let (dim, rows) = (model.entity_dim(), asked.heads.len());
    let groups = groups_of(asked.relations.iter().map(|&relation| relation as usize));
    let gather = asked.heads.iter().flat_map(|&head| state.parameters.entities.row(head as usize));
    let mut heads: Vec<f32> = gather.copied().collect();
    let before = state.norms[0].as_mut().map(|norm| norm.forward(&mut heads));
    let dropped_heads = drop_out(&mut heads, config.head_dropout, random);
    let batch = Batch::new(&heads, dim, &groups)?;
    let mut queries = vec![0.0; rows * model.item_dim()];
    model.map(&state.parameters.point(), &batch, &mut queries);
    let after = state.norms[1].as_mut().map(|norm| norm.forward(&mut queries));
    let dropped_queries = drop_out(&mut queries, config.query_dropout, random);

    let (mut of_queries, mut loss) = (vec![0.0; queries.len()], 0.0);
    loss += items(config.precision, model, state, asked, &queries, &mut of_queries);

    scale(&mut of_queries, &dropped_queries);
    if let (Some(norm), Some(saved)) = (&state.norms[1], &after) {
        norm.backward(saved, &mut of_queries, &mut state.of_norms[1]);
    }
    let mut of_heads = vec![0.0; heads.len()];
    let mut of_groups = vec![0.0; groups.len() * model.relation_dim()];
    let shared = &mut state.gradients.shared;
    let mut out = Gradients { heads: &mut of_heads, relations: &mut of_groups, shared };
    loss += model.map_gradient(&state.parameters.point(), &batch, &of_queries, &mut out);
    for (group, of_group) in groups.iter().zip(of_groups.chunks_exact(model.relation_dim())) {
        let sums = state.gradients.relations.row_mut(group.relation);
        sums.iter_mut().zip(of_group).for_each(|(sum, of_group)| *sum += of_group);
    }
    scale(&mut of_heads, &dropped_heads);
    if let (Some(norm), Some(saved)) = (&state.norms[0], &before) {
        norm.backward(saved, &mut of_heads, &mut state.of_norms[0]);
    }
    if !state.frozen {
        for (&head, of_head) in asked.heads.iter().zip(of_heads.chunks_exact(dim)) {
            let sums = state.gradients.entities.row_mut(head as usize);
            sums.iter_mut().zip(of_head).for_each(|(sum, of_head)| *sum += of_head);
        }
    }
    Ok(loss + penalties(model, state, asked) + norm_penalties(state, asked))
}

/// The softmax over all entities, and its gradients.
fn items(
    precision: Precision,
    model: &dyn RelationModel,
    state: &mut State,
    asked: &Asked<'_>,
    queries: &[f32],
    of_queries: &mut [f32],
) -> f64 {
    let State { parameters, gradients, logits, frozen, .. } = state;
    let items = model.items(&parameters.entities);
    let Asked { targets, total, .. } = asked;
    if *frozen {
        return softmax(precision, logits, queries, targets, &items, *total, of_queries, None);
    }
    if items.dim() == parameters.entities.dim() && matches!(items, std::borrow::Cow::Borrowed(_)) {
        let of_items = Some(gradients.entities.as_mut_slice());
        return softmax(precision, logits, queries, targets, &items, *total, of_queries, of_items);
    }
    let mut of_items = Rows::zeros(items.len(), items.dim());
    let of_all = Some(of_items.as_mut_slice());
    let loss = softmax(precision, logits, queries, targets, &items, *total, of_queries, of_all);
    for row in 0..of_items.len() {
        let out = gradients.entities.row_mut(row);
        model.item_gradient(parameters.entities.row(row), of_items.row(row), out);
    }
    loss
}

/// N3 and L2 of heads, relations and tails, and their gradients.
fn penalties(model: &dyn RelationModel, state: &mut State, asked: &Asked<'_>) -> f64 {
    if state.penalty.is_none() {
        return 0.0;
    }
    let State { parameters, gradients, penalty, frozen, .. } = state;
    let (of_head, of_tail) = (model.head_components(), model.tail_components());
    let mut value = 0.0;
    for ((&relation, &head), target) in asked.relations.iter().zip(&asked.heads).zip(&asked.targets) {
        let weight = target.weight / asked.total;
        let relation = relation as usize;
        if model.penalises_relations() {
            let gradient = gradients.relations.row_mut(relation);
            value += penalty.add(parameters.relations.row(relation), weight, gradient);
        }
        let heads = std::iter::once((head, weight, &of_head));
        let share = |tail: &Tail| weight * tail.count as f32 / target.count;
        let tails = target.tails.iter().map(|tail| (tail.entity, share(tail), &of_tail));
        for (entity, weight, part) in heads.chain(tails).filter(|_| !*frozen) {
            let entity = entity as usize;
            let gradient = &mut gradients.entities.row_mut(entity)[part.clone()];
            value += penalty.add(&parameters.entities.row(entity)[part.clone()], weight, gradient);
        }
    }
    value
}

/// The penalty on the norms of relations' partitions, and its gradient.
fn norm_penalties(state: &mut State, asked: &Asked<'_>) -> f64 {
    let State { parameters, gradients, relation_norm: (weight, parts), .. } = state;
    if *weight == 0.0 {
        return 0.0;
    }
    let mut value = 0.0;
    for (&relation, target) in asked.relations.iter().zip(&asked.targets) {
        let (relation, weight) = (relation as usize, *weight * target.weight / asked.total);
        let gradient = gradients.relations.row_mut(relation);
        value += unit_norm(parameters.relations.row(relation), *parts, weight, gradient);
    }
    value
}
