//! A further encoder whose vectors a program's own feature compares, under the encoder's own name.

use std::sync::LazyLock;

use ess_auto::{Asked, AutoConfig, AutoModule, Feature, register_feature};
use ess_core::Error;

use crate::{
    features::{blurred_world, with},
    generated::{World, blurred, fit},
};

const NAME: &str = "compared_by_the_program";

/// The similarity by the encoder, which knows the items' other directions of [`blurred`].
struct Compared;

impl Feature for Compared {
    fn name(&self) -> &'static str {
        NAME
    }

    fn encoding(&self) -> Option<&str> {
        Some(NAME)
    }

    fn cautious_weight(&self) -> f32 {
        0.5
    }

    fn values(&self, asked: &Asked<'_>, items: &[u32]) -> Result<Option<Vec<f32>>, Error> {
        static CLEAR: LazyLock<World> = LazyLock::new(blurred_world);
        let Some(query) = asked.encoding(NAME) else { return Ok(None) };
        let value = |&item: &u32| {
            let direction = CLEAR.items.row(item as usize);
            direction.iter().zip(query).map(|(a, b)| a * b).sum()
        };
        Ok(Some(items.iter().map(value).collect()))
    }
}

#[test]
fn a_choice_with_an_encoder_that_a_program_compares_itself_is_loaded() {
    register_feature(Compared).unwrap();
    let world = blurred_world();
    let collection = blurred(&world).0.with_encoding(NAME, world.items.clone()).unwrap();
    let train = world.queries(150, 2);
    let encodings = train.set().encodings().clone();
    let train = train.with_encoding(NAME, encodings).unwrap();
    let (module, report) = fit(&collection, &train, AutoConfig { pool: 10, ..with(NAME) });
    assert!(report.dense.second.get(NAME) > 0.0, "{:?}", report.dense);
    assert!(report.encodings.contains_key(NAME), "{:?}", report.encodings);

    let folder = tempfile::tempdir().unwrap();
    module.save(folder.path()).unwrap();
    assert_eq!(AutoModule::load(folder.path()).unwrap(), Some(module));
}
