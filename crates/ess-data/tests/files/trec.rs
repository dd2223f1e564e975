//! Qrels and runs.

use ess_data::{
    Error, QrelsFormat, QrelsReader, check_run_ids, read_qrels, read_run, read_run_and_order,
    scores_rise_with_rank, write_qrels, write_run,
};
use ess_metrics::{Qrels, Run};
use proptest::prelude::*;

use crate::file_with;

fn qrels(entries: &[(&str, &str, i32)]) -> Qrels {
    let mut qrels = Qrels::new();
    for (query, item, grade) in entries {
        qrels.insert(query, item, *grade).unwrap();
    }
    qrels
}

fn qrels_error(content: impl AsRef<[u8]>) -> Error {
    let (_folder, path) = file_with(content);
    read_qrels(path).unwrap_err()
}

fn run_error(content: impl AsRef<[u8]>) -> Error {
    let (_folder, path) = file_with(content);
    read_run(path).unwrap_err()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn qrels_come_back_or_are_refused(
        entries in prop::collection::btree_map(("\\PC{1,3}|[q-s \\r\u{feff}]{1,2}", "\\PC{1,3}"), any::<i32>(), 1..8),
    ) {
        let mut written = Qrels::new();
        for ((query, item), grade) in &entries {
            written.insert(query, item, *grade).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qrels");
        write_qrels(&path, &written, QrelsFormat::Beir).unwrap();
        prop_assert_eq!(&read_qrels(&path).unwrap(), &written);
        match write_qrels(&path, &written, QrelsFormat::Trec) {
            Ok(()) => prop_assert_eq!(&read_qrels(&path).unwrap(), &written),
            Err(Error::Unwritable { id, .. }) => {
                let forbidden = id.contains(|c: char| c.is_whitespace() || c == '\u{feff}');
                prop_assert!(forbidden || id.starts_with('#'));
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn runs_come_back_ranked(
        entries in prop::collection::btree_map(("[a-c]", "[a-zé]{1,2}"), prop::num::f32::NORMAL | prop::num::f32::ZERO, 1..20),
    ) {
        let mut written = Run::new("a-system");
        for ((query, item), score) in &entries {
            written.insert(query, item, *score).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.gz");
        write_run(&path, &written).unwrap();
        let read = read_run(&path).unwrap();
        prop_assert_eq!(read.name(), "a-system");
        prop_assert_eq!((read.len(), read.queries().len()), (written.len(), written.queries().len()));
        for query in written.queries() {
            prop_assert_eq!(read.ranking(query), written.ranking(query));
        }
    }
}

#[test]
fn both_formats_are_recognised() {
    let expected = qrels(&[("q 1", "d", 1), ("q2", "e", -1)]);
    for content in [
        "query-id\tcorpus-id\tscore\nq 1\td\t1\nq2\te\t-1\n",
        "q 1\td\t1\nq2\te\t-1",
        "\u{feff}query-id\tcorpus-id\tscore\r\n\r\nq 1\td\t1\r\nq2\te\t-1\r\n",
    ] {
        let (_folder, path) = file_with(content);
        assert_eq!(read_qrels(path).unwrap(), expected, "{content:?}");
    }
    let expected = qrels(&[("q1", "d", 2), ("q2", "e", 0)]);
    for content in ["q1 0 d 2\nq2 0 e 0\n", "q1\t0\td\t2\r\n  q2   Q0 e  0  \r\n"] {
        let (_folder, path) = file_with(content);
        assert_eq!(read_qrels(path).unwrap(), expected, "{content:?}");
    }
}

#[test]
fn trec_files_are_written_as_trec_eval_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    write_qrels(&path, &qrels(&[("q1", "d1", 2), ("q1", "d0", 0)]), QrelsFormat::Trec).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "q1 0 d1 2\nq1 0 d0 0\n");
    let mut run = Run::new("tag");
    run.insert("q1", "d0", 0.5).unwrap();
    run.insert("q1", "d1", 0.75).unwrap();
    write_run(&path, &run).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "q1 Q0 d1 1 0.75 tag\nq1 Q0 d0 2 0.5 tag\n");
}

#[test]
fn wrong_lines_of_qrels_are_named() {
    let header = "query-id\tcorpus-id\tscore\n";
    for line in
        ["q\td", "q\td\t1\t1", "q\td\tx", "q\td\t1.5", "\td\t1", "q\t\t1", "q\td\t99999999999", "q d 1"]
    {
        let error = qrels_error([header, "q\te\t1\n", line].concat());
        assert!(matches!(error, Error::Line { line: 3, .. }), "{line}: {error}");
    }
    for line in ["q 0 d", "q 0 d 1 1", "q 0 d x", "q\td\t1"] {
        let error = qrels_error(["q 0 e 1\n", line].concat());
        assert!(matches!(error, Error::Line { line: 2, .. }), "{line}: {error}");
    }
    assert!(matches!(qrels_error("query\titem\tgrade\nq\td\t1\n"), Error::Line { line: 1, .. }));
    assert!(matches!(qrels_error("{\"_id\": \"a\"}"), Error::Line { line: 1, .. }));
    assert!(matches!(qrels_error(b"q 0 \xff 1\n"), Error::Line { line: 1, .. }));
    assert!(matches!(qrels_error("q 0 d 1\nq 0 e 1\nq 0 d 1\n"), Error::Line { line: 3, .. }));
    assert!(matches!(qrels_error(""), Error::EmptyFile { .. }));
    assert!(matches!(qrels_error(header), Error::EmptyFile { .. }));
}

#[test]
fn wrong_lines_of_runs_are_named() {
    for line in [
        "q Q0 d 1 0.5",
        "q Q0 d 1 x tag",
        "q Q0 d 1 NaN tag",
        "q Q0 d 1 inf tag",
        "q Q0 d 1 1e39 tag",
        "q Q0 e 1 0.5 tag",
    ] {
        let error = run_error(["q Q0 e 1 0.9 tag\n", line].concat());
        assert!(matches!(error, Error::Line { line: 2, .. }), "{line}: {error}");
    }
    assert!(matches!(run_error("\n"), Error::EmptyFile { what: "hit", .. }));
}

#[test]
fn ids_that_a_format_cannot_hold_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for id in ["", "a b", "a\tb", "a\nb", "a\u{a0}b"] {
        let refused = |result| matches!(result, Err(Error::Unwritable { id: named, .. }) if named == id);
        assert!(refused(write_qrels(&path, &qrels(&[(id, "d", 1)]), QrelsFormat::Trec)), "{id:?}");
        assert!(refused(write_qrels(&path, &qrels(&[("q", id, 1)]), QrelsFormat::Trec)), "{id:?}");
        let beir = write_qrels(&path, &qrels(&[("q", id, 1)]), QrelsFormat::Beir);
        assert_eq!(beir.is_err(), id.is_empty() || id.contains(['\t', '\n']), "{id:?}");
        let mut run = Run::new("tag");
        run.insert("q", id, 1.0).unwrap();
        assert!(refused(write_run(&path, &run)), "{id:?}");
        if !id.is_empty() {
            assert!(
                matches!(check_run_ids(&path, ["q"], ["d", id]), Err(Error::Unwritable { .. })),
                "{id:?}"
            );
        }
    }
    let mut run = Run::new("");
    run.insert("q", "d", 1.0).unwrap();
    assert!(matches!(write_run(&path, &run), Err(Error::Unwritable { what: "tag", .. })));
}

#[test]
fn a_name_with_white_space_is_written_with_underscores() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a run.txt");
    let mut run = Run::new("my module\t(dense)");
    run.insert("q", "d", 1.0).unwrap();
    write_run(&path, &run).unwrap();
    assert_eq!(read_run(&path).unwrap().name(), "my_module_(dense)");
}

#[test]
fn ranks_and_scores_in_exchanged_columns_are_refused_and_distances_are_known() {
    let refused = run_error("q Q0 d 0.93 1 tag\nq Q0 e 0.5 2 tag\n");
    assert!(matches!(refused, Error::Line { line: 1, .. }), "{refused}");
    assert!(refused.to_string().contains("exchanged") && refused.to_string().contains("0.93"), "{refused}");
    let rises = |content: &str| {
        let (_folder, path) = file_with(content);
        let rises = scores_rise_with_rank(&path).unwrap();
        let (run, of_whole) = read_run_and_order(&path).unwrap();
        assert_eq!((of_whole, run.len()), (rises, read_run(&path).unwrap().len()), "{content}");
        rises
    };
    let rising = "q Q0 d 1 0.1 t\nq Q0 e 2 0.4 t\nr Q0 d 1 0.2 t\nr Q0 e 2 0.3 t\n";
    assert!(rises(rising) && rises("q Q0 e 2 0.4 t\nq Q0 d 1 0.1 t\n"));
    for fine in [
        "q Q0 d 1 0.4 t\nq Q0 e 2 0.1 t\n",
        "q Q0 d 1 0.1 t\nq Q0 e 2 0.4 t\nr Q0 d 1 0.4 t\nr Q0 e 2 0.1 t\n",
        "q Q0 d 0 0.1 t\nq Q0 e 0 0.4 t\n",
        "q Q0 d 1 0.5 t\nr Q0 e 2 0.7 t\n",
        "q Q0 d first 0.1 t\nq Q0 e second 0.4 t\n",
        "q Q0 d 1 0.5 t\nq Q0 e 2 0.5 t\n",
    ] {
        assert!(!rises(fine), "{fine}");
    }
}

#[test]
fn what_follows_the_tag_is_ignored_as_in_trec_eval() {
    let (_folder, path) =
        file_with("q Q0 d 1 0.5 STANDARD more junk at\nq Q0 e 2 0.25 STANDARD end of lines.\n");
    let run = read_run(path).unwrap();
    assert_eq!((run.name(), run.ranking("q").len()), ("STANDARD", 2));
}

#[test]
fn comments_are_skipped_as_in_trec_eval() {
    let expected = qrels(&[("q", "d#1", 1), ("q", "e", 0)]);
    for content in [
        "# comment here\nq 0 d#1 1\n#\n# and comment here\nq 0 e 0\n",
        "# made\tby\tpooling\nq 0 d#1 1\nq 0 e 0\n#q 0 f 1",
        "# comment here\nquery-id\tcorpus-id\tscore\nq\td#1\t1\n# another\nq\te\t0\n",
    ] {
        let (_folder, path) = file_with(content);
        assert_eq!(read_qrels(path).unwrap(), expected, "{content:?}");
    }
    // In BEIR's files an id may begin so.
    let (_folder, path) = file_with("query-id\tcorpus-id\tscore\n#1\td\t2\n");
    assert_eq!(read_qrels(path).unwrap(), qrels(&[("#1", "d", 2)]));
    let (_folder, path) = file_with("# made by hand\nq Q0 d 1 0.5 tag\n  # and again\n");
    assert_eq!(read_run(path).unwrap().len(), 1);
    // So an id that would be a comment is not written where it would be one.
    let path = std::path::Path::new("never-written");
    let refused = write_qrels(path, &qrels(&[("#1", "d", 2)]), QrelsFormat::Trec);
    assert!(matches!(refused, Err(Error::Unwritable { what: "query id", .. })));
    assert!(matches!(check_run_ids(path, ["#1"], []), Err(Error::Unwritable { what: "query id", .. })));
    assert!(matches!(qrels_error("# nothing else\n"), Error::EmptyFile { .. }));
}

#[test]
fn a_reader_ends_after_an_error() {
    let (_folder, path) = file_with("q 0 d x\nq 0 d 1\n");
    assert_eq!(QrelsReader::open(path).unwrap().count(), 1);
}
