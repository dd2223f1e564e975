#![no_main]
//! Sets of relations with a right checksum, which are asked; and files of triples.

use ess_core::SearchModule;
use ess_fuzz::{Folder, file_of, keep_seeds, repaired_end};
use ess_relations::{Direction, KnowledgeGraph, ModelConfig, Part, Progress, RelationSet, RelationTraining};
use libfuzzer_sys::fuzz_target;

const TRIPLES: [[&str; 3]; 3] =
    [["tokyo", "capital of", "japan"], ["paris", "capital of", "france"], ["kyoto", "in", "japan"]];

/// A small set of a model, with what was learned by batch normalization where the model can be trained with it.
fn set(model: &str, partitions: usize, batch_norm: bool) -> Vec<u8> {
    let graph = KnowledgeGraph::from_triples(&TRIPLES, &[], &[]).expect("a graph");
    let model = ModelConfig { name: model.to_owned(), dim: 4, partitions, ..ModelConfig::default() };
    let training = RelationTraining { model, epochs: 1, batch_norm, ..RelationTraining::default() };
    let trained = training.train(&graph, Progress::Silent).expect("relations");
    file_of(|path| trained.relations.save(path).expect("a set"))
}

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    let triples = "tokyo\tcapital of\tjapan\r\nparis\tin\tfrance\n\nk\u{fc}\tin\tjapan".as_bytes().to_vec();
    let sets = [("meim", 2, true), ("complex", 1, true), ("rotate", 1, false)].into_iter();
    sets.map(|(name, partitions, batch_norm)| (name.to_owned(), set(name, partitions, batch_norm)))
        .chain([("triples".to_owned(), triples)])
}

fn ask(set: &RelationSet) {
    let (entity, relation) = (set.entities().name(0), set.relations().name(0));
    for direction in [Direction::Tail, Direction::Head] {
        if let (Ok(asked), Ok(module)) =
            (set.queries(&[(entity, relation, direction)]), set.module(relation, direction))
        {
            let _ = module.apply(asked.entities());
        }
    }
    let _ = (set.items(), set.encodings(), set.score(entity, relation, entity));
}

fuzz_target!(init: keep_seeds("relations", seeds()), |bytes: &[u8]| {
    let folder = Folder::new();
    if let Ok(set) = RelationSet::load(folder.file("set", &repaired_end(bytes))) {
        ask(&set);
    }
    for name in ["train.txt", "valid.txt", "test.txt"] {
        folder.file(name, bytes);
    }
    if let Ok(graph) = KnowledgeGraph::open(folder.path()) {
        let entities = graph.entities().len() as u32;
        let triples = graph.part(Part::Test);
        assert!(!triples.is_empty() && triples.iter().all(|triple| triple.head.max(triple.tail) < entities));
    }
});
