//! The gradient of a whole step against finite differences, and the softmax against its definition.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{
    asked::Asked,
    config::{Counting, RelationTraining},
    normalisation::Normalisation,
    precision::Precision,
    softmax::{Target, softmax},
    state::State,
    step::gradients,
};
use crate::{
    graph::known::{Known, Tail},
    graph::triple::Triple,
    model::config::ModelConfig,
    parameters::Parameters,
    random::normal,
    rows::Rows,
};

const ENTITIES: usize = 9;
const RELATIONS: usize = 2;

fn known() -> Known {
    let triples = [(0, 0, 1), (0, 0, 2), (0, 0, 2), (3, 1, 4), (5, 0, 6), (7, 1, 8), (3, 1, 3)];
    Known::new(triples.into_iter().map(|(head, relation, tail)| Triple { relation, head, tail }), RELATIONS)
}

fn training(name: &str, partitions: usize) -> RelationTraining {
    let orthogonality = if partitions > 1 { 0.1 } else { 0.0 };
    let model =
        ModelConfig { name: name.to_owned(), dim: 6, partitions, orthogonality, ..Default::default() };
    let normed = name != "rotate";
    let query_dropout = if normed { 0.2 } else { 0.0 };
    let (n3, l2, head_dropout) = (0.05, 0.02, 0.2);
    RelationTraining { model, n3, l2, batch_norm: normed, head_dropout, query_dropout, ..Default::default() }
}

/// The loss at some parameters, and its gradient: entities, relations, what they share and both batch normalisations in one
/// vector. Dropout leaves out the same components each time.
fn at(training: &RelationTraining, numbers: &[f32]) -> (f64, Vec<f32>) {
    let (model, known) = (training.model.build().unwrap(), known());
    let [d, r] = [model.entity_dim(), model.relation_dim()];
    let (entities, rest) = numbers.split_at(ENTITIES * d);
    let (relations, shared) = rest.split_at(2 * RELATIONS * r);
    let (shared, of_norms) = shared.split_at(model.shared_len());
    let entities = Rows::from_vec(entities.to_vec(), d).unwrap();
    let relations = Rows::from_vec(relations.to_vec(), r).unwrap();
    let parameters = Parameters { entities, relations, shared: shared.to_vec() };
    let mut state = State::new(training, &*model, parameters, false);
    let mut of_norms = of_norms;
    for norm in state.norms.iter_mut().flatten() {
        let (of_norm, others) = of_norms.split_at(norm.parameters.len());
        norm.parameters.copy_from_slice(of_norm);
        of_norms = others;
    }
    assert!(of_norms.is_empty());
    let asked = Asked::new(&known, &mut (0..known.len()).collect::<Vec<_>>(), training.counting);
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let loss = gradients(training, &*model, &mut state, &asked, &mut random).unwrap();
    (loss, state.all_gradients())
}

/// Values for all parameters of a training.
fn drawn(training: &RelationTraining) -> Vec<f32> {
    let model = training.model.build().unwrap();
    let Normalisation { heads, queries, shared, .. } = training.normalisation;
    let parts = if shared { training.model.partitions } else { 1 };
    let of_norm = |there: bool, dim: usize| if training.batch_norm && there { 2 * dim / parts } else { 0 };
    let of_norms = of_norm(heads, model.entity_dim()) + of_norm(queries, model.item_dim());
    let count = ENTITIES * model.entity_dim() + 2 * RELATIONS * model.relation_dim() + model.shared_len();
    let mut numbers = vec![0.0; count + of_norms];
    normal(&mut numbers, 0.6, &mut ChaCha8Rng::seed_from_u64(5));
    numbers
}

/// Eq. 4 of Lacroix et al.: the mean over triples of the cubes of the head's, the relation's and the tail's moduli.
#[test]
fn n3_takes_of_each_model_what_its_paper_takes() {
    let cubes = |vector: &[f32]| vector.iter().map(|x| f64::from(x.abs()).powi(3)).sum::<f64>();
    let moduli = |vector: &[f32]| {
        let (real, imaginary) = vector.split_at(vector.len() / 2);
        real.iter().zip(imaginary).map(|(a, b)| f64::from(a.hypot(*b)).powi(3)).sum::<f64>()
    };
    for (name, dim) in [("complex", 8), ("rotate", 8), ("cp", 8), ("simple", 8)] {
        let model = ModelConfig { name: name.to_owned(), dim, ..Default::default() };
        let with = |n3: f32| RelationTraining { model: model.clone(), n3, ..Default::default() };
        let numbers = drawn(&with(0.0));
        let (entities, relations) = numbers.split_at(ENTITIES * dim);
        let of_relation = relations.len() / (2 * RELATIONS);
        let known = known();
        let (mut expected, mut triples) = (0.0, 0.0);
        for pair in 0..known.len() {
            let (relation, head, tails) = known.pair(pair);
            let relation = &relations[relation as usize * of_relation..][..of_relation];
            let head = &entities[head as usize * dim..][..dim];
            for tail in tails {
                let (count, tail) = (f64::from(tail.count), &entities[tail.entity as usize * dim..][..dim]);
                triples += count;
                expected += count
                    * match name {
                        "complex" => moduli(head) + moduli(relation) + moduli(tail),
                        "rotate" => moduli(head) + moduli(tail),
                        "cp" => cubes(&head[..dim / 2]) + cubes(relation) + cubes(&tail[dim / 2..]),
                        _ => cubes(head) + cubes(relation) + cubes(tail),
                    };
            }
        }
        let found = at(&with(1.0), &numbers).0 - at(&with(0.0), &numbers).0;
        assert!((found - expected / triples).abs() < 1e-4, "{name}: {found}, {}", expected / triples);
    }
}

#[test]
fn the_gradient_of_a_step_agrees_with_finite_differences() {
    let both = Normalisation::default();
    let shared = Normalisation { shared: true, epsilon: 1e-3, ..both };
    let of_queries = Normalisation { heads: false, ..both };
    let of_heads = Normalisation { queries: false, ..shared };
    for (name, partitions, normalisation, relation_norm) in [
        ("complex", 1, both, 0.0),
        ("rotate", 1, both, 0.0),
        ("cp", 1, of_queries, 0.0),
        ("mei", 3, both, 0.1),
        ("mei", 3, of_heads, 0.0),
        ("meim", 2, both, 0.0),
        ("meim", 2, shared, 0.1),
        ("meim", 3, of_queries, 0.0),
    ] {
        for counting in [Counting::Triples, Counting::Queries] {
            let training =
                RelationTraining { counting, normalisation, relation_norm, ..training(name, partitions) };
            let mut numbers = drawn(&training);
            let (_, found) = at(&training, &numbers);
            assert_eq!(found.len(), numbers.len());
            for (index, found) in found.iter().enumerate() {
                let mut loss = |by: f32| {
                    numbers[index] += by;
                    let loss = at(&training, &numbers).0;
                    numbers[index] -= by;
                    loss
                };
                let slope = |step: f32, up: f64, down: f64| (up - down) / (2.0 * f64::from(step));
                let coarse = slope(2e-2, loss(2e-2), loss(-2e-2));
                let fine = slope(1e-2, loss(1e-2), loss(-1e-2));
                let expected = (4.0 * fine - coarse) / 3.0;
                let near = (f64::from(*found) - expected).abs() < 3e-3 * expected.abs().max(1.0);
                assert!(near, "{name}, {counting:?}, number {index}: {found}, by differences {expected}");
            }
        }
    }
}

/// More entities than a tile, and more queries than a block.
#[test]
fn softmax_agrees_with_its_definition() {
    let (n, m, dim) = (70, 2500, 5);
    let mut values = vec![0.0; (n + m) * dim];
    normal(&mut values, 1.0, &mut ChaCha8Rng::seed_from_u64(1));
    let (queries, items) = values.split_at(n * dim);
    let items = Rows::from_vec(items.to_vec(), dim).unwrap();
    let tails: Vec<Vec<Tail>> = (0..n as u32)
        .map(|row| vec![Tail { entity: row, count: 1 + row % 2 }, Tail { entity: 1024 + 17 * row, count: 1 }])
        .collect();
    let target = |tails: &'_ Vec<Tail>| {
        let count = tails.iter().map(|tail| tail.count).sum::<u32>() as f32;
        (count, tails.clone())
    };
    let owned: Vec<(f32, Vec<Tail>)> = tails.iter().map(target).collect();
    let targets: Vec<Target<'_>> =
        owned.iter().map(|(count, tails)| Target { weight: *count, tails, count: *count }).collect();
    let total: f32 = targets.iter().map(|target| target.weight).sum();
    let (mut expected, mut of_queries, mut of_all) = (0.0, vec![0.0; n * dim], vec![0.0; m * dim]);
    for (row, target) in targets.iter().enumerate() {
        let query = &queries[row * dim..][..dim];
        let logit = |item: usize| -> f64 {
            query.iter().zip(items.row(item)).map(|(q, d)| f64::from(*q) * f64::from(*d)).sum()
        };
        let sum: f64 = (0..m).map(|item| logit(item).exp()).sum();
        for item in 0..m {
            let count =
                target.tails.iter().find(|tail| tail.entity as usize == item).map_or(0, |tail| tail.count);
            let share = f64::from(target.weight) * logit(item).exp() / sum - f64::from(count);
            expected -= f64::from(count) * (logit(item) - sum.ln());
            for i in 0..dim {
                of_queries[row * dim + i] += share * f64::from(items.row(item)[i]) / f64::from(total);
                of_all[item * dim + i] += share * f64::from(query[i]) / f64::from(total);
            }
        }
    }
    let near = |found: &[f32], expected: &[f64], allowed: f64| {
        found.iter().zip(expected).all(|(a, b)| (f64::from(*a) - b).abs() < allowed)
    };
    for (precision, of_loss, of_gradient) in [(Precision::F32, 1e-5, 1e-6), (Precision::Bf16, 1e-2, 1e-3)] {
        let (mut gradient, mut of_items) = (vec![0.0; n * dim], vec![0.0; m * dim]);
        // What is left of another step, in too little room.
        let mut logits = vec![f32::NAN; 12];
        let found = Some(of_items.as_mut_slice());
        let loss = softmax(precision, &mut logits, queries, &targets, &items, total, &mut gradient, found);
        let expected = expected / f64::from(total);
        assert!((loss - expected).abs() < of_loss, "{precision:?}: {loss}, expected {expected}");
        assert!(near(&gradient, &of_queries, of_gradient), "{precision:?}");
        assert!(near(&of_items, &of_all, of_gradient), "{precision:?}");
    }
}
