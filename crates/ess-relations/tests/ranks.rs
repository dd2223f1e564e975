//! Ranks triple by triple, how many numbers a set has, and settings that are refused without a graph.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_relations::{
    Error, KnowledgeGraph, ModelConfig, Part, Progress, RankSummary, RelationTraining, ValidPoint,
};

fn umls() -> KnowledgeGraph {
    KnowledgeGraph::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/umls")).unwrap()
}

fn training(name: &str, dim: usize, partitions: usize) -> RelationTraining {
    let model = ModelConfig { name: name.to_owned(), dim, partitions, ..Default::default() };
    RelationTraining { model, epochs: 2, check_every: 1, learning_rate: 0.02, ..Default::default() }
}

#[test]
fn an_evaluation_is_the_means_of_ranks_in_the_order_of_the_part() {
    let graph = umls();
    let set = training("complex", 16, 1).train(&graph, Progress::Silent).unwrap().relations;
    let (ranks, measured) =
        (set.ranks(&graph, Part::Test).unwrap(), set.evaluate(&graph, Part::Test).unwrap());
    assert_eq!(ranks.len(), graph.part(Part::Test).len());
    assert_eq!(RankSummary::of(ranks.iter().flatten().copied()), measured.both);
    assert_eq!(RankSummary::of(ranks.iter().map(|ranks| ranks[0])), measured.heads);
    // Those of a relation are at the places of its triples.
    let relation = graph.relations().find("isa").unwrap();
    let of_relation =
        graph.part(Part::Test).iter().zip(&ranks).filter(|(t, _)| t.relation as usize == relation);
    let of_relation = RankSummary::of(of_relation.flat_map(|(_, ranks)| ranks).copied());
    let expected = measured.relations.iter().find(|of| of.relation == "isa").unwrap();
    assert_eq!(of_relation, expected.both);

    let none = KnowledgeGraph::from_triples(&[["virus", "isa", "organism"]], &[], &[]).unwrap();
    assert!(matches!(set.ranks(&none, Part::Test), Err(Error::NoTriples { .. })));
    let unknown = KnowledgeGraph::from_triples(&[["virsu", "isa", "organism"]], &[], &[]).unwrap();
    assert!(matches!(set.ranks(&unknown, Part::Train), Err(Error::UnknownName { .. })));
}

#[test]
fn a_set_says_how_many_numbers_it_has() {
    let count = |training: &RelationTraining| {
        training.train(&umls(), Progress::Silent).unwrap().relations.parameters()
    };
    let (entities, relations) = (135 * 16, 2 * 46 * 16);
    assert_eq!(count(&training("complex", 16, 1)), entities + relations);
    let normed = RelationTraining { batch_norm: true, ..training("complex", 16, 1) };
    assert_eq!(count(&normed), entities + relations + 4 * 16);
    let shared = training("meim", 16, 4).model.build().unwrap().shared_len();
    assert_eq!(count(&training("meim", 16, 4)), entities + relations + shared);
}

#[test]
fn a_report_says_what_the_pass_that_was_kept_gave() {
    let report = training("dist_mult", 8, 1).train(&umls(), Progress::Silent).unwrap().report;
    let ValidPoint { epoch, mrr } = report.best().unwrap();
    assert_eq!(epoch, report.best_epoch);
    assert!(report.valid.iter().all(|point| point.mrr <= mrr));
    let graph = KnowledgeGraph::from_triples(&[["a", "r", "b"]], &[], &[]).unwrap();
    assert_eq!(training("dist_mult", 8, 1).train(&graph, Progress::Silent).unwrap().report.best(), None);
}

#[test]
fn settings_are_checked_without_a_graph() {
    training("complex", 8, 1).check().unwrap();
    let refused = |training: RelationTraining| training.check().unwrap_err().to_string();
    assert!(refused(training("transe", 8, 1)).contains("dist_mult"));
    assert!(refused(training("complex", 7, 1)).contains("even"));
    assert!(refused(training("complex", 8, 2)).starts_with("partitions must be left out"));
    assert!(
        refused(RelationTraining { batch_norm: true, ..training("rotate", 8, 1) }).contains("batch_norm")
    );
    assert!(
        refused(RelationTraining { n3: f32::NAN, ..training("complex", 8, 1) }).starts_with("n3 must be")
    );
}
