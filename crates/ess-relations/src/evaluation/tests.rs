//! Filtered ranks against their definition.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::ranks::ranks;
use crate::{
    graph::{known::Known, triple::Triple},
    model::config::ModelConfig,
    parameters::Parameters,
    random::normal,
    rows::Rows,
    trained::mapping::Mapping,
};

const ENTITIES: usize = 23;
const RELATIONS: usize = 3;

/// DistMult with whole numbers, so that there are many ties and no rounding.
fn mapping(seed: u64) -> Mapping {
    let model = ModelConfig { name: "dist_mult".to_owned(), dim: 4, ..Default::default() }.build().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = |n: usize| {
        let mut values = vec![0.0; 4 * n];
        normal(&mut values, 1.5, &mut random);
        values.iter_mut().for_each(|value| *value = value.round());
        Rows::from_vec(values, 4).unwrap()
    };
    let (entities, relations) = (drawn(ENTITIES), drawn(2 * RELATIONS));
    Mapping { model, parameters: Parameters { entities, relations, shared: Vec::new() }, around: None }
}

/// The rank among all that are not known: the mean of the best and the worst among ties.
fn by_definition(mapping: &Mapping, known: &[Triple], triple: Triple, relation: u32) -> f64 {
    let score = |tail: u32| -> f32 {
        let Parameters { entities, relations, .. } = &mapping.parameters;
        let [h, r, t] = [
            entities.row(triple.head as usize),
            relations.row(relation as usize),
            entities.row(tail as usize),
        ];
        (0..4).map(|i| h[i] * r[i] * t[i]).sum()
    };
    let others: Vec<f32> = (0..ENTITIES as u32)
        .filter(|&tail| tail != triple.tail && !known.contains(&Triple { tail, relation, ..triple }))
        .map(score)
        .collect();
    let own = score(triple.tail);
    let best = 1 + others.iter().filter(|&&other| other > own).count();
    let worst = 1 + others.iter().filter(|&&other| other >= own).count();
    (best + worst) as f64 / 2.0
}

proptest! {
    #[test]
    fn ranks_are_those_of_the_definition(
        seed in 0_u64..1000,
        triples in prop::collection::vec((0..ENTITIES as u32, 0..RELATIONS as u32, 0..ENTITIES as u32), 1..150),
    ) {
        let triples: Vec<Triple> =
            triples.into_iter().map(|(head, relation, tail)| Triple { relation, head, tail }).collect();
        let mapping = mapping(seed);
        let known = Known::new(triples.iter().copied(), RELATIONS);
        let both: Vec<Triple> = triples.iter().flat_map(|triple| [*triple, triple.reversed(RELATIONS)]).collect();
        let tested = &triples[..triples.len().div_ceil(2)];
        let found = ranks(&mapping, &known, tested, RELATIONS).unwrap();
        for (triple, found) in tested.iter().zip(found) {
            let reversed = triple.reversed(RELATIONS);
            let head = by_definition(&mapping, &both, reversed, reversed.relation);
            let tail = by_definition(&mapping, &both, *triple, triple.relation);
            prop_assert_eq!(found, [head, tail]);
        }
    }
}
