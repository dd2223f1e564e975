//! No text is encoded twice by the same parameters, and what is known is the same to the bit.

use ess_encoders::{FrozenItems, TextTrainingConfig, TextTrainingReport, Towers};
use ess_train::{Checkpoints, Control};

use crate::training::{config, judged, texts, trainer};

const TRAIN: usize = 40;
const DEV: usize = 16;
const ITEMS: usize = TRAIN + DEV;

/// Looks after the fourth and the eighth step, which rank few items on the way.
fn few() -> TextTrainingConfig {
    TextTrainingConfig { look_depth: Some(2), ..config() }
}

fn report(trainer: &ess_encoders::EncoderTrainer) -> TextTrainingReport {
    let (items, queries) = texts();
    let items: Vec<&str> = items.iter().map(String::as_str).collect();
    let trained = trainer.fit(&items, &judged(&queries, 0..TRAIN), &judged(&queries, TRAIN..ITEMS)).unwrap();
    trained.report().clone()
}

#[test]
fn the_guard_encodes_what_the_best_look_did_not() {
    for towers in [Towers::Shared, Towers::Two] {
        let report = report(&trainer(TextTrainingConfig { towers, ..few() }));
        let looked_at = report.looked_at_items;
        assert!((DEV..ITEMS).contains(&looked_at), "{looked_at}");
        let expected = (ITEMS + TRAIN + DEV) + 2 * (DEV + looked_at) + (ITEMS - looked_at);
        assert_eq!(report.encoded_texts, expected, "{towers:?}");
    }
    // Where looks rank all items, nothing is left for it.
    let of_all = TextTrainingConfig { look_depth: None, ..config() };
    assert_eq!(report(&trainer(of_all)).encoded_texts, 3 * (ITEMS + DEV) + TRAIN);
    let of_queries = TextTrainingConfig { towers: Towers::Query, ..config() };
    assert_eq!(report(&trainer(of_queries)).encoded_texts, (ITEMS + TRAIN + DEV) + 2 * DEV);
}

/// A run that goes on after its best look has none of its vectors.
#[test]
fn the_guard_of_vectors_that_are_known_is_that_of_vectors_that_are_not() {
    // With next to no steps all looks find the same, of which the first is kept.
    for learning_rate in [1e-30, 3e-3] {
        let own = || trainer(TextTrainingConfig { learning_rate, ..few() });
        let whole = report(&own());
        let checkpoints = tempfile::tempdir().unwrap();
        let at = || Checkpoints::new(checkpoints.path(), 3).unwrap();
        let stopped = own().with_checkpoints(at()).with_observer(|point| match point.step {
            5 => Control::Stop,
            _ => Control::Continue,
        });
        assert_eq!(report(&stopped).points.len(), 5);
        let resumed = report(&own().with_checkpoints(at()));
        assert_eq!((resumed.kept_step, &resumed.guard), (whole.kept_step, &whole.guard));
        let of_look = DEV + whole.looked_at_items;
        let again = if whole.kept_step == 4 { of_look } else { 0 };
        assert_eq!(resumed.encoded_texts, whole.encoded_texts - of_look + again);
        assert!(learning_rate > 1e-3 || whole.kept_step == 4, "{}", whole.kept_step);
    }
}

#[test]
fn trainings_from_one_encoder_encode_its_items_once() {
    let of_seed = |seed| TextTrainingConfig { seed, max_steps: 3, ..few() };
    let frozen = FrozenItems::default();
    let shared = |config| report(&trainer(config).with_frozen_items(&frozen));
    for (seed, known) in [(0, 0), (1, ITEMS)] {
        let (own, shared) = (report(&trainer(of_seed(seed))), shared(of_seed(seed)));
        assert_eq!(own.encoded_texts - shared.encoded_texts, known);
        assert_eq!((shared.points, shared.mining), (own.points, own.mining));
        assert_eq!((shared.guard, shared.looked_at_items), (own.guard, own.looked_at_items));
    }
    // Items that are cut elsewhere are other items.
    let cut = || TextTrainingConfig { max_tokens: Some(5), ..of_seed(0) };
    let own = report(&trainer(cut()));
    let cut = shared(cut());
    assert_eq!((cut.encoded_texts, cut.points), (own.encoded_texts, own.points));
}
