//! From texts to hits.

use ess_kit::prelude::*;

#[test]
fn texts_are_encoded_from_a_folder_and_found() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ess-encoders/tests/golden/tiny/bert");
    let encoder = SentenceEncoder::load(folder).unwrap();
    let texts = ["The cat sat on the mat.", "Stocks fell on Monday."];
    let index = FlatIndex::new(encoder.encode_items(&texts).unwrap()).unwrap();
    let hits = index.search(&encoder.encode_queries(&texts).unwrap(), 1).unwrap();
    assert_eq!([hits[0][0].item, hits[1][0].item], [0, 1]);
}
