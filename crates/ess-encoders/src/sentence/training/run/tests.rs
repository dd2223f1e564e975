//! Checkpoints that are damaged or forged.

use std::path::Path;

use ess_testing::damage::{mutations, rounds};
use ess_train::{Checkpoints, CurvePoint, Judgement};
use serde_json::{Value, json};

use super::*;
use crate::{
    sentence::training::counted_encoder::CountedEncoder,
    training::{checkpoint::CheckpointFile, course::Course, texts::JudgedTexts},
};

/// Bytes of magic, version and length.
const HEAD: usize = 8 + 4 + 8;
/// Bytes of a checksum as text.
const CHECKSUM: usize = 24;

/// What each dev query reaches in the look that the checkpoint has.
const LOOK: [f64; 2] = [0.5, 0.25];

/// A small training, whose checkpoint is of three of its four steps and of the look after the second.
struct Task {
    config: TextTrainingConfig,
    parts: EncoderParts,
    frozen: Frozen,
}

impl Task {
    fn new() -> Self {
        let config = TextTrainingConfig {
            negatives_per_query: 0,
            batch_size: 2,
            max_steps: 4,
            evaluate_every: 2,
            ..TextTrainingConfig::default()
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny/bert");
        let parts = EncoderParts::read(&folder, None).unwrap();
        let judged = |texts: [&'static str; 2], items: [usize; 2]| {
            let relevant = items.map(|item| vec![Judgement { item, grade: 1 }]);
            JudgedTexts::new(texts.to_vec(), relevant.to_vec()).unwrap()
        };
        let items = ["the cat sat on the mat", "men", "heart attack"];
        let (train, dev) = (judged(["the cat", "what men"], [0, 1]), judged(["attack", "mat"], [2, 0]));
        let frozen =
            Frozen::of(&CountedEncoder::new(&parts, &config), &config, None, &items, &train, &dev).unwrap();
        Self { config, parts, frozen }
    }

    fn run(&self) -> Run<'_> {
        Run::new(&self.config, &self.parts, &self.frozen).unwrap()
    }

    fn start(&self) -> State {
        State::start(vec![self.parts.values.clone()])
    }

    fn course(&self) -> Course {
        self.config.course(2)
    }

    fn after_three_steps(&self, run: &Run<'_>) -> State {
        let mut state = self.start();
        for step in 1..=3 {
            let loss = run.step(&mut state, step).unwrap();
            let dev = self.course().looks_after(step).then(|| state.looked(step, LOOK.to_vec()));
            state.points.push(CurvePoint { step, loss, dev });
        }
        state
    }
}

/// Calls this with a run, the file of its checkpoint and the bytes in it.
fn with_checkpoint(look: impl FnOnce(&Task, &Run<'_>, &CheckpointFile, &[u8])) {
    let (task, folder) = (Task::new(), tempfile::tempdir().unwrap());
    let run = task.run();
    let file = {
        let checkpoints = Checkpoints::new(folder.path(), 1).unwrap();
        CheckpointFile::open(&checkpoints, "encoder.checkpoint", run.identity()).unwrap()
    };
    file.save(&task.after_three_steps(&run)).unwrap();
    let bytes = std::fs::read(&file.path).unwrap();
    look(&task, &run, &file, &bytes);
}

/// The bytes before the checksum, with one that is right for them.
fn sealed(body: &[u8]) -> Vec<u8> {
    [body, Checksum::of(body).to_string().as_bytes()].concat()
}

/// What stands before the checksum, and in it where the description ends.
fn parts_of(whole: &[u8]) -> (&[u8], usize) {
    let body = &whole[..whole.len() - CHECKSUM];
    let length = u64::from_le_bytes(body[12..HEAD].try_into().unwrap());
    (body, HEAD + length as usize)
}

/// The file with another description.
fn described(whole: &[u8], description: &[u8]) -> Vec<u8> {
    let (body, end) = parts_of(whole);
    let length = (description.len() as u64).to_le_bytes();
    sealed(&[&body[..12], &length, description, &body[end..]].concat())
}

fn is_typed(error: &Error) -> bool {
    matches!(
        error,
        Error::Training(
            ess_train::Error::CheckpointDamaged { .. } | ess_train::Error::CheckpointOfAnotherRun { .. }
        )
    )
}

#[test]
fn a_checkpoint_is_read_as_it_was_written() {
    with_checkpoint(|task, run, file, bytes| {
        let (found, expected) =
            (file.read(bytes, task.start(), &task.course()).unwrap(), task.after_three_steps(run));
        assert_eq!(found.towers, expected.towers);
        assert_eq!((found.points, found.looks), (expected.points, vec![LOOK.to_vec()]));
        let best = found.best.unwrap();
        assert_eq!((best.step, best.value, found.tokens), (2, 0.375, expected.tokens));
    });
}

#[test]
fn damage_is_refused() {
    with_checkpoint(|task, _, file, bytes| {
        let mut altered = 0;
        for damaged in mutations(bytes, 1, rounds(10_000)) {
            let found = file.read(&damaged, task.start(), &task.course());
            let damage = |error: &Error| matches!(error, Error::Training(ess_train::Error::CheckpointDamaged { path, .. }) if *path == file.path);
            assert!(damaged == bytes || found.is_err_and(|error| damage(&error)));
            altered += usize::from(damaged != bytes);
        }
        assert!(altered > rounds(10_000) * 9 / 10, "{altered} were damaged");
    });
}

/// Most bytes are numbers, which may be any; the description has half of the rounds to itself. What is read takes the step that is
/// left, from any numbers.
#[test]
fn damage_with_the_checksum_made_right_again_is_an_error_or_a_run_that_goes_on() {
    with_checkpoint(|task, run, file, bytes| {
        let (body, end) = parts_of(bytes);
        let of_all = mutations(body, 1, rounds(5000)).map(|body| sealed(&body));
        let of_description = mutations(&body[HEAD..end], 2, rounds(5000)).map(|text| described(bytes, &text));
        let (mut read, mut went_on) = (0, 0);
        for damaged in of_all.chain(of_description) {
            match file.read(&damaged, task.start(), &task.course()) {
                Ok(mut state) => {
                    read += 1;
                    let next = state.points.len() + 1;
                    let has_next = next <= task.config.max_steps;
                    went_on += usize::from(has_next && run.step(&mut state, next).is_ok());
                }
                Err(error) => assert!(is_typed(&error), "{error}"),
            }
        }
        println!("{read} of {} were read, {went_on} took a step", 2 * rounds(5000));
        assert!(went_on > 0 && read < 2 * rounds(5000), "{read} were read, {went_on} took a step");
    });
}

#[test]
fn a_description_that_no_run_comes_to_is_refused_by_what_is_wrong_with_it() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 13] = [
        ("at most 4 steps", |said| {
            let point = said["points"][0].clone();
            said["points"].as_array_mut().unwrap().extend([point.clone(), point]);
        }),
        ("no look at dev after step 1, found one", |said| said["points"][0][1] = json!(0.375_f64.to_bits())),
        ("a look at dev after step 2, found none", |said| said["points"][1][1] = Value::Null),
        ("a finite loss of step 3", |said| said["points"][2][0] = json!(f64::NAN.to_bits())),
        ("1 looks at dev, found 0", |said| said["looks"] = json!([])),
        ("1 looks at dev, found 2", |said| said["looks"] = json!([said["looks"][0], said["looks"][0]])),
        ("2 dev queries, found 1", |said| said["looks"][0] = json!([0.375_f64.to_bits()])),
        ("found 0.5 as the mean", |said| said["looks"][0][1] = json!(0.5_f64.to_bits())),
        ("found NaN as the mean", |said| said["looks"][0][1] = json!(f64::NAN.to_bits())),
        ("the best of its looks, Some((2, 0.375)), found Some((3, 0.375))", |said| {
            said["best"][0] = json!(3)
        }),
        ("found Some((2, 0.5))", |said| said["best"][1] = json!(0.5_f64.to_bits())),
        ("the best of its looks, Some((2, 0.375)), found None", |said| said["best"] = Value::Null),
        ("seconds that have passed", |said| said["seconds"] = json!(-1.0)),
    ];
    with_checkpoint(|task, _, file, bytes| {
        let (body, end) = parts_of(bytes);
        for (reason, change) in changes {
            let mut said: Value = serde_json::from_slice(&body[HEAD..end]).unwrap();
            change(&mut said);
            let forged = described(bytes, &serde_json::to_vec(&said).unwrap());
            let error = file.read(&forged, task.start(), &task.course()).unwrap_err();
            assert!(is_typed(&error) && error.to_string().contains(reason), "{reason:?} is not in {error}");
        }
    });
}

#[test]
fn numbers_are_as_many_as_towers_have() {
    with_checkpoint(|task, _, file, bytes| {
        let (body, _) = parts_of(bytes);
        for numbers in [&body[..body.len() - 4], &[body, &[0; 4]].concat()] {
            let error = file.read(&sealed(numbers), task.start(), &task.course()).unwrap_err();
            assert!(is_typed(&error) && error.to_string().contains("bytes of numbers"), "{error}");
        }
    });
}

#[test]
fn any_number_of_tokens_can_be_gone_on_from() {
    with_checkpoint(|task, run, file, bytes| {
        let (body, end) = parts_of(bytes);
        let mut said: Value = serde_json::from_slice(&body[HEAD..end]).unwrap();
        said["tokens"] = json!(u64::MAX);
        let forged = described(bytes, &serde_json::to_vec(&said).unwrap());
        let mut state = file.read(&forged, task.start(), &task.course()).unwrap();
        run.step(&mut state, 4).unwrap();
        assert_eq!(state.tokens, u64::MAX);
    });
}
