//! What a choice with the cheapest trained module is worth on SciFact's item-disjoint split. Seconds of work, because nothing
//! smaller would show that held-out evidence holds on test queries.

use std::{collections::HashMap, path::Path};

use ess_auto::{AutoConfig, Collection, FoldKind, TrainingQueries};
use ess_core::{Hit, Searcher};
use ess_data::{EmbeddingStore, Item, Judgements, Query, read_qrels, read_records};
use ess_metrics::{Evaluator, RowQrels};
use ess_train::{Judgement, Progress, QuerySet};

use crate::generated::config;

struct SciFact {
    queries: EmbeddingStore,
    texts: HashMap<String, String>,
    collection: Collection,
}

impl SciFact {
    fn open(folder: &Path) -> Self {
        let queries = EmbeddingStore::open(folder.join("minilm/queries.safetensors")).unwrap();
        let corpus = EmbeddingStore::open(folder.join("minilm/corpus.safetensors")).unwrap();
        let records: Vec<Item> = read_records(folder.join("corpus.jsonl.gz")).unwrap();
        let texts: HashMap<String, String> =
            records.into_iter().map(|item| (item.id.clone(), item.title_and_text())).collect();
        let ids = corpus.ids();
        let texts: Vec<&str> = (0..ids.len()).map(|row| texts[ids.get(row).unwrap()].as_str()).collect();
        let collection = Collection::new(ids.clone(), corpus.to_embeddings().unwrap()).unwrap();
        let collection = collection.with_texts(&texts, config().lexical).unwrap();
        let records: Vec<Query> = read_records(folder.join("queries.jsonl")).unwrap();
        Self { queries, texts: records.into_iter().map(|query| (query.id, query.text)).collect(), collection }
    }

    fn judged(&self, path: &Path) -> TrainingQueries {
        let qrels = read_qrels(path).unwrap();
        let joined = Judgements::join(&qrels, self.queries.ids(), self.collection.ids()).unwrap();
        let joined = joined.with_positive().unwrap();
        let rows = joined.query_rows();
        let judged = joined
            .queries()
            .iter()
            .map(|query| query.grades.iter().map(|&(item, grade)| Judgement { item, grade }).collect());
        let set = QuerySet::new(self.queries.select(&rows).unwrap(), judged.collect()).unwrap();
        let texts = rows.iter().map(|&row| self.texts[self.queries.ids().get(row).unwrap()].clone());
        TrainingQueries::new(set).with_texts(texts.collect()).unwrap()
    }
}

#[test]
fn held_out_evidence_holds_on_new_items() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/scifact");
    let scifact = SciFact::open(&folder);
    let split = |name: &str| scifact.judged(&folder.join("qrels_item_disjoint").join(name));
    let (train, dev, test) = (split("train.tsv"), split("dev.tsv"), split("test.tsv"));
    let mut config = AutoConfig::default();
    config.trained_modules.truncate(1);
    let auto = ess_auto::Auto::new(config).unwrap().with_progress(Progress::Silent);
    let (module, report) = auto.fit(&scifact.collection, &train, Some(&dev), None).unwrap();
    assert_eq!(report.folds.kind, FoldKind::ByComponent);

    let texts: Vec<&str> = test.texts().unwrap().iter().map(String::as_str).collect();
    let queries = scifact.collection.encode(test.set().encodings(), &texts).unwrap();
    let searcher = module.bind(&scifact.collection).unwrap();
    let hybrid = ndcg(&test, &searcher.search(&queries, 10).unwrap());
    let dense = ndcg(&test, &searcher.search(test.set().encodings(), 10).unwrap());
    // The frozen encoder has .7097, and min-max with a tuned weight .773. What embeddings alone are worth on new items is
    // within chance, so no gain is asked of them, and no loss is allowed.
    assert!(hybrid > 0.765 && dense > 0.7096, "{hybrid} {dense}");
    let chosen = report.hybrid.unwrap();
    assert!(chosen.seen.is_none() && chosen.unseen.unwrap().gain > 0.07, "{chosen:?}");
}

fn ndcg(test: &TrainingQueries, hits: &[Vec<Hit>]) -> f64 {
    let grades = test.set().judgements().iter().map(|judged| judged.iter().map(|j| (j.item, j.grade)));
    let evaluator = Evaluator::from_names(["ndcg@10"]).unwrap();
    let rankings = hits.iter().map(|hits| hits.iter().map(|hit| hit.item));
    evaluator.evaluate_rows(&RowQrels::new(grades).unwrap(), rankings).unwrap().measures()[0].mean
}
