//! trec_eval's own test files: read, and measured to the same four digits.

use ess_data::{QrelsReader, read_qrels, read_run};
use ess_metrics::{Evaluator, NamedMeasure};

use crate::{file_with, golden};

/// What trec_eval measures and this project does not.
const LACKED: [&str; 12] = [
    "relstring",
    "Rprec_mult_",
    "utility",
    "11pt_avg",
    "binG",
    "G",
    "ndcg_rel",
    "Rndcg",
    "relative_P_",
    "set_relative_P",
    "rbp_resid",
    "unj_",
];

fn expected_lines(output: &str) -> Vec<[String; 3]> {
    let text = std::fs::read_to_string(golden(output)).unwrap();
    let words = |line: &str| line.split('\t').map(|word| word.trim_end().to_owned()).collect::<Vec<_>>();
    text.lines().map(|line| words(line).try_into().unwrap()).collect()
}

/// Our name of a measure of trec_eval's; its rank-biased precision has p = 0.9.
fn named(name: &str) -> Option<NamedMeasure> {
    if name == "rbp" { Some("rbp(p=0.9)".parse().unwrap()) } else { name.parse().ok() }
}

fn every_line_agrees(run: &str, output: &str, compared: usize) {
    let (qrels, run) = (
        read_qrels(golden("trec_eval/qrels.test.gz")).unwrap(),
        read_run(golden(&format!("trec_eval/{run}"))).unwrap(),
    );
    let lines = expected_lines(output);
    let mut measures: Vec<NamedMeasure> = Vec::new();
    for [name, ..] in lines.iter().filter(|[name, ..]| name != "runid") {
        match named(name) {
            Some(measure) if !measures.contains(&measure) => measures.push(measure),
            Some(_) => {}
            None => assert!(LACKED.iter().any(|lacked| name.starts_with(lacked)), "{name}"),
        }
    }
    let evaluation = Evaluator::new(measures).unwrap().evaluate(&qrels, &run).unwrap();
    let mut agreed = 0;
    for [name, query, expected] in &lines {
        let Some(measure) = named(name) else {
            continue;
        };
        let values = evaluation.get(&measure.to_string()).unwrap();
        let at = evaluation.queries().iter().position(|other| other == query);
        let found = at.map_or(values.mean, |at| values.per_query[at]);
        let expected: f64 = expected.parse().unwrap();
        assert!((found - expected).abs() <= 0.000_05, "{name} of {query}: {expected}, found {found}");
        agreed += 1;
    }
    assert_eq!(agreed, compared, "lines that were compared");
}

#[test]
fn every_measure_agrees_on_every_query() {
    every_line_agrees("results.test.gz", "trec_eval/out.test.aq", 263);
}

/// Lines have more after the tag, and a query of the judgements is not in the run.
#[test]
fn a_run_that_lacks_a_query_agrees_as_well() {
    every_line_agrees("results.trunc.gz", "trec_eval/out.test.aqc", 263);
}

#[test]
fn what_is_printed_is_what_trec_eval_prints() {
    let qrels = read_qrels(golden("trec_eval/qrels.test.gz")).unwrap();
    let run = read_run(golden("trec_eval/results.test.gz")).unwrap();
    let measures = NamedMeasure::of_trec_eval();
    let mut names: Vec<String> = measures.iter().filter_map(NamedMeasure::trec_eval_name).collect();
    names.push("runid".to_owned());
    let printed = Evaluator::new(measures).unwrap().evaluate(&qrels, &run).unwrap();
    let all = std::fs::read_to_string(golden("trec_eval/out.test.aq")).unwrap();
    let asked = |line: &&str| names.iter().any(|name| line.split('\t').next().unwrap().trim_end() == name);
    let expected: Vec<&str> = all.lines().filter(asked).collect();
    let (with_queries, without) =
        (printed.as_trec_eval(run.name(), true), printed.as_trec_eval(run.name(), false));
    assert_eq!(with_queries.lines().collect::<Vec<_>>(), expected);
    assert_eq!(expected.len(), 3 * 27 + 30);
    assert_eq!(without.lines().collect::<Vec<_>>(), expected[3 * 27..]);
}

/// As trec_eval's `qrels.test.with-comments` is to `qrels.test`: comments before the first and the third line.
#[test]
fn judgements_with_comments_are_those_without() {
    let path = golden("trec_eval/qrels.test.gz");
    let plain = read_qrels(&path).unwrap();
    let mut text = String::from("# comment here\n");
    for (at, judgement) in QrelsReader::open(&path).unwrap().enumerate() {
        let judgement = judgement.unwrap();
        if at == 2 {
            text += "# and comment here\n";
        }
        text += &format!("{} 0 {} {}\n", judgement.query, judgement.item, judgement.grade);
    }
    let (_folder, with_comments) = file_with(text + "# comment at end\n");
    assert_eq!(read_qrels(with_comments).unwrap(), plain);
}
