//! Two queries by hand, whose order by id (q10, q2) is neither that of the judgements nor that of both folders' rows.

use std::{fs, path::Path};

use ess_core::{Embeddings, Ids};
use ess_data::{Dtype, Provenance, write_store};

use super::*;
use crate::experiment::{data_set::DataSet, recover::measured::Learned, task::Trained};

/// nDCG@10 of a query whose relevant item comes second.
const SECOND: f64 = 0.630_929_753_571_457;

/// A query like the first component finds the item `known` first, one like the second component the item `new`.
const KNOWN: [f32; 2] = [1.0, 0.0];
const NEW: [f32; 2] = [0.0, 1.0];

fn write_embeddings(folder: &Path, queries: &[(&str, [f32; 2])]) {
    let write = |name: &str, vectors: &[(&str, [f32; 2])]| {
        let ids = Ids::new(vectors.iter().map(|(id, _)| (*id).to_owned()).collect()).unwrap();
        let rows: Vec<[f32; 2]> = vectors.iter().map(|(_, vector)| *vector).collect();
        let embeddings = Embeddings::from_rows(&rows).unwrap();
        write_store(folder.join(name), &ids, &embeddings, Dtype::F32, &Provenance::default()).unwrap();
    };
    fs::create_dir_all(folder).unwrap();
    write("queries.safetensors", queries);
    write("corpus.safetensors", &[("known", KNOWN), ("new", NEW)]);
}

/// The frozen encoder finds q10's known item first and q2's new one second; the fine-tuned one the other way round.
fn bare(folder: &Path) -> Vec<Kept<Bare>> {
    let path = |name: &str| folder.join(name);
    write_embeddings(&path("frozen"), &[("q2", KNOWN), ("q10", KNOWN), ("q1", KNOWN)]);
    write_embeddings(&path("tuned"), &[("q1", KNOWN), ("q10", NEW), ("q2", NEW)]);
    let judged = |name: &str, lines: &str| {
        fs::write(path(name), format!("query-id\tcorpus-id\tscore\n{lines}")).unwrap();
        path(name).display().to_string()
    };
    let learned = judged("learned.tsv", "q1\tknown\t1\n");
    let asked = judged("asked.tsv", "q2\tnew\t1\nq10\tknown\t1\n");
    let data = format!("small={},{learned},{learned},{asked}", path("frozen").display());
    let data: DataSet = data.parse().unwrap();
    let measure = |encoder: &str, folder: &str, cpu_seconds| {
        let data = data.embedded_in(&path(folder));
        let found = Bare::measure(&data.open(0).unwrap(), encoder, cpu_seconds).unwrap();
        kept(&data, found)
    };
    vec![measure(FROZEN, "frozen", None), measure("whole", "tuned", Some(9.0))]
}

fn kept<T>(data: &DataSet, found: T) -> Kept<T> {
    let (what, files) = (String::new(), String::new());
    Kept { data: vec![data.clone()], what, seed: 0, files, settings: serde_json::Value::Null, found }
}

/// A run of a module: what it reaches on q10, and on q2.
fn run(of: &Kept<Bare>, trained: [f64; 2]) -> Kept<Learned> {
    let trained = Trained { trained: trained.to_vec(), returned: false, cpu_seconds: 1.0 };
    let encoder = of.found.encoder.clone();
    kept(&of.data[0], Learned { encoder, module: "linear".to_owned(), trained })
}

#[test]
fn each_is_less_the_other_on_the_same_queries_whatever_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let bare = bare(folder.path());
    let close = |found: &[f64], wanted: &[f64]| {
        let near = found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12);
        assert!(near && found.len() == wanted.len(), "{found:?} for {wanted:?}");
    };
    close(&bare[0].found.ndcg, &[1.0, SECOND]);
    close(&bare[1].found.ndcg, &[SECOND, 1.0]);
    // Means over the seeds of .5 and .75 on the frozen encoder, and of 1 and .25 on the fine-tuned one.
    let learned = vec![run(&bare[0], [0.0, 1.0]), run(&bare[0], [1.0, 0.5]), run(&bare[1], [1.0, 0.25])];
    let results = Results { seed: 0, bare, learned };
    let direct = Direct::of_all(&results, &results.bare, &["linear"]).unwrap();
    let [instead, beneath] = &direct[..] else { panic!("{} pairs", direct.len()) };
    let difference = |pair: &Direct<'_>| {
        pair.groups.each_ref().map(|group| group.as_ref().map(|of| of.mean - of.baseline).unwrap())
    };

    // All queries; q10, whose item is known; q2, whose item is new.
    close(&difference(instead), &[0.625 - (1.0 + SECOND) / 2.0, 0.5 - SECOND, 0.75 - 1.0]);
    close(&difference(beneath), &[0.0, 1.0 - 0.5, 0.25 - 0.75]);

    let system = |encoder, module| System { encoder, module };
    let [frozen, tuned] = [FROZEN, "whole"].map(|encoder| system(encoder, Some("linear")));
    assert_eq!((instead.system, instead.baseline), (frozen, system("whole", None)));
    assert_eq!((beneath.system, beneath.baseline), (tuned, frozen));
    assert_eq!(
        [instead, beneath].map(|pair| (pair.is_instead(), pair.tuned())),
        [(true, "whole"), (false, "whole")]
    );
}

#[test]
fn without_a_fine_tuned_encoder_there_is_nothing_to_compare() {
    let folder = tempfile::tempdir().unwrap();
    let mut bare = bare(folder.path());
    bare.truncate(1);
    let learned = vec![run(&bare[0], [0.0, 1.0])];
    let results = Results { seed: 0, bare, learned };
    assert!(Direct::of_all(&results, &results.bare, &["linear"]).unwrap().is_empty());
}
