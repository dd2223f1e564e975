//! Texts in Parquet files.

use std::path::{Path, PathBuf};

use ess_data::{Item, read_records, write_records};

use super::Beir;

/// What pyarrow wrote for the tests of ess-data.
fn shards() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-data/tests/golden/parquet/corpus")
}

#[test]
fn texts_in_shards_of_parquet_are_encoded_as_plain_ones_are() {
    let (plain, packed) = (Beir::new(2, 4), Beir::new(2, 4));
    let items: Vec<Item> = read_records(shards()).unwrap();
    write_records(plain.0.path().join("corpus.jsonl"), &items).unwrap();
    plain.encode(&[]).succeeded();
    let folder = packed.0.path().join("corpus");
    std::fs::create_dir(&folder).unwrap();
    for shard in std::fs::read_dir(shards()).unwrap() {
        let shard = shard.unwrap().path();
        std::fs::copy(&shard, folder.join(shard.file_name().unwrap())).unwrap();
    }
    std::fs::remove_file(packed.0.path().join("corpus.jsonl")).unwrap();
    packed.encode(&[]).succeeded();
    assert!(plain.files().into_values().eq(packed.files().into_values()));
    // One file, by its name.
    std::fs::remove_dir_all(packed.0.path().join("corpus")).unwrap();
    std::fs::copy(shards().join("corpus-00001-of-00002.parquet"), packed.0.path().join("corpus.parquet"))
        .unwrap();
    packed.encode(&[]).succeeded();
    packed.write("corpus.parquet", b"PAR1 and nothing more");
    packed.encode(&[]).failed_with(&["corpus.parquet", "a Parquet file"]);
}
