//! `evaluate` on run files of any system, without embeddings.

use std::path::PathBuf;

use ess_data::{read_run, write_run};
use ess_metrics::Run;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::{Outcome, read_json, run},
    small_data::SmallData,
};

/// A folder with white space in its name, judgements of 12 queries, and runs.
struct Runs(TempDir);

const QUERIES: usize = 12;

impl Runs {
    fn new() -> Self {
        let runs = Self(tempfile::Builder::new().prefix("two words").tempdir().unwrap());
        let judged: Vec<String> =
            (0..QUERIES).map(|query| format!("q{query} 0 d{query} {}", 1 + query % 2)).collect();
        std::fs::write(runs.path("judged.qrels"), judged.join("\n")).unwrap();
        runs
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A run that has the relevant item of every query at this rank.
    fn with(self, file: &str, tag: &str, rank: usize) -> Self {
        let mut run = Run::new(tag);
        for query in 0..QUERIES {
            for other in 1..rank {
                run.insert(&format!("q{query}"), &format!("x{other}"), 10.0 - other as f32).unwrap();
            }
            run.insert(&format!("q{query}"), &format!("d{query}"), 1.0).unwrap();
        }
        write_run(self.path(file), &run).unwrap();
        self
    }

    fn evaluate(&self, more: &[&str]) -> Outcome {
        let own = ["--qrels".to_owned(), self.text("judged.qrels")];
        run("evaluate", own.iter().map(String::as_str).chain(more.iter().copied()))
    }

    fn results(&self, more: &[&str]) -> Value {
        let json = self.text("results.json");
        self.evaluate(&[more, &["--json", &json, "--quiet"]].concat()).succeeded();
        read_json(json.as_ref())
    }
}

#[test]
fn what_is_wrong_is_said_with_the_flag_or_the_files() {
    let runs = Runs::new().with("a.run", "a", 2);
    let a = runs.text("a.run");
    for measure in ["bleu@4", "ndcg@0", "rbp(p=2)"] {
        runs.evaluate(&["--run", &a, "--measure", measure]).failed_with(&["--measure", measure]);
    }
    std::fs::write(runs.path("other.run"), "nobody Q0 d0 1 0.5 other\n").unwrap();
    runs.evaluate(&["--run", &a, &runs.text("other.run")]).failed_with(&[
        "other.run, judged by",
        "judged.qrels",
        "none of the 12 queries",
    ]);
    std::fs::write(runs.path("judged.qrels"), "q0 0 d0 0\n").unwrap();
    runs.evaluate(&["--run", &a]).failed_with(&["judged.qrels", "none of 1 judgements"]);
}

#[test]
fn gains_on_known_items_need_their_measure_and_are_refused_before_any_work_without_it() {
    let data = SmallData::new(4, 4);
    let train = ["--train", &data.text("qrels.tsv"), "--write-run", &data.text("hits.run")];
    let measured = |measures: &[&str]| data.evaluate(&[&train[..], &["--measure"], measures].concat());
    measured(&["mrr"]).failed_with(&["--train", "ndcg@10", "--measure"]);
    data.nothing_was_written();
    for measures in [&["mrr", "ndcg_cut_10"][..], &["ndcg@10"]] {
        measured(measures).succeeded();
    }
}

#[test]
fn run_files_are_compared_with_the_first_or_a_named_one() {
    let runs = Runs::new().with("a.run", "a", 2).with("b.run", "b", 1).with("c.run", "c", 4);
    let [a, b, c] = ["a.run", "b.run", "c.run"].map(|name| runs.text(name));
    let results = runs.results(&["--run", &a, "--run", &b, "--run", &c, "--measure", "mrr"]);
    assert_eq!(results["systems"]["a"]["mrr"]["mean"], 0.5);
    let rows = results["comparisons"].as_array().unwrap();
    let of = |row: &Value| (row["system"].clone(), row["baseline"].clone(), row["delta"].clone());
    assert_eq!(of(&rows[0]), ("b".into(), "a".into(), 0.5.into()));
    assert_eq!(of(&rows[1]), ("c".into(), "a".into(), (-0.25).into()));
    // Every query differs in the same direction: 2 of 2^12 ways are as extreme.
    let exact = 2.0 / 4096.0;
    for row in rows {
        assert!((row["p"].as_f64().unwrap() - exact).abs() < 1e-12, "{row}");
        assert!(row["p_holm"].as_f64().unwrap() >= 2.0 * exact - 1e-12, "{row}");
    }
    for baseline in ["c", &c] {
        let results = runs.results(&["--run", &a, &b, &c, "--measure", "mrr", "--baseline", baseline]);
        let rows = results["comparisons"].as_array().unwrap();
        assert_eq!(of(&rows[0]), ("a".into(), "c".into(), 0.25.into()));
        assert_eq!(rows.len(), 2);
    }
    let said = runs.evaluate(&["--run", &a, "--run", &b]).succeeded();
    for words in ["12 queries", "difference to a", "ndcg@10", "judged@10"] {
        assert!(said.stdout.contains(words), "{words} is not in\n{}", said.stdout);
    }
    assert_eq!(said.stderr, "");
}

#[test]
fn runs_of_the_same_tag_are_told_apart_by_their_files() {
    let runs = Runs::new().with("a.run", "same", 2).with("b.run", "same", 1);
    let [a, b] = ["a.run", "b.run"].map(|name| runs.text(name));
    let results = runs.results(&["--run", &a, "--run", &b, "--measure", "mrr"]);
    assert_eq!(
        (&results["systems"][&a]["mrr"]["mean"], &results["systems"][&b]["mrr"]["mean"]),
        (&0.5.into(), &1.0.into())
    );
    runs.evaluate(&["--run", &a, "--run", &a]).failed_with(&["a.run", "twice"]);
    runs.evaluate(&["--run", &a, "--baseline", "nobody"]).failed_with(&["--baseline nobody", "same"]);
}

#[test]
fn queries_are_printed_as_trec_eval_prints_them() {
    let runs = Runs::new().with("a.run", "a tag", 2);
    let a = runs.text("a.run");
    let json = runs.text("results.json");
    let arguments =
        ["--run", &a, "--measure", "num_q", "recip_rank", "gm_map", "--per-query", "--json", &json];
    let said = runs.evaluate(&arguments).succeeded();
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), QUERIES + 4, "{}", said.stdout);
    assert_eq!(lines[0], "recip_rank            \tq0\t0.5000");
    assert_eq!(
        lines[QUERIES..],
        [
            "runid                 \tall\ta_tag",
            "num_q                 \tall\t12",
            "recip_rank            \tall\t0.5000",
            "gm_map                \tall\t0.5000",
        ]
    );
    let results = read_json(json.as_ref());
    assert_eq!(results["per_query"]["queries"].as_array().unwrap().len(), QUERIES);
    assert_eq!(results["per_query"]["systems"]["a_tag"]["mrr"][3], 0.5);
    assert!(results["systems"]["a_tag"]["gm_map"].get("ci95").is_none());
    // All that trec_eval prints without being asked.
    let said = runs.evaluate(&["--run", &a, "--measure", "trec_eval", "--per-query"]).succeeded();
    assert_eq!(said.stdout.lines().count(), QUERIES * 27 + 30);
}

#[test]
fn a_relevance_level_leaves_lower_grades_out() {
    let runs = Runs::new().with("a.run", "a", 2);
    let a = runs.text("a.run");
    let results = runs.results(&["--run", &a, "--measure", "mrr", "mrr(rel=1)", "ndcg@10", "-l", "2"]);
    let mean = |measure: &str| results["systems"]["a"][measure]["mean"].as_f64().unwrap();
    // Every second query has grade 2.
    assert_eq!((mean("mrr"), mean("mrr(rel=1)")), (0.25, 0.5));
    assert!(mean("ndcg@10") > 0.6);
}

#[test]
fn the_queries_of_trec_eval_count_where_that_is_asked_for() {
    let runs = Runs::new().with("a.run", "a", 2);
    let a = runs.text("a.run");
    let mut judged = std::fs::read_to_string(runs.path("judged.qrels")).unwrap();
    judged += "\nlacked 0 d1 1\nq0-too 0 d1 0";
    std::fs::write(runs.path("judged.qrels"), judged).unwrap();
    let count = |more: &[&str]| {
        let results = runs.results(&[&["--run", &a, "--measure", "num_q"], more].concat());
        results["systems"]["a"]["num_q"]["mean"].as_f64().unwrap()
    };
    assert_eq!((count(&[]), count(&["--answered-only"])), (13.0, 12.0));
    assert_eq!((count(&["--count-all"]), count(&["--count-all", "--answered-only"])), (14.0, 12.0));
}

#[test]
fn what_cannot_be_measured_is_refused_before_work() {
    let runs = Runs::new().with("a.run", "a", 2);
    let a = runs.text("a.run");
    run("evaluate", ["--qrels", &a]).failed_with(&["--embeddings"]);
    runs.evaluate(&["--run", &a, "--measure", "bleu"]).failed_with(&["bleu", "ndcg"]);
    runs.evaluate(&["--run", &a, "-l", "0"]).failed_with(&["relevance level", "found 0"]);
    runs.evaluate(&["--run", &a, "--measure", "map", "map"]).failed_with(&["map", "twice"]);
    runs.evaluate(&["--run", &runs.text("none.run")]).failed_with(&["none.run", "no such file"]);
    runs.evaluate(&["--run", &a, "--write-run", &runs.text("b.run")]).failed_with(&["--embeddings"]);
    std::fs::write(runs.path("other.run"), "nobody Q0 d1 1 0.5 other\n").unwrap();
    runs.evaluate(&["--run", &runs.text("other.run")]).failed_with(&["other", "none of the 12 queries"]);
}

/// Modules, folders and runs may have white space in their names; ids may not, where a run is written.
#[test]
fn names_with_white_space_are_measured_written_and_read_again() {
    let data = SmallData::new(6, 6);
    data.train(&[]).succeeded();
    let module = data.text("my module");
    std::fs::rename(data.path("module"), &module).unwrap();
    let (written, json) = (data.text("my hits.run"), data.text("results.json"));
    data.evaluate(&["--module", &module, "--write-run", &written, "--json", &json]).succeeded();
    let hits = read_run(&written).unwrap();
    assert_eq!((hits.name(), hits.queries().len()), ("my_module", 24));
    let again = data.text("again.json");
    data.evaluate(&["--module", &module, "--run", &written, "--json", &again, "--quiet"]).succeeded();
    let (first, again) = (read_json(json.as_ref()), read_json(again.as_ref()));
    assert_eq!(first["systems"]["my module"], again["systems"]["my_module"]);
    assert_eq!(again["systems"].as_object().unwrap().len(), 3);
}

#[test]
fn a_run_of_distances_is_measured_with_a_warning_and_exchanged_columns_are_refused() {
    let runs = Runs::new().with("good.run", "good", 2);
    let lines = |line: &dyn Fn(usize, usize) -> String| -> String {
        (0..QUERIES)
            .flat_map(|query| (1..4).map(move |rank| (query, rank)))
            .map(|(q, r)| line(q, r))
            .collect()
    };
    let distances = lines(&|query, rank| format!("q{query} Q0 d{} {rank} 0.{rank} far\n", query + rank - 1));
    std::fs::write(runs.path("far.run"), distances).unwrap();
    let warned = runs.evaluate(&["--run", &runs.text("far.run")]).succeeded();
    assert!(warned.stderr.contains("far.run") && warned.stderr.contains("distances"), "{}", warned.stderr);
    let good = runs.evaluate(&["--run", &runs.text("good.run")]).succeeded();
    assert!(!good.stderr.contains("warning"), "{}", good.stderr);
    let exchanged =
        lines(&|query, rank| format!("q{query} Q0 d{} 0.{} {rank} odd\n", query + rank - 1, 9 - rank));
    std::fs::write(runs.path("odd.run"), exchanged).unwrap();
    runs.evaluate(&["--run", &runs.text("odd.run")]).failed_with(&["odd.run", "line 1", "exchanged"]);
}
