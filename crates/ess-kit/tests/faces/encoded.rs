//! From texts to hits.

use ess_kit::prelude::*;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ess-encoders/tests/golden/tiny/bert");

#[test]
fn texts_are_encoded_from_a_folder_and_found() {
    let encoder = SentenceEncoder::load(TINY).unwrap();
    let texts = ["The cat sat on the mat.", "Stocks fell on Monday."];
    let index = FlatIndex::new(encoder.encode_items(&texts).unwrap()).unwrap();
    let hits = index.search(&encoder.encode_queries(&texts).unwrap(), 1).unwrap();
    assert_eq!([hits[0][0].item, hits[1][0].item], [0, 1]);
}

#[cfg(feature = "train-encoders")]
#[test]
fn an_encoder_is_trained_on_texts() {
    let items = ["The cat sat on the mat.", "Stocks fell on Monday."];
    let judged = |queries: [&'static str; 2]| {
        let relevant = [0, 1].map(|item| vec![Judgement { item, grade: 1 }]);
        JudgedTexts::new(queries.to_vec(), relevant.to_vec()).unwrap()
    };
    let config = TextTrainingConfig { max_steps: 1, ..TextTrainingConfig::default() };
    let trainer = EncoderTrainer::new(TINY, config).unwrap().with_progress(Progress::Silent);
    let train = judged(["where is the cat", "what fell"]);
    let trained = trainer.fit(&items, &train, &judged(["the mat", "Monday"])).unwrap();
    let report = trained.report();
    assert_eq!((report.points.len(), report.train_queries, report.items), (1, 2, 2));
}
