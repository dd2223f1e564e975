//! Texts that are compressed.

use super::Beir;

#[test]
fn texts_compressed_with_zstd_are_encoded_as_plain_ones_are() {
    let (plain, packed) = (Beir::new(30, 40), Beir::new(30, 40));
    plain.encode(&[]).succeeded();
    for name in ["corpus.jsonl", "queries.jsonl"] {
        let path = packed.0.path().join(name);
        let bytes = zstd::encode_all(std::fs::read(&path).unwrap().as_slice(), 3).unwrap();
        packed.write(&format!("{name}.zst"), bytes);
        std::fs::remove_file(path).unwrap();
    }
    packed.encode(&[]).succeeded();
    assert!(plain.files().into_values().eq(packed.files().into_values()));
    std::fs::remove_file(packed.0.path().join("queries.jsonl.zst")).unwrap();
    packed.encode(&[]).failed_with(&["queries.jsonl", "nor with .gz or .zst, nor as Parquet"]);
}
