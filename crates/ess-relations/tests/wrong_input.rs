//! Files that are wrong, torn or altered, and names that nobody knows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use ess_core::SearchModule;
use ess_files::Checksum;
use ess_relations::{
    Direction, Error, KnowledgeGraph, ModelConfig, Part, Progress, RelationSet, RelationTraining,
};
use ess_testing::{
    Scratch,
    damage::{mutations, rounds},
};

const TRIPLES: [[&str; 3]; 4] = [
    ["tokyo", "capital_of", "japan"],
    ["paris", "capital_of", "france"],
    ["paris", "in", "france"],
    ["kyoto", "in", "japan"],
];

fn small_set(batch_norm: bool) -> RelationSet {
    let graph = KnowledgeGraph::from_triples(&TRIPLES, &[], &[]).unwrap();
    let model = ModelConfig { name: "meim".to_owned(), dim: 4, partitions: 2, ..Default::default() };
    let training = RelationTraining { model, epochs: 2, batch_norm, ..Default::default() };
    training.train(&graph, Progress::Silent).unwrap().relations
}

fn files(folder: &Path, train: &[u8], test: &[u8]) {
    for (name, text) in [("train.txt", train), ("valid.txt", b"a\tr\tb\n"), ("test.txt", test)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn a_line_that_is_no_triple_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = b"a\tr\tb\n";
    for (text, line, word) in [
        (&b"a\tr\tb\nc r d\n"[..], 2, "1 fields"),
        (b"a\tr\tb\n\nc\tr\td\t0.5\n", 3, "4 fields"),
        (b"a\t\tb\n", 1, "an empty field"),
        (b"a\tr\tb\n\xff\tr\tb\n", 2, "utf-8"),
    ] {
        files(folder.path(), good, text);
        let error = KnowledgeGraph::open(folder.path()).unwrap_err();
        assert!(matches!(&error, Error::Line { line: found, .. } if *found == line), "{error}");
        assert!(error.to_string().contains(word) && error.to_string().contains("test.txt, line"), "{error}");
    }
    // Of a byte order mark no name has a part.
    files(folder.path(), good, "\u{feff}a\tr\tb\n".as_bytes());
    assert_eq!(KnowledgeGraph::open(folder.path()).unwrap().entities().len(), 2);
    files(folder.path(), good, &vec![b'x'; 2 << 20]);
    assert!(matches!(KnowledgeGraph::open(folder.path()), Err(Error::Line { line: 1, .. })));
    files(folder.path(), good, b"\n\n");
    assert!(
        matches!(KnowledgeGraph::open(folder.path()), Err(Error::NoTriples { what }) if what.ends_with("test.txt"))
    );
    std::fs::remove_file(folder.path().join("test.txt")).unwrap();
    assert!(matches!(KnowledgeGraph::open(folder.path()), Err(Error::Io { .. })));
    files(folder.path(), b"a\tr\tb\r\nb\tr\ta", good);
    assert_eq!(KnowledgeGraph::open(folder.path()).unwrap().entities().all(), ["a", "b"]);
}

/// Triples, or an error that says where: no panic, and what was read has the names that its triples are of.
#[test]
fn damaged_triples_are_a_graph_or_an_error_of_their_line() {
    let folder = Scratch::new();
    let good = "tokyo\tcapital_of\tjapan\r\nparis\tcapital of\tfrance\n\nparis\tin\tü\nkyoto\tin\tjapan";
    let whole = b"a\tr\tb\n";
    let rounds = rounds(10_000);
    let mut opened = 0;
    for (round, bytes) in mutations(good.as_bytes(), 4, rounds).enumerate() {
        // Each part of a graph is read in the same way, behind other parts.
        match round % 2 {
            0 => files(folder.path(), &bytes, whole),
            _ => files(folder.path(), whole, &bytes),
        }
        match KnowledgeGraph::open(folder.path()) {
            Ok(graph) => {
                opened += 1;
                let (entities, relations) = (graph.entities().len(), graph.relations().len());
                for part in [Part::Train, Part::Valid, Part::Test] {
                    let known = |triple: &ess_relations::Triple| {
                        (triple.head.max(triple.tail) as usize) < entities
                            && (triple.relation as usize) < relations
                    };
                    assert!(!graph.part(part).is_empty() && graph.part(part).iter().all(known));
                }
            }
            Err(error) => {
                assert!(matches!(error, Error::Line { .. } | Error::NoTriples { .. }), "{error}");
            }
        }
    }
    println!("{rounds} damaged files of triples, {opened} of which are read");
    assert!(opened > 0 && opened < rounds, "{opened} of {rounds} are read");
}

#[test]
fn unknown_names_come_with_the_nearest_known_one() {
    let set = small_set(false);
    let asked = set.queries(&[("tokio", "in", Direction::Tail)]).unwrap_err().to_string();
    assert_eq!(asked, r#"unknown entity "tokio"; the nearest known is "tokyo""#);
    let module = set.module("capitol_of", Direction::Tail).err().unwrap().to_string();
    assert_eq!(module, r#"unknown relation "capitol_of"; the nearest known is "capital_of""#);
    let other = KnowledgeGraph::from_triples(&[["paris", "in", "europe"]], &[], &TRIPLES).unwrap();
    assert!(
        matches!(set.evaluate(&other, Part::Test), Err(Error::UnknownName { name, .. }) if name == "europe")
    );
    let none = KnowledgeGraph::from_triples(&TRIPLES, &[], &[]).unwrap();
    assert!(matches!(set.evaluate(&none, Part::Test), Err(Error::NoTriples { .. })));
    assert!(matches!(set.queries(&[]), Err(Error::Core(_))));
}

#[test]
fn a_graph_in_another_order_is_measured_alike() {
    let set = small_set(false);
    let reversed: Vec<[&str; 3]> = TRIPLES.into_iter().rev().collect();
    let measured = |train: &[[&str; 3]]| {
        let graph = KnowledgeGraph::from_triples(train, &[], &TRIPLES).unwrap();
        set.evaluate(&graph, Part::Test).unwrap().both
    };
    assert_eq!(measured(&TRIPLES), measured(&reversed));
}

fn saved(batch_norm: bool) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set");
    small_set(batch_norm).save(&path).unwrap();
    std::fs::read(path).unwrap()
}

fn load(bytes: &[u8]) -> Result<RelationSet, Error> {
    let folder = Scratch::new();
    let path = folder.path().join("set");
    std::fs::write(&path, bytes).unwrap();
    RelationSet::load(path)
}

/// The length of the checksum at the end.
const CHECKSUM: usize = 24;

/// The checksum at the end made right again.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len().saturating_sub(CHECKSUM));
    with_checksum(bytes)
}

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = Checksum::of(&bytes).to_string();
    bytes.extend(checksum.into_bytes());
    bytes
}

#[test]
fn a_set_that_is_saved_and_loaded_is_the_same() {
    for batch_norm in [false, true] {
        let set = small_set(batch_norm);
        let loaded = load(&saved(batch_norm)).unwrap();
        assert_eq!(
            (loaded.entities(), loaded.relations(), loaded.model()),
            (set.entities(), set.relations(), set.model())
        );
        assert_eq!(loaded.items().unwrap(), set.items().unwrap());
        let score = |set: &RelationSet| set.score("paris", "in", "japan").unwrap();
        assert_eq!(score(&loaded), score(&set));
    }
}

#[test]
fn damage_is_refused_by_an_error() {
    let good = saved(true);
    for length in 0..good.len() {
        let error = load(&good[..length]).err().expect("a torn file");
        assert!(matches!(error, Error::Damaged { .. } | Error::Format { .. }), "{length}: {error}");
    }
    for bytes in mutations(&good, 1, rounds(10_000)).filter(|bytes| *bytes != good) {
        let error = load(&bytes).err().expect("an altered file");
        assert!(matches!(error, Error::Damaged { .. } | Error::Format { .. }), "{error}");
    }
}

/// What stands behind the checksum: a set or an error, and no panic.
#[test]
fn a_damaged_set_with_the_checksum_made_right_again_is_refused_or_answers() {
    let good = saved(true);
    let body = &good[..good.len() - CHECKSUM];
    let header = 16 + u32::from_le_bytes(good[12..16].try_into().unwrap()) as usize;
    // Names and settings are half of the file, and have half of the rounds to themselves.
    let of_all = mutations(body, 2, rounds(5000));
    let of_header = mutations(&body[16..header], 3, rounds(5000)).map(|altered| {
        [&body[..12], &(altered.len() as u32).to_le_bytes(), &altered, &body[header..]].concat()
    });
    let (mut tried, mut opened) = (0, 0);
    for bytes in of_all.chain(of_header).filter(|bytes| bytes != body) {
        tried += 1;
        if let Ok(set) = load(&with_checksum(bytes)) {
            opened += 1;
            let (entity, relation) = (set.entities().name(0), set.relations().name(0));
            for direction in [Direction::Tail, Direction::Head] {
                let Ok(asked) = set.queries(&[(entity, relation, direction)]) else { continue };
                let _ = set.module(relation, direction).map(|module| module.apply(asked.entities()));
            }
            let _ = (set.items(), set.score(entity, relation, entity));
        }
    }
    println!("{tried} damaged sets, {opened} of which are read");
    assert!(opened > 0 && opened < tried, "{opened} of {tried} are read");
}

#[test]
fn other_files_and_later_versions_are_told() {
    let mut later = saved(false);
    later[8] = 2;
    assert!(load(&sealed(later)).err().unwrap().to_string().contains("expected version 1, found version 2"));
    let other = load(b"PK\x03\x04 an archive of something").err().unwrap().to_string();
    assert!(other.contains("a set of relations of ESS, found a zip archive"), "{other}");
    let mut not_finite = saved(false);
    let at = not_finite.len() - 24 - 4;
    not_finite[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(load(&sealed(not_finite)).err().unwrap().to_string().contains("not a finite number"));
}
