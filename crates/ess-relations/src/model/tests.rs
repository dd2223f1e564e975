//! Gradients of every model against finite differences, and what models have in common.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{
    config::ModelConfig,
    definition::{Batch, Gradients, Point, RelationModel, groups_of},
    table::relation_models,
};
use crate::{random::normal, rows::Rows};

fn config(name: &str, dim: usize, partitions: usize, orthogonality: f32) -> ModelConfig {
    ModelConfig { name: name.to_owned(), dim, partitions, orthogonality, ..Default::default() }
}

fn drawn(n: usize, seed: u64) -> Vec<f32> {
    let mut values = vec![0.0; n];
    normal(&mut values, 0.7, &mut ChaCha8Rng::seed_from_u64(seed));
    values
}

/// The values at which a gradient is looked at: heads, relations, what they share.
struct Values {
    heads: Vec<f32>,
    relations: Rows,
    shared: Vec<f32>,
}

impl Values {
    fn draw(model: &dyn RelationModel, rows: usize, relations: usize) -> Self {
        let heads = drawn(rows * model.entity_dim(), 1);
        let of_relations = drawn(relations * model.relation_dim(), 2);
        let relations = Rows::from_vec(of_relations, model.relation_dim()).unwrap();
        Self { heads, relations, shared: drawn(model.shared_len(), 3) }
    }

    fn number(&mut self, part: usize, at: usize) -> &mut f32 {
        match part {
            0 => &mut self.heads[at],
            1 => &mut self.relations.as_mut_slice()[at],
            _ => &mut self.shared[at],
        }
    }

    /// The queries of heads that ask for the relations given, in order.
    fn queries(&self, model: &dyn RelationModel, asked: &[usize]) -> Vec<f32> {
        let groups = groups_of(asked.iter().copied());
        let batch = Batch::new(&self.heads, model.entity_dim(), &groups).unwrap();
        let mut queries = vec![0.0; asked.len() * model.item_dim()];
        model.map(&Point { relations: &self.relations, shared: &self.shared }, &batch, &mut queries);
        queries
    }
}

/// `Σ ⟨weights, queries⟩` and the gradients of it and of the model's penalty, by part.
fn analytic(
    model: &dyn RelationModel,
    values: &Values,
    asked: &[usize],
    weights: &[f32],
) -> (f64, [Vec<f32>; 3], f64) {
    let groups = groups_of(asked.iter().copied());
    let batch = Batch::new(&values.heads, model.entity_dim(), &groups).unwrap();
    let mut parts = [
        vec![0.0; values.heads.len()],
        vec![0.0; groups.len() * model.relation_dim()],
        vec![0.0; values.shared.len()],
    ];
    let [heads, relations, shared] = &mut parts;
    let point = Point { relations: &values.relations, shared: &values.shared };
    let penalty = model.map_gradient(&point, &batch, weights, &mut Gradients { heads, relations, shared });
    let mut by_relation = vec![0.0; values.relations.as_slice().len()];
    for (group, of_group) in groups.iter().zip(parts[1].chunks_exact(model.relation_dim())) {
        by_relation[group.relation * model.relation_dim()..][..of_group.len()].copy_from_slice(of_group);
    }
    parts[1] = by_relation;
    let queries = values.queries(model, asked);
    let sum = queries.iter().zip(weights).map(|(q, w)| f64::from(*q) * f64::from(*w)).sum();
    (sum, parts, penalty)
}

#[test]
fn gradients_of_every_model_agree_with_finite_differences() {
    let all = [
        config("dist_mult", 6, 1, 0.0),
        config("complex", 6, 1, 0.0),
        config("rotate", 6, 1, 0.0),
        config("cp", 6, 1, 0.0),
        config("simple", 6, 1, 0.0),
        config("mei", 6, 2, 0.0),
        config("mei", 6, 3, 0.3),
        config("meim", 6, 2, 0.3),
        config("meim", 4, 1, 0.0),
    ];
    // Eleven groups: more than one lot of MEI's.
    let asked: Vec<usize> = vec![0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10];
    for config in all {
        let model = config.build().unwrap();
        let mut values = Values::draw(&*model, asked.len(), 12);
        let weights = drawn(asked.len() * model.item_dim(), 9);
        let (_, found, _) = analytic(&*model, &values, &asked, &weights);
        for (part, found) in found.iter().enumerate() {
            for (at, found) in found.iter().enumerate() {
                let step = 1e-2;
                let mut value = |by: f32| {
                    *values.number(part, at) += by;
                    let (sum, _, penalty) = analytic(&*model, &values, &asked, &weights);
                    *values.number(part, at) -= by;
                    sum + penalty
                };
                // Richardson's extrapolation: errors of the second order cancel, for the penalty is of the fourth degree.
                let slope = |step: f32, up: f64, down: f64| (up - down) / (2.0 * f64::from(step));
                let coarse = slope(step, value(step), value(-step));
                let fine = slope(step / 2.0, value(step / 2.0), value(-step / 2.0));
                let expected = (4.0 * fine - coarse) / 3.0;
                let near = (f64::from(*found) - expected).abs() <= 2e-3 * expected.abs().max(1.0);
                assert!(near, "{config:?}, part {part}, number {at}: {found}, by differences {expected}");
            }
        }
    }
}

#[test]
fn gradients_of_items_agree_with_finite_differences() {
    let model = config("rotate", 6, 1, 0.0).build().unwrap();
    let (entity, weights) = (drawn(6, 4), drawn(7, 5));
    let value = |entity: &[f32]| -> f64 {
        let items = Rows::from_vec(entity.to_vec(), 6).unwrap();
        let items = model.items(&items);
        items.as_slice().iter().zip(&weights).map(|(x, w)| f64::from(x * w)).sum()
    };
    let mut found = vec![0.0; 6];
    model.item_gradient(&entity, &weights, &mut found);
    for (at, found) in found.iter().enumerate() {
        let moved = |by: f32| {
            let mut entity = entity.clone();
            entity[at] += by;
            value(&entity)
        };
        let expected = (moved(1e-2) - moved(-1e-2)) / 2e-2;
        assert!((f64::from(*found) - expected).abs() < 1e-3, "{found}, by differences {expected}");
    }
}

/// The scores of one head and relation with some tails.
fn scores(
    model: &dyn RelationModel,
    head: &[f32],
    relation: &[f32],
    shared: &[f32],
    tails: &[f32],
) -> Vec<f32> {
    let relations = Rows::from_vec(relation.to_vec(), relation.len()).unwrap();
    let values = Values { heads: head.to_vec(), relations, shared: shared.to_vec() };
    let query = values.queries(model, &[0]);
    let entities = Rows::from_vec(tails.to_vec(), model.entity_dim()).unwrap();
    let items = model.items(&entities);
    items
        .as_slice()
        .chunks_exact(model.item_dim())
        .map(|tail| query.iter().zip(tail).map(|(q, t)| q * t).sum())
        .collect()
}

fn near(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4 * b.abs().max(1.0))
}

proptest! {
    #[test]
    fn models_are_special_cases_of_each_other(seed in 0_u64..1000) {
        let (head, relation, tails) = (drawn(6, seed), drawn(6, seed + 1), drawn(30, seed + 2));
        let of = |name: &str, dim, partitions| config(name, dim, partitions, 0.0).build().unwrap();

        // ComplEx without imaginary parts is DistMult.
        let real = |values: &[f32]| -> Vec<f32> {
            values.chunks_exact(6).flat_map(|row| [row, &[0.0; 6]].concat()).collect()
        };
        let complex = scores(&*of("complex", 12, 1), &real(&head), &real(&relation), &[], &real(&tails));
        let dist_mult = scores(&*of("dist_mult", 6, 1), &head, &relation, &[], &tails);
        prop_assert!(near(&complex, &dist_mult));

        // MEIM with partitions of one component and cores of 1 is DistMult.
        let meim = scores(&*of("meim", 6, 6), &head, &relation, &[1.0; 6], &tails);
        prop_assert!(near(&meim, &dist_mult));

        // MEI with one partition and a core with ones on its diagonal is DistMult (CP as Tucker).
        let mut diagonal = vec![0.0; 216];
        (0..6).for_each(|i| diagonal[i * 36 + i * 6 + i] = 1.0);
        prop_assert!(near(&scores(&*of("mei", 6, 1), &head, &relation, &diagonal, &tails), &dist_mult));

        // MEI with partitions of two components and the core of complex multiplication is ComplEx, whose parts lie elsewhere.
        let complex = scores(&*of("complex", 6, 1), &head, &relation, &[], &tails);
        let pairs = |values: &[f32]| -> Vec<f32> {
            values.chunks_exact(6).flat_map(|row| (0..3).flat_map(|i| [row[i], row[3 + i]])).collect()
        };
        // Core (c, i, j): Re r keeps each part, Im r takes Re h to Im and Im h to −Re.
        let core = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, -1.0, 0.0];
        let mei = scores(&*of("mei", 6, 3), &pairs(&head), &pairs(&relation), &core, &pairs(&tails));
        prop_assert!(near(&mei, &complex));

        // MEI with one partition is Tucker: the sum over the whole core.
        let core = drawn(216, seed + 3);
        let tucker: Vec<f32> = tails.chunks_exact(6).map(|tail| {
            let cell = |at: usize| core[at] * relation[at / 36] * head[at / 6 % 6] * tail[at % 6];
            (0..216).map(cell).sum()
        }).collect();
        prop_assert!(near(&scores(&*of("mei", 6, 1), &head, &relation, &core, &tails), &tucker));

        // SimplE is the mean of two CPs; the second looks from the tail.
        let simple = scores(&*of("simple", 6, 1), &head, &relation, &[], &tails);
        let there = scores(&*of("cp", 6, 1), &head, &relation[..3], &[], &tails);
        for (tail, (simple, there)) in tails.chunks_exact(6).zip(simple.iter().zip(there)) {
            let back = scores(&*of("cp", 6, 1), tail, &relation[3..], &[], &head)[0];
            prop_assert!((simple - (there + back) / 2.0).abs() < 1e-4);
        }

        // RotatE is the squared distance, but for the head's length.
        let rotate = scores(&*of("rotate", 6, 1), &head, &relation[..3], &[], &tails);
        for (tail, score) in tails.chunks_exact(6).zip(rotate) {
            let distance: f32 = (0..3).map(|i| {
                let (sine, cosine) = relation[i].sin_cos();
                let (a, b) = (head[i], head[3 + i]);
                (a * cosine - b * sine - tail[i]).powi(2) + (a * sine + b * cosine - tail[3 + i]).powi(2)
            }).sum();
            let length: f32 = head.iter().map(|x| x * x).sum();
            prop_assert!((score - (length - distance)).abs() < 1e-3);
        }
    }
}

#[test]
fn wrong_settings_are_refused_with_their_name() {
    let refused = |config: ModelConfig, word: &str| {
        let error = config.build().err().expect("refused").to_string();
        assert!(error.contains(word), "{config:?}: {error}");
    };
    refused(config("transe", 6, 1, 0.0), "dist_mult, complex, rotate");
    refused(config("complex", 7, 1, 0.0), "dim must be even");
    refused(config("dist_mult", 0, 1, 0.0), "dim");
    refused(config("mei", 7, 2, 0.0), "multiple of the partitions");
    refused(config("meim", 4000, 1, 0.0), "at most 512");
    refused(config("meim", 4, 0, 0.0), "partitions");
    refused(config("cp", 6, 2, 0.0), "partitions");
    refused(config("cp", 6, 1, 0.1), "orthogonality");
    refused(config("meim", 6, 2, f32::NAN), "orthogonality");
    let own = ModelConfig { settings: [("margin".to_owned(), 1.0)].into(), ..Default::default() };
    refused(own, "settings");
    assert!(relation_models().starts_with(&[
        "dist_mult",
        "complex",
        "rotate",
        "cp",
        "simple",
        "mei",
        "meim"
    ]));
    assert!(serde_json::from_str::<ModelConfig>(r#"{"nam": "cp"}"#).is_err());
}
