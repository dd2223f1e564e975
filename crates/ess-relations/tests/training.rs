//! Training on UMLS: what it reaches, that it repeats, and what stays as it was.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use ess_core::{Embeddings, ExactIndex, Index, IndexSearcher, SearchModule, Searcher};
use ess_index::FlatIndex;
use ess_relations::{
    ByRow, Direction, Error, KnowledgeGraph, ModelConfig, Normalisation, OptimizerKind, Part, Progress,
    RelationSet, RelationTraining, RowModel, register_relation_model,
};

fn umls() -> KnowledgeGraph {
    KnowledgeGraph::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/umls")).unwrap()
}

fn training(name: &str, dim: usize, partitions: usize) -> RelationTraining {
    let model = ModelConfig { name: name.to_owned(), dim, partitions, ..Default::default() };
    RelationTraining { model, epochs: 3, learning_rate: 0.02, ..Default::default() }
}

fn trained(training: &RelationTraining) -> RelationSet {
    training.train(&umls(), Progress::Silent).unwrap().relations
}

const ALL: [(&str, usize, usize); 7] = [
    ("dist_mult", 16, 1),
    ("complex", 16, 1),
    ("rotate", 16, 1),
    ("cp", 16, 1),
    ("simple", 16, 1),
    ("mei", 18, 3),
    ("meim", 18, 3),
];

#[test]
fn complex_on_umls_reaches_its_figure() {
    let model = ModelConfig { dim: 100, ..Default::default() };
    let training =
        RelationTraining { model, epochs: 60, learning_rate: 0.02, n3: 0.01, ..Default::default() };
    let trained = training.train(&umls(), Progress::Silent).unwrap();
    let measured = trained.relations.evaluate(&umls(), Part::Test).unwrap();
    assert!(measured.both.mrr > 0.90, "{:?}", measured.both);
    let [low, high] = measured.interval;
    assert!(low < measured.both.mrr && measured.both.mrr < high && high - low < 0.08, "{low} {high}");
    let best = trained.report.valid.iter().map(|point| point.mrr).fold(0.0, f64::max);
    let kept = trained.report.valid.iter().find(|point| point.epoch == trained.report.best_epoch).unwrap();
    assert_eq!(kept.mrr, best);
    let asked: usize = measured.categories.iter().map(|of| of.heads.ranks + of.tails.ranks).sum();
    assert_eq!((asked, measured.both.ranks), (2 * 661, 2 * 661));
}

#[test]
fn test_triples_change_nothing_of_training() {
    let graph = umls();
    let named = |part: Part| -> Vec<[&str; 3]> {
        let names = |t: &ess_relations::Triple| {
            let entity = |at: u32| graph.entities().name(at as usize);
            [entity(t.head), graph.relations().name(t.relation as usize), entity(t.tail)]
        };
        graph.part(part).iter().map(names).collect()
    };
    let (train, valid, test) = (named(Part::Train), named(Part::Valid), named(Part::Test));
    let outcome = |test: &[[&str; 3]]| {
        let graph = KnowledgeGraph::from_triples(&train, &valid, test).unwrap();
        let training = RelationTraining { check_every: 1, ..training("complex", 16, 1) };
        let trained = training.train(&graph, Progress::Silent).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set");
        trained.relations.save(&path).unwrap();
        (trained.report.valid, trained.report.best_epoch, std::fs::read(path).unwrap())
    };
    let (valid, best, file) = outcome(&test);
    let other = outcome(&[]);
    assert_eq!((&other.0, other.1), (&valid, best));
    assert!(other.2 == file);
}

#[test]
fn the_same_seed_gives_the_same_bits_in_any_number_of_threads() {
    for (name, dim, partitions) in ALL {
        let full = RelationTraining {
            batch_norm: name != "rotate",
            head_dropout: 0.2,
            query_dropout: if name == "rotate" { 0.0 } else { 0.2 },
            n3: 0.01,
            ..training(name, dim, partitions)
        };
        let file = |threads: usize| {
            let pool = rayon_pool(threads);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("set");
            pool.install(|| trained(&full)).save(&path).unwrap();
            std::fs::read(path).unwrap()
        };
        assert!(file(1) == file(2), "{name}");
    }
}

/// MEIM as its authors train it: batch normalisation, shared by partitions, and dropout, before f_r and after it.
fn as_its_authors() -> RelationTraining {
    let model = training("meim", 18, 3).model;
    RelationTraining {
        model: ModelConfig { orthogonality: 0.1, ..model },
        optimizer: OptimizerKind::AmsGrad,
        relation_norm: 5e-5,
        head_dropout: 0.3,
        query_dropout: 0.3,
        batch_norm: true,
        normalisation: Normalisation { shared: true, momentum: 0.05, epsilon: 1e-3, ..Default::default() },
        ..training("meim", 18, 3)
    }
}

/// Eq. 3 with what batch normalisation leaves: a query is the same alone and among others, with nothing dropped, and its score is the
/// inner product with the entity's encoding. So it is once it was saved.
#[test]
fn a_relation_that_was_batch_normalised_is_a_searching_module() {
    let all = as_its_authors();
    let of_queries = Normalisation { heads: false, ..all.normalisation };
    for training in [RelationTraining { normalisation: of_queries, ..all.clone() }, all] {
        let set = trained(&training);
        ess_testing::search_module::conforms(&set.module("causes", Direction::Head).unwrap(), 1e-5);
        let folder = tempfile::tempdir().unwrap();
        set.save(folder.path().join("set")).unwrap();
        let loaded = RelationSet::load(folder.path().join("set")).unwrap();
        let encodings = set.encodings().unwrap();
        for relation in ["causes", "isa"] {
            let queries = set.module(relation, Direction::Tail).unwrap().apply(&encodings).unwrap();
            assert_eq!(queries, loaded.module(relation, Direction::Tail).unwrap().apply(&encodings).unwrap());
            for (head, tail) in [(0, 1), (7, 7), (90, 3)] {
                let product: f32 =
                    queries.row(head).iter().zip(encodings.row(tail)).map(|(q, t)| q * t).sum();
                let [head, tail] = [head, tail].map(|entity| set.entities().name(entity));
                let score = set.score(head, relation, tail).unwrap();
                assert!((score - product).abs() < 1e-4 * product.abs().max(1.0), "{score} {product}");
            }
        }
    }
}

#[test]
fn settings_that_say_nothing_new_are_written_as_they_were() {
    let text = serde_json::to_string(&RelationTraining::default()).unwrap();
    assert!(!text.contains("normalisation") && !text.contains("relation_norm"), "{text}");
    let all = as_its_authors();
    let again: RelationTraining = serde_json::from_str(&serde_json::to_string(&all).unwrap()).unwrap();
    assert_eq!(again, all);
}

fn rayon_pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

#[test]
fn searching_an_index_gives_what_scores_give() {
    let graph = umls();
    for (name, dim, partitions) in ALL {
        let set = trained(&training(name, dim, partitions));
        let asked = [
            ("virus", "causes", Direction::Tail),
            ("cell", "part_of", Direction::Head),
            ("virus", "isa", Direction::Tail),
        ];
        let queries = set.queries(&asked).unwrap();
        let index = FlatIndex::new(set.items().unwrap()).unwrap();
        let searcher = IndexSearcher::new(set.any_relation(), index).unwrap();
        let hits = searcher.search(&queries, graph.entities().len()).unwrap();
        assert_eq!(hits[0].len(), graph.entities().len());
        for hit in &hits[0] {
            let score = set.score("virus", "causes", set.entities().name(hit.item)).unwrap();
            assert!((score - hit.similarity).abs() < 1e-4 * score.abs().max(1.0), "{name}");
        }
        // One relation's module gives what the module of all gives.
        for ((entity, relation, direction), hits) in asked.iter().zip(&hits) {
            let head = set.encodings().unwrap().select(&[set.entities().find(entity).unwrap()]).unwrap();
            let query = set.module(relation, *direction).unwrap().apply(&head).unwrap();
            let found = &ExactIndex::new(set.items().unwrap()).search(&query, 5).unwrap()[0];
            for (one, other) in found.iter().zip(hits) {
                assert!(
                    (one.similarity - other.similarity).abs() < 1e-4 * one.similarity.abs().max(1.0),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn relations_are_searching_modules_as_others_are() {
    for (name, dim, partitions) in ALL {
        let set = trained(&training(name, dim, partitions));
        ess_testing::search_module::conforms(&set.module("causes", Direction::Head).unwrap(), 1e-5);
        let asked =
            ["virus", "cell", "fish", "gene_or_genome"].map(|entity| (entity, "isa", Direction::Tail));
        ess_testing::search_module::conforms_on(&set.any_relation(), &set.queries(&asked).unwrap(), 1e-5);
    }
}

#[test]
fn frozen_entities_stay_as_they_were() {
    let graph = umls();
    let first = trained(&training("complex", 32, 1));
    let encodings = first.encodings().unwrap();
    for (name, partitions) in [("complex", 1), ("rotate", 1), ("meim", 2)] {
        let training = RelationTraining { batch_norm: name == "meim", ..training(name, 32, partitions) };
        let second = training.train_on(&graph, &encodings, Progress::Silent).unwrap();
        assert_eq!(second.relations.encodings().unwrap(), encodings);
        let losses = &second.report.losses;
        assert!(losses[2] < losses[0], "{name}: {losses:?}");
    }
    let idle = RelationTraining { n3: 0.1, ..training("rotate", 32, 1) };
    let refused = idle.train_on(&graph, &encodings, Progress::Silent);
    assert!(matches!(refused.err(), Some(Error::Config { name: "n3", .. })));
    let wrong = Embeddings::from_rows(&[[0.0; 32]]).unwrap();
    let refused = training("complex", 32, 1).train_on(&graph, &wrong, Progress::Silent);
    assert!(matches!(refused.err(), Some(Error::Size { expected: 135, found: 1, .. })));
    let wrong = Embeddings::from_rows(&vec![[0.5; 31]; 135]).unwrap();
    let refused = training("complex", 32, 1).train_on(&graph, &wrong, Progress::Silent);
    assert!(matches!(refused.err(), Some(Error::Size { expected: 32, found: 31, .. })));
}

/// TransE with the inner product, of a downstream crate.
struct Step {
    dim: usize,
    scale: f32,
}

impl RowModel for Step {
    fn entity_dim(&self) -> usize {
        self.dim
    }

    fn relation_dim(&self) -> usize {
        self.dim
    }

    fn map_row(&self, relation: &[f32], head: &[f32], query: &mut [f32]) {
        (0..self.dim).for_each(|i| query[i] = head[i] + self.scale * relation[i]);
    }

    fn row_gradient(
        &self,
        _: &[f32],
        _: &[f32],
        gradient: &[f32],
        of_head: &mut [f32],
        of_relation: &mut [f32],
    ) {
        for (i, g) in gradient.iter().enumerate() {
            of_head[i] += g;
            of_relation[i] += self.scale * g;
        }
    }
}

#[test]
fn a_model_of_another_crate_works_by_name() {
    let register = || {
        register_relation_model::<ByRow<Step>>("step", |config| {
            let scale = config.settings.get("scale").copied().unwrap_or(1.0) as f32;
            Ok(Arc::new(ByRow(Step { dim: config.dim, scale })))
        })
    };
    register().unwrap();
    register().unwrap();
    let config = r#"{"model": {"name": "step", "dim": 16, "settings": {"scale": 2}}, "epochs": 2}"#;
    let set = trained(&serde_json::from_str(config).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set");
    set.save(&path).unwrap();
    let loaded = RelationSet::load(&path).unwrap();
    assert_eq!(
        loaded.score("virus", "isa", "organism").unwrap(),
        set.score("virus", "isa", "organism").unwrap()
    );
    let taken = register_relation_model::<ByRow<Step>>("complex", |_| unreachable!());
    assert!(matches!(taken, Err(Error::ModelName { name: "complex", .. })));
    let malformed = register_relation_model::<ByRow<Step>>("Trans-E", |_| unreachable!());
    assert!(matches!(malformed, Err(Error::ModelName { .. })));
}

#[test]
fn wrong_settings_are_refused_before_work_starts() {
    let graph = umls();
    for (change, name) in [
        (r#"{"epochs": 0}"#, "epochs"),
        (r#"{"batch_size": 0}"#, "batch_size"),
        (r#"{"learning_rate": 0}"#, "learning_rate"),
        (r#"{"decay": 1.5}"#, "decay"),
        (r#"{"n3": -1}"#, "n3"),
        (r#"{"head_dropout": 1}"#, "head_dropout"),
        (r#"{"max_seconds": 0}"#, "max_seconds"),
        (r#"{"model": {"name": "rotate"}, "batch_norm": true}"#, "batch_norm"),
        (r#"{"model": {"name": "rotate"}, "query_dropout": 0.2}"#, "query_dropout"),
        (r#"{"batch_size": 1, "batch_norm": true}"#, "batch_size"),
        (r#"{"normalisation": {"shared": true}}"#, "normalisation"),
        (r#"{"batch_norm": true, "normalisation": {"heads": false, "queries": false}}"#, "normalisation"),
        (r#"{"batch_norm": true, "normalisation": {"momentum": 0}}"#, "momentum"),
        (r#"{"batch_norm": true, "normalisation": {"epsilon": 0}}"#, "epsilon"),
        (r#"{"relation_norm": -1}"#, "relation_norm"),
        (r#"{"model": {"name": "rotate"}, "relation_norm": 0.1}"#, "relation_norm"),
    ] {
        let training: RelationTraining = serde_json::from_str(change).unwrap();
        let refused = training.train(&graph, Progress::Silent).err().expect(change);
        assert!(matches!(refused, Error::Config { name: found, .. } if found == name), "{change}: {refused}");
    }
    let wild = RelationTraining { learning_rate: 1e30, ..training("complex", 8, 1) };
    assert!(matches!(wild.train(&graph, Progress::Silent).err(), Some(Error::Diverged { epoch: 1 })));
}
