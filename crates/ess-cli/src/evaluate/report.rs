//! Results as text.

use ess_metrics::{Comparison, Evaluation};

use crate::output::table::Table;

use super::results::{CorrectedGain, Leaked, Results, Value};

/// One row a measure, one column a system.
pub(crate) fn table(results: &Results, evaluations: &[(String, Evaluation)], baseline: usize) -> String {
    let mut text = format!("{} queries; mean [95 % interval]", evaluations[baseline].1.queries().len());
    if evaluations.len() > 1 {
        text += &format!(
            "; difference to {}, p after Holm's correction over the whole table",
            evaluations[baseline].0
        );
    }
    let mut headings = vec!["measure"];
    headings.extend(evaluations.iter().map(|(name, _)| name.as_str()));
    let mut table = Table::new(&headings);
    for measure in evaluations[baseline].1.measures() {
        let mut row = vec![measure.measure.clone()];
        for (name, _) in evaluations {
            let of_this = |c: &&Comparison| c.system == *name && c.measure == measure.measure;
            let difference = results.comparisons.iter().find(of_this);
            row.push(cell(&results.systems[name][&measure.measure], difference));
        }
        table.row(row);
    }
    text += &format!("\n{table}");
    if let Some(leaked) = &results.leakage {
        text += &self::leaked(leaked);
    }
    text
}

fn cell(value: &Value, difference: Option<&Comparison>) -> String {
    let mut cell = format!("{:.4}", value.mean);
    if let Some([low, high]) = value.ci95 {
        cell += &format!(" [{low:.3}, {high:.3}]");
    }
    if let Some(Comparison { delta, p_holm, .. }) = difference {
        cell += &format!("  {delta:+.4}, p {p_holm:.4}");
    }
    cell
}

/// What `trec_eval -q` prints, of one system after the other.
pub(crate) fn per_query(evaluations: &[(String, Evaluation)]) -> String {
    evaluations.iter().map(|(name, evaluation)| evaluation.as_trec_eval(name, true)).collect()
}

fn leaked(leaked: &Leaked) -> String {
    let text = format!(
        "\n{} queries have a relevant item that training knew, {} have not; {} are near duplicates of a training query; \
         gain [95 % interval], p after Holm's correction over these gains\n",
        leaked.seen, leaked.unseen, leaked.near_duplicates
    );
    let mut table = Table::new(&["gain, ndcg@10", "on known items", "on new items"]);
    for (name, gains) in &leaked.gains {
        let cell = |gain: &Option<CorrectedGain>| gain.as_ref().map_or("–".to_owned(), gained);
        table.row([name.clone()].into_iter().chain(gains.iter().map(cell)).collect());
    }
    text + &table.to_string()
}

fn gained(CorrectedGain { gain, p_holm }: &CorrectedGain) -> String {
    let interval = match gain.ci95 {
        Some([low, high]) => format!("[{low:+.3}, {high:+.3}]"),
        None => "[too few queries]".to_owned(),
    };
    let p = p_holm.map_or(String::new(), |p| format!(", p {p:.4}"));
    format!("{:+.4} {interval}{p}", gain.gain)
}
