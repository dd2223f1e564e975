//! Several machines, each with a share.

use ess_data::EmbeddingStore;

use super::Beir;

#[test]
fn shards_together_are_all_of_it() {
    let beir = Beir::new(10, 9);
    let mut ids = Vec::new();
    for shard in 1..=3 {
        beir.encode(&["--shard", &format!("{shard}/3")]).succeeded();
        let store =
            EmbeddingStore::open(beir.out().join(format!("corpus.{shard}-of-3.safetensors"))).unwrap();
        ids.extend(store.ids().iter().map(str::to_owned));
    }
    assert_eq!(ids, (0..10).map(|i| format!("d{i}")).collect::<Vec<_>>());
}
