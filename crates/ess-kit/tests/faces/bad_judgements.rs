//! Judgements that do not fit the embeddings.

use std::error::Error as _;

use ess_kit::{Error, core::Error as CoreError, prelude::*};

use crate::folder::{Folder, ROWS, ids, points};

/// The cause of what a qrels file was refused for.
fn cause(error: Error) -> Error {
    let said = error.to_string();
    match error {
        Error::Judgements { path, cause } | Error::NotCut { path, cause } => {
            assert!(said.contains("qrels.tsv") && path.ends_with("qrels.tsv"), "{said}");
            *cause
        }
        other => panic!("no file is named: {other}"),
    }
}

#[test]
fn ids_that_do_not_match_are_named_beside_one_that_would() {
    let folder = Folder::new();
    let dataset = folder.open();
    for (line, wanted) in [("nobody\td1\t1", "query"), ("q1\tnothing\t1", "item")] {
        let error = cause(dataset.judge_file(folder.qrels(&["q0\td0\t1", line])).unwrap_err());
        let said = error.to_string();
        assert!(matches!(error, Error::UnknownId { what, len: ROWS, .. } if what == wanted), "{said}");
        let example = if wanted == "query" { "\"q0\"" } else { "\"d0\"" };
        assert!(said.contains(example) && said.contains("allow_missing"), "{said}");
    }
    let allowed = folder.open().allow_missing(true);
    let judged = allowed.judge_file(folder.qrels(&["q0\td0\t1", "nobody\td1\t1", "q1\tnothing\t1"])).unwrap();
    assert_eq!((judged.ids, judged.left_out.queries, judged.left_out.judgements), (vec!["q0".into()], 2, 2));
}

#[test]
fn judgements_of_other_ids_altogether_are_told_apart_from_none() {
    let folder = Folder::new();
    let dataset = folder.open().allow_missing(true);
    let error =
        cause(dataset.judge_file(folder.qrels(&["PLAIN-1\tMED-1\t1", "PLAIN-2\tMED-2\t1"])).unwrap_err());
    let said = error.to_string();
    assert!(matches!(error, Error::NothingJudged { found: 2, .. }), "{said}");
    assert!(["PLAIN-1", "q0", "d0"].iter().all(|id| said.contains(id)), "{said}");
    let error = cause(dataset.judge_file(folder.qrels(&["q0\td0\t0"])).unwrap_err());
    assert!(matches!(error, Error::NothingJudged { found: 1, .. }), "{error}");
}

#[test]
fn empty_sets_are_refused() {
    let (queries, items) = (ids('q', ROWS), ids('d', ROWS));
    let nothing = JudgedQueries::join(&Qrels::new(), &queries, &points(0.0, 1.0), &items);
    assert!(matches!(nothing, Err(Error::NothingJudged { found: 0, .. })));
    let folder = Folder::new();
    let dataset = folder.open();
    assert!(matches!(dataset.judge(&Qrels::new()), Err(Error::NothingJudged { found: 0, .. })));
    assert!(matches!(dataset.query_embeddings(&[]), Err(Error::Data(_))));
    assert!(matches!(dataset.query_embeddings(&["q77"]), Err(Error::UnknownId { what: "query", .. })));
    assert!(matches!(
        evaluate(&Qrels::new(), &Run::new("none")),
        Err(Error::Metrics(ess_kit::metrics::Error::NoPositiveJudgement { judged: 0 }))
    ));
}

#[test]
fn ids_and_encodings_of_different_numbers_are_refused() {
    let mut qrels = Qrels::new();
    qrels.insert("q0", "d0", 1).unwrap();
    let judged = JudgedQueries::join(&qrels, &ids('q', 3), &points(0.0, 1.0), &ids('d', 3));
    assert!(matches!(judged, Err(Error::Core(CoreError::LengthMismatch { expected: ROWS, found: 3, .. }))));
}

#[test]
fn a_joined_set_is_the_one_that_the_folder_gives() {
    let folder = Folder::new();
    let path = folder.qrels(&["q3\td5\t2", "q3\td1\t0", "q1\td2\t1", "q2\td9\t0"]);
    let from_folder = folder.open().judge_file(&path).unwrap();
    let (queries, items) = (ids('q', ROWS), ids('d', ROWS));
    let joined =
        JudgedQueries::join(&read_qrels(&path).unwrap(), &queries, &points(0.0, 1.0), &items).unwrap();
    assert_eq!((&joined.ids, &joined.qrels), (&from_folder.ids, &from_folder.qrels));
    assert_eq!(joined.ids, ["q3", "q1"]);
    assert_eq!(joined.set.judgements(), from_folder.set.judgements());
    assert_eq!(joined.set.encodings(), from_folder.set.encodings());
}

#[test]
fn a_file_that_cannot_be_cut_says_why() {
    let folder = Folder::new();
    let dataset = folder.open();
    let error = dataset.train_and_dev(folder.qrels(&["q0\td0\t1"]), 0.2, 0).unwrap_err();
    assert!(error.source().is_some_and(|cause| cause.to_string().contains("2 judged queries")), "{error}");
    let outside = dataset.train_and_dev(folder.qrels(&["q0\td0\t1", "q1\td1\t1"]), 1.5, 0).unwrap_err();
    assert!(cause(outside).to_string().contains("less than 1"));
}
