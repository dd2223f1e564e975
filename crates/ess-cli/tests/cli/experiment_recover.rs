//! `ess experiment recover`: what fine-tuning gains, beside what modules do.

use std::fs;

use serde_json::Value;

use crate::{
    corrected::is_corrected_as_a_whole,
    program::{read_json, run},
    small_data::{QUERIES, SmallData},
};

/// Queries that the frozen encoder has turned away from their items, and the same ones where an encoder has learned to turn them back.
fn turned_and_mended() -> (SmallData, SmallData) {
    (SmallData::new(6, 6).with_turned_queries(), SmallData::new(6, 6))
}

/// The row of the fine-tuned encoder without a module.
const ALL_FOUND: &str = "| whole encoder |  | 1000000.0 | **1.0000 [";

/// The cells of two systems that find the same; all items are known.
const NO_DIFFERENCE: &str =
    "+.000 [too few queries differ] | +.000 [too few queries differ] | – | no difference is shown |";

#[test]
fn a_module_that_undoes_the_turn_recovers_all_that_fine_tuning_gains() {
    let (data, mended) = turned_and_mended();
    let (qrels, out) = (data.text("qrels.tsv"), data.text("page"));
    let set = format!("Small data={},{qrels},{qrels},{qrels}", data.text(""));
    let tuned = format!("Small data=whole encoder={},1000000", mended.text(""));
    let unchanged = format!("Small data=idle={}", data.text(""));
    let arguments = [
        &["--data", &set, "--tuned", &tuned, "--tuned", &unchanged][..],
        &["--module", "procrustes", "--seeds", "2", "--out", &out],
    ]
    .concat();
    let page = run("experiment recover", &arguments).succeeded().stdout;
    for words in [
        "## Small data",
        ALL_FOUND,
        "procrustes on the frozen encoder gains 100 % of that, at 0.0 % of its cost.",
        "Fine-tuning (idle) shows no gain: +.000 is not significant.",
        "2 of 2 |",
        // On the frozen encoder the module finds all that fine-tuning finds, and more than one that changed nothing; beneath the module
        // that one changes nothing either.
        &format!("| procrustes | whole encoder | {NO_DIFFERENCE}"),
        "| procrustes | idle | **+",
        "the module finds more |",
        &format!("| procrustes | idle | {NO_DIFFERENCE}"),
        // Twelve to an encoder without a module, and for each fine-tuned encoder two on all queries and two on those of known items.
        "20 differences were compared.",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    is_corrected_as_a_whole(&page);
    assert_eq!(fs::read_to_string(data.path("page/recover.md")).unwrap(), page);
    assert!(fs::read_to_string(data.path("page/recover_small_data.svg")).unwrap().contains("whole encoder"));
    let results = read_json(&data.path("page/results.json"));
    let counted = |name: &str| results[name].as_array().unwrap().len();
    let all = ["bare", "learned", "against_fine_tuning"].map(counted);
    assert_eq!(all, [3, 3 * 2, 2 * 2 * 2]);

    // What is kept is taken as it is, and what was measured of other seconds is not.
    let cell = data.path("page/cells/Small data.whole encoder bare.0.json");
    let mut marked = read_json(&cell);
    marked["found"]["ndcg"][0] = 0.5.into();
    fs::write(&cell, marked.to_string()).unwrap();
    assert!(!run("experiment recover", &arguments).succeeded().stdout.contains(ALL_FOUND));
    let other = tuned.replace("1000000", "2000000");
    let other: Vec<&str> = arguments.iter().map(|&text| if text == tuned { &other } else { text }).collect();
    assert!(
        run("experiment recover", &other)
            .succeeded()
            .stdout
            .contains(&ALL_FOUND.replace("1000000", "2000000"))
    );
}

/// Figures stand in the order of the queries' ids, in which q10 comes before q2, and not in that of their rows.
#[test]
fn queries_of_new_items_are_told_from_others_whatever_their_rows() {
    let (data, mended) = turned_and_mended();
    let mended = mended.with_reversed_queries();
    let known = |query: usize| !(2..=9).contains(&query);
    let judged = |queries: &mut dyn Iterator<Item = usize>| -> Vec<String> {
        queries.map(|query| format!("q{query}\td{}\t1", if known(query) { query } else { 39 })).collect()
    };
    let write = |name: &str, judged: &[String]| {
        fs::write(data.path(name), format!("query-id\tcorpus-id\tscore\n{}\n", judged.join("\n"))).unwrap();
        data.text(name)
    };
    let learned = write("learned.tsv", &judged(&mut (0..QUERIES).filter(|&query| known(query))));
    let asked = write("asked.tsv", &judged(&mut (0..QUERIES)));
    let set = format!("small={},{learned},{learned},{asked}", data.text(""));
    let (tuned, out) = (format!("small=whole={}", mended.text("")), data.text("page"));
    let flags = ["--module", "procrustes", "--seeds", "1", "--out", &out];
    run("experiment recover", [&["--data", &set, "--tuned", &tuned][..], &flags].concat()).succeeded();
    let results = read_json(&data.path("page/results.json"));
    let mut ids: Vec<String> = (0..QUERIES).map(|query| query.to_string()).collect();
    ids.sort();
    let wanted: Vec<bool> = ids.iter().map(|id| known(id.parse().unwrap())).collect();
    for bare in results["bare"].as_array().unwrap() {
        assert_eq!(bare["found"]["seen_by_id"], serde_json::json!(wanted));
    }
    check_differences(&results, &wanted);
}

/// Each difference is that of what is kept by query: the module on the frozen encoder less the fine-tuned one, and the module on that
/// less the module on the frozen encoder.
fn check_differences(results: &Value, known: &[bool]) {
    let of = |list: &str, at: usize, values: &str| -> Vec<f64> {
        serde_json::from_value(results[list][at]["found"][values].clone()).unwrap()
    };
    let (tuned, on_frozen, on_tuned) =
        (of("bare", 1, "ndcg"), of("learned", 0, "trained"), of("learned", 1, "trained"));
    let mut found = results["against_fine_tuning"].as_array().unwrap().iter();
    for (system, baseline, names) in
        [(&on_frozen, &tuned, ["frozen", "whole"]), (&on_tuned, &on_frozen, ["whole", "frozen"])]
    {
        for (queries, wanted) in [("all", None), ("seen", Some(true)), ("unseen", Some(false))] {
            let pairs = system.iter().zip(baseline).zip(known);
            let of_group = pairs.filter(|(_, known)| wanted.is_none_or(|wanted| wanted == **known));
            let differences: Vec<f64> = of_group.map(|((system, baseline), _)| system - baseline).collect();
            let mean = differences.iter().sum::<f64>() / differences.len() as f64;
            let entry = found.next().unwrap();
            assert!((entry["difference"].as_f64().unwrap() - mean).abs() < 1e-12, "{entry}: {mean}");
            assert_eq!([&entry["system"]["encoder"], &entry["baseline"]["encoder"]], names);
            assert_eq!(entry["queries"], queries);
            assert!(entry["p_holm"].as_f64() >= entry["p"].as_f64(), "{entry}");
        }
    }
    assert!(found.next().is_none());
}

#[test]
fn folders_with_as_many_test_queries_that_are_not_the_same_are_refused() {
    let (data, mended) = turned_and_mended();
    let data = data.without_query("q3");
    let (qrels, out) = (data.text("qrels.tsv"), data.text("page"));
    let set = format!("small={},{qrels},{qrels},{qrels}", data.text(""));
    let recover = |mended: &SmallData| {
        let tuned = format!("small=whole={}", mended.text(""));
        let more = ["--module", "procrustes", "--seeds", "1", "--out", &out, "--allow-missing"];
        run("experiment recover", [&["--data", &set, "--tuned", &tuned][..], &more].concat())
    };
    let other = mended.without_query("q5");
    recover(&other).failed_with(&["small: whole and the frozen encoder", "different test queries", "\"q3\""]);
    let (_, mended) = turned_and_mended();
    recover(&mended.with_reversed_queries().without_query("q3")).succeeded();
    let results = read_json(&data.path("page/results.json"));
    let queries = results["bare"][0]["found"]["queries"].as_array().unwrap();
    assert!(queries.len() == QUERIES - 1 && !queries.contains(&"q3".into()), "{queries:?}");
    assert_eq!(results["bare"][1]["found"]["queries"].as_array(), Some(queries));
}

#[test]
fn encoders_of_unknown_data_and_two_of_one_name_are_refused() {
    let (data, mended) = turned_and_mended();
    let (qrels, out) = (data.text("qrels.tsv"), data.text("page"));
    let set = format!("small={},{qrels},{qrels},{qrels}", data.text(""));
    let recover =
        |more: &[&str]| run("experiment recover", [&["--data", &set, "--out", &out], more].concat());
    let [known, unknown] = ["small", "large"].map(|name| format!("{name}=whole={}", mended.text("")));
    recover(&["--tuned", &unknown]).failed_with(&["--tuned", "no data set is called \"large\""]);
    recover(&["--tuned", &known, "--tuned", &known]).failed_with(&["two encoders of \"small\"", "\"whole\""]);
    recover(&["--tuned", &format!("{known},soon")]).failed_with(&["NAME=ENCODER=EMBEDDINGS_DIR"]);
    recover(&["--tuned", "small=whole=nowhere"]).failed_with(&["nowhere", "found nothing"]);
    recover(&[]).failed_with(&["--tuned"]);
}
