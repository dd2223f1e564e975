//! Pipes in place of files, as a shell's `<(…)` gives them: what was read of one does not come again.

use std::{io::Write, os::fd::AsRawFd, path::PathBuf};

use ess_data::{
    Error, MappedStore, NpyMatrix, read_ids, read_qrels, read_records, read_run, read_run_and_order,
    scores_rise_with_rank,
};

/// What a reader makes of a pipe that holds these bytes.
fn piped<T>(content: &str, read: impl Fn(PathBuf) -> T) -> T {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(content.as_bytes()).unwrap();
    drop(writer);
    read(format!("/proc/self/fd/{}", reader.as_raw_fd()).into())
}

#[test]
fn ids_of_every_form_come_through_a_pipe() {
    let ids = |content: &str| piped(content, read_ids).map(|ids| ids.as_slice().to_vec());
    assert_eq!(ids("d1\nd2\n").unwrap(), ["d1", "d2"]);
    assert_eq!(ids("\n \n[\"d1\", \"d2\"]").unwrap(), ["d1", "d2"]);
    assert_eq!(ids("\n[CLS]\n[SEP]\n").unwrap(), ["[CLS]", "[SEP]"]);
    assert_eq!(ids(" d1\n\"d2\"\n").unwrap(), [" d1", "\"d2\""]);
    assert!(matches!(ids(" \n\n"), Err(Error::EmptyFile { .. })));
}

#[test]
fn errors_name_the_line_behind_any_number_of_blank_ones() {
    // More than is read at once.
    let blank = "\n".repeat(40_000) + "  \n";
    for start in ["d0", "[CLS]"] {
        let error = piped(&format!("{blank}{start}\n{{\"_id\": \"d1\"}}\n"), read_ids).unwrap_err();
        assert!(matches!(error, Error::Line { line: 40_003, .. }), "{error}");
    }
}

#[test]
fn a_matrix_and_a_store_are_mapped_and_so_no_pipe() {
    let mapped = |path: PathBuf| [NpyMatrix::open(&path).map(drop), MappedStore::open(&path).map(drop)];
    for result in piped("\x09NUMPY", mapped) {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Format { .. }) && error.to_string().contains("a pipe"), "{error}");
    }
}

#[test]
fn judgements_texts_and_runs_come_through_a_pipe() {
    assert_eq!(piped("q 0 d 2\n", read_qrels).unwrap().len(), 1);
    assert_eq!(
        piped("{\"_id\": \"q\", \"text\": \"x\"}\n", read_records::<ess_data::Query>).unwrap().len(),
        1
    );
    let distances = "q Q0 d 1 0.1 t\nq Q0 e 2 0.4 t\n";
    assert_eq!(piped(distances, read_run).unwrap().len(), 2);
    assert!(piped(distances, scores_rise_with_rank).unwrap());
    let (run, rises) = piped(distances, read_run_and_order).unwrap();
    assert!(rises && run.len() == 2);
}
