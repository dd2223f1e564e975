//! The measure that a page compares systems by.

use anyhow::Result;
use ess_kit::JudgedQueries;
use ess_metrics::{Aggregate, Error, Evaluator, Measure, NamedMeasure, Run};

/// The measure of a page that asks for no other one.
pub(super) const DEFAULT: &str = "ndcg@10";

/// The measure of a name. Systems are compared by differences of means, so a sum or a geometric mean is refused.
pub(super) fn averaged(name: &str) -> Result<NamedMeasure, Error> {
    let measure: NamedMeasure = name.parse()?;
    match measure.aggregate() {
        Aggregate::Mean => Ok(measure),
        _ => Err(Error::InvalidParameter {
            name: "measure of a comparison",
            expected: "one whose value is the mean over the queries",
            found: measure.to_string(),
        }),
    }
}

/// What was compared by before there was a choice: results and figures that name no measure are of it.
pub(super) fn of_earlier_results() -> NamedMeasure {
    DEFAULT.parse().expect("a measure of ess-metrics")
}

/// As a page writes it.
pub(super) fn title(measure: NamedMeasure) -> String {
    let name = measure.to_string();
    name.strip_prefix("ndcg@").map_or(name.clone(), |k| format!("nDCG@{k}"))
}

/// The ids of the queries, and the value of each.
pub(super) fn by_query<E>(
    measure: NamedMeasure,
    queries: &JudgedQueries<E>,
    run: &Run,
) -> Result<(Vec<String>, Vec<f64>)> {
    let found = Evaluator::new(vec![measure])?.evaluate(&queries.qrels, run)?;
    Ok((found.queries().to_vec(), found.get(&measure.to_string())?.per_query.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_means_over_queries_are_compared() {
        for name in ["ndcg@10", "recall@100", "mrr(rel=2)@10", "map"] {
            assert_eq!(averaged(name).unwrap().to_string(), name);
        }
        for name in ["gm_map", "num_ret"] {
            let error = averaged(name).unwrap_err().to_string();
            assert!(error.contains("mean over the queries") && error.contains(name), "{error}");
        }
        assert!(
            matches!(averaged("bleu"), Err(Error::UnknownMeasure { expected, .. }) if expected.contains("recall"))
        );
    }

    #[test]
    fn a_page_writes_a_measure_by_its_name_and_ndcg_as_papers_do() {
        let titles = ["ndcg@10", "ndcg_exp@10", "recall@100"].map(|name| title(averaged(name).unwrap()));
        assert_eq!(titles, ["nDCG@10", "ndcg_exp@10", "recall@100"]);
        assert_eq!(title(of_earlier_results()), "nDCG@10");
    }
}
