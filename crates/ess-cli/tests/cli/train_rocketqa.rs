//! `train-rocketqa`: RocketQA's recipe, step by step, from the texts of a BEIR folder.

mod again;
mod killed;
mod refused;

use std::path::{Path, PathBuf};

use ess_data::{read_qrels, read_run};
use ess_encoders::{CrossEncoder, PairCut};
use serde_json::{Value, json};

use crate::{
    program::{Outcome, read_json, run},
    train_encoder::texts,
};

/// Eight training queries, one of the test, and three that nothing judges.
const TRAIN: usize = 8;
const TEST: usize = 11;
const ITEMS: usize = 12;

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/tiny").join(name)
}

/// A folder of texts, and a file of settings in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(texts());
        let judged = |query: usize| format!("q{query}\td{query}\t1\n");
        let header = "query-id\tcorpus-id\tscore\n".to_owned();
        let train: String = (0..TRAIN).map(judged).collect();
        std::fs::write(folder.at("train.tsv"), header.clone() + &train).unwrap();
        std::fs::write(folder.at("test.tsv"), header + &judged(TEST)).unwrap();
        folder.settings(|_| {});
        folder
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes settings of few steps, with thresholds that some pairs lie above and some below, changed by this.
    fn settings(&self, change: impl Fn(&mut Value)) {
        let few = || json!({"max_steps": 2, "learning_rate": 0.01, "warmup_steps": 0});
        let [low, high] = thresholds();
        let mut settings = json!({
            "two_towers": few(), "cross_encoder": few(), "denoised": few(), "augmented": few(),
            "distilled": few(), "depth": ITEMS, "irrelevant_to": low, "relevant_from": high, "unguarded": true,
        });
        change(&mut settings);
        std::fs::write(self.at("settings.json"), settings.to_string()).unwrap();
    }

    fn arguments(&self, out: &str, more: &[&str]) -> Vec<String> {
        let at = |name: &str| self.at(name).to_str().unwrap().to_owned();
        let given = [
            ("--model", model("bert").to_str().unwrap().to_owned()),
            ("--beir", at("")),
            ("--train", at("train.tsv")),
            ("--dev-share", "0.25".to_owned()),
            ("--test", at("test.tsv")),
            ("--settings", at("settings.json")),
            ("--json", at("report.json")),
            ("--out", at(out)),
        ];
        let given = given.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]);
        given.chain(more.iter().map(|&text| text.to_owned())).collect()
    }

    /// Judges every query by a file of the folder.
    fn judge_all(&self) {
        std::fs::create_dir(self.at("qrels")).unwrap();
        let judged: String = (0..=TEST).map(|query| format!("q{query}\td{query}\t1\n")).collect();
        std::fs::write(self.at("qrels/all.tsv"), "query-id\tcorpus-id\tscore\n".to_owned() + &judged)
            .unwrap();
    }

    /// Runs it with a cross-encoder that is trained already.
    fn run(&self, out: &str, steps: &str) -> Outcome {
        let cross = model("cross-encoder");
        let more = ["--cross-encoder", cross.to_str().unwrap(), "--steps", steps];
        run("train-rocketqa", self.arguments(out, &more))
    }

    /// The steps of the last report that ran, and those that were complete.
    fn ran(&self) -> [Vec<String>; 2] {
        let report = read_json(&self.at("report.json"));
        let names = |ran: bool| {
            let steps = report["steps"].as_array().unwrap().iter().filter(|step| step["ran"] == ran);
            steps.map(|step| step["step"].as_str().unwrap().to_owned()).collect()
        };
        [names(true), names(false)]
    }

    /// The weights of all encoders, and what the cross-encoder said.
    fn bits(&self, out: &str) -> Vec<Vec<u8>> {
        let towers = ["two-towers", "denoised", "augmented", "distilled"];
        let weights = towers.iter().flat_map(|step| {
            ["query", "item"].map(|tower| format!("{out}/{step}/{tower}/model.safetensors"))
        });
        let others = ["mined/hits.run", "denoised/scores.run", "augmented/labels.tsv"];
        let others = others.iter().map(|name| format!("{out}/{name}"));
        weights.chain(others).map(|name| std::fs::read(self.at(&name)).unwrap()).collect()
    }
}

const ALL: &str = "two-towers,mined,denoised,augmented,distilled";

/// The texts of a query and an item, as `texts` makes them.
fn pairs(query: usize) -> Vec<(String, String)> {
    let words = ["cat", "mat", "risk", "heart"];
    let all = words.iter().flat_map(|a| words.iter().map(move |b| (a, b))).filter(|(a, b)| a != b);
    let all: Vec<_> = all.collect();
    let (a, b) = all[query];
    all.iter().map(|(c, d)| (format!("{b} {a}"), format!("the {c} on the {d}"))).collect()
}

/// The scores of all items for a query.
fn scores(query: usize) -> Vec<f32> {
    scores_by(&CrossEncoder::load(model("cross-encoder")).unwrap(), query)
}

fn scores_by(encoder: &CrossEncoder, query: usize) -> Vec<f32> {
    let pairs = pairs(query);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(query, item)| (&**query, &**item)).collect();
    encoder.pair_scores_cut(&pairs, PairCut::Item).unwrap()
}

fn probability(score: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(score)).exp())
}

/// Two probabilities in the widest gap among those of the queries without judgements.
fn thresholds() -> [f64; 2] {
    let mut all: Vec<f64> = (TRAIN..TEST).flat_map(scores).map(probability).collect();
    all.sort_by(f64::total_cmp);
    let (low, gap) =
        all.windows(2).map(|pair| (pair[0], pair[1] - pair[0])).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    [low + gap / 3.0, low + gap * 2.0 / 3.0]
}

#[test]
fn every_step_makes_what_it_says_and_what_is_complete_stays() {
    let folder = Folder::new();
    let said = folder.run("out", ALL).succeeded();
    assert!(said.stdout.contains("augmented") && said.stdout.contains("on test"), "{}", said.stdout);
    let report = read_json(&folder.at("report.json"));
    let counts = ["train_queries", "dev_queries", "unjudged_queries"].map(|name| report[name].as_u64());
    assert_eq!(counts, [Some(6), Some(2), Some(3)]);
    assert_eq!(folder.ran()[0].join(","), ALL);
    for step in report["steps"].as_array().unwrap() {
        let encodes = step["step"] != "mined";
        assert!(step["dev"].is_f64() == encodes && step["test"].is_f64() == encodes, "{step}");
        assert!(step["cpu_seconds"].as_f64().unwrap() >= 0.0, "{step}");
    }
    assert!(report["start"]["dev"].is_f64() && report["start"]["test"].is_f64(), "{report}");
    assert!(!folder.at("out/cross-encoder").exists() && !folder.at("out/denoised/checkpoint").exists());

    let hits = read_run(folder.at("out/mined/hits.run")).unwrap();
    assert_eq!((hits.queries().len(), hits.len(), hits.get("q11").is_some()), (11, 11 * ITEMS, false));
    what_the_cross_encoder_said_is_used(&folder, &report);
    no_text_is_encoded_twice_by_one_encoder(&report);

    let before = folder.bits("out");
    folder.run("out", ALL).succeeded();
    assert_eq!(folder.ran(), [Vec::new(), ALL.split(',').map(str::to_owned).collect()]);
    assert_eq!(folder.bits("out"), before);
}

/// Negatives and pseudo-labels are those that the thresholds say.
fn what_the_cross_encoder_said_is_used(folder: &Folder, report: &Value) {
    let [low, high] = thresholds();
    let train = read_run(folder.at("out/denoised/scores.run")).unwrap();
    let number = |query: &str| query[1..].parse::<usize>().unwrap();
    let mut negatives = 0;
    for query in train.queries() {
        let row = number(query);
        for (item, expected) in scores(row).into_iter().enumerate() {
            let found = train.score(query, &format!("d{item}")).unwrap();
            assert!((found - expected).abs() < 1e-5, "{query} d{item}: {found}, expected {expected}");
            negatives += usize::from(item != row && probability(found) <= low);
        }
    }
    let of_step = |name: &str| {
        let steps = report["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == name).unwrap()["counts"].clone()
    };
    assert_eq!(
        (train.queries().len(), of_step("denoised")["negatives"].as_u64()),
        (6, Some(negatives as u64))
    );
    let labels = read_qrels(folder.at("out/augmented/labels.tsv")).unwrap();
    let mut relevant = 0;
    for query in TRAIN..TEST {
        for (item, score) in scores(query).into_iter().map(probability).enumerate() {
            let expected = if score >= high { Some(1) } else { (score <= low).then_some(0) };
            assert_eq!(labels.grade(&format!("q{query}"), &format!("d{item}")), expected, "q{query} d{item}");
            relevant += u64::from(expected == Some(1));
        }
    }
    assert!(relevant > 0 && labels.get("q11").is_none());
    assert_eq!(of_step("augmented")["pseudo-labels relevant"].as_u64(), Some(relevant));
}

/// Items by the encoder of the step before are there when queries are mined, and so are those by the encoder that all trainings
/// begin with.
fn no_text_is_encoded_twice_by_one_encoder(report: &Value) {
    let (train, dev, test, unjudged) = (6, 2, 1, 3);
    for step in report["steps"].as_array().unwrap() {
        let count = |name: &str| step["counts"][name].as_u64();
        // The one look of a training ranks all items: the guard has nothing left to encode.
        let look = dev + ITEMS as u64;
        let measured = ITEMS as u64 + dev + test;
        let learnt = count("training queries").unwrap_or_default() + dev + look + measured;
        let expected = match step["step"].as_str().unwrap() {
            "two-towers" => measured + ITEMS as u64 + learnt,
            "mined" => train + dev + unjudged,
            _ => learnt,
        };
        assert_eq!(count("texts encoded"), Some(expected), "{step}");
    }
}

#[test]
fn what_the_step_before_leaves_is_what_its_folder_has() {
    let folder = Folder::new();
    folder.run("whole", "two-towers,mined").succeeded();
    let at_once = read_json(&folder.at("report.json"));
    for step in ["two-towers", "mined"] {
        folder.run("parts", step).succeeded();
    }
    let in_parts = read_json(&folder.at("report.json"));
    let hits = |out: &str| std::fs::read(folder.at(out).join("mined/hits.run")).unwrap();
    assert_eq!(hits("parts"), hits("whole"));
    // Items are encoded again where another process mines, and where it measures the test.
    let encoded = |report: &Value| report["steps"][1]["counts"]["texts encoded"].as_u64();
    assert_eq!(encoded(&in_parts), encoded(&at_once).map(|encoded| encoded + ITEMS as u64));
    for measure in ["dev", "test"] {
        assert_eq!(in_parts["steps"][0][measure], at_once["steps"][0][measure]);
        assert_eq!(in_parts["start"][measure], at_once["start"][measure]);
    }
}

#[test]
fn a_cross_encoder_is_trained_among_mined_items() {
    let folder = Folder::new();
    let steps = ["--steps", "two-towers,mined,cross-encoder"];
    run("train-rocketqa", folder.arguments("out", &steps)).succeeded();
    let report = read_json(&folder.at("report.json"));
    let cross = &report["steps"][2];
    assert!(cross["step"] == "cross-encoder" && cross["dev"].is_f64() && cross["test"].is_null(), "{cross}");
    let of = read_json(&folder.at("out/cross-encoder/training.json"));
    assert_eq!((&of["new_head"], &of["looked_at_pairs"]), (&true.into(), &(2 * ITEMS).into()));
    CrossEncoder::load(folder.at("out/cross-encoder")).unwrap();
    // What is behind it takes it from there.
    run("train-rocketqa", folder.arguments("out", &["--steps", "denoised"])).succeeded();
    assert_eq!(folder.ran()[0], ["denoised"]);
    // Another model to train one from is another input.
    let other = model("cross-encoder");
    let more = ["--steps", "denoised", "--cross-encoder-from", other.to_str().unwrap()];
    run("train-rocketqa", folder.arguments("out", &more)).failed_with(&[
        "`denoised`",
        "`cross-encoder`",
        "--cross-encoder-from",
    ]);
}

#[test]
fn a_default_step_that_there_are_no_queries_for_is_left_out() {
    let folder = Folder::new();
    folder.judge_all();
    let cross = model("cross-encoder");
    let more = ["--cross-encoder", cross.to_str().unwrap()];
    let said = run("train-rocketqa", folder.arguments("out", &more)).succeeded();
    assert!(said.stderr.contains("`augmented` is left out"), "{}", said.stderr);
    assert!(said.stdout.contains("left out"), "{}", said.stdout);
    assert_eq!(folder.ran()[0], ["two-towers", "mined", "denoised"]);
    let report = read_json(&folder.at("report.json"));
    let left_out = &report["left_out"];
    assert!(left_out.as_array().unwrap().len() == 1 && left_out[0]["step"] == "augmented", "{left_out}");
    assert!(left_out[0]["reason"].as_str().unwrap().contains("without judgements"), "{left_out}");
    assert!(!folder.at("out/augmented").exists());
}
