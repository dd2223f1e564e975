//! The data set in data/scifact is what its SOURCE.md says.

use std::path::PathBuf;

use ess_data::{EmbeddingStore, Item, Judgements, Query, read_qrels, read_records};

fn scifact(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/scifact").join(name)
}

#[test]
fn texts_and_embeddings_have_the_same_ids() {
    let items: Vec<Item> = read_records(scifact("corpus.jsonl.gz")).unwrap();
    let queries: Vec<Query> = read_records(scifact("queries.jsonl")).unwrap();
    let item_store = EmbeddingStore::open(scifact("minilm/corpus.safetensors")).unwrap();
    let query_store = EmbeddingStore::open(scifact("minilm/queries.safetensors")).unwrap();
    assert_eq!((items.len(), queries.len()), (5183, 1109));
    assert!(items.iter().map(|item| item.id.as_str()).eq(item_store.ids().iter()));
    assert!(queries.iter().map(|query| query.id.as_str()).eq(query_store.ids().iter()));
    for store in [item_store, query_store] {
        assert_eq!((store.dim(), store.provenance().normalized), (384, Some(true)));
        let norms = store.to_embeddings().unwrap();
        let far = |row: &[f32]| (row.iter().map(|x| x * x).sum::<f32>().sqrt() - 1.0).abs() > 1e-3;
        assert_eq!(norms.rows().filter(|row| far(row)).count(), 0);
    }
}

#[test]
fn judgements_have_embeddings_and_the_item_disjoint_split_shares_no_positive() {
    let items = EmbeddingStore::open(scifact("minilm/corpus.safetensors")).unwrap();
    let queries = EmbeddingStore::open(scifact("minilm/queries.safetensors")).unwrap();
    let counts = |name: &str| {
        let qrels = read_qrels(scifact(name)).unwrap();
        let joined = Judgements::join(&qrels, queries.ids(), items.ids()).unwrap();
        assert!(joined.without_positive().is_empty());
        (joined.queries().len(), qrels.len())
    };
    assert_eq!(counts("qrels/train.tsv"), (809, 919));
    assert_eq!(counts("qrels/test.tsv"), (300, 339));

    let sides = ["train", "dev", "test"].map(|side| {
        let qrels = read_qrels(scifact(&format!("qrels_item_disjoint/{side}.tsv"))).unwrap();
        qrels.iter().map(|(_, item, _)| item.to_owned()).collect::<std::collections::HashSet<_>>()
    });
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        assert!(sides[a].is_disjoint(&sides[b]), "{a} and {b}");
    }
    assert_eq!(counts("qrels_item_disjoint/train.tsv"), (664, 738));
    assert_eq!(counts("qrels_item_disjoint/dev.tsv"), (223, 251));
    assert_eq!(counts("qrels_item_disjoint/test.tsv"), (222, 269));
}
