//! What an evaluation found.

use serde::Serialize;

use crate::error::Error;
use crate::measures::Aggregate;

/// The values of some measures for each query, and over all of them.
///
/// Queries evaluated by id stand in byte-wise order of their ids, whatever the order of the qrels. `Q` is
/// what a query is called: its id, or its row.
///
/// ```
/// use ess_metrics::{NamedMeasure, Qrels, Run, evaluate};
///
/// let (mut qrels, mut run) = (Qrels::new(), Run::new("frozen"));
/// qrels.insert("q2", "d1", 1)?;
/// qrels.insert("q1", "d2", 1)?;
/// run.insert("q1", "d2", 0.7)?;
/// let measures: [NamedMeasure; 2] = ["mrr@10".parse()?, "recall@100".parse()?];
/// let evaluation = evaluate(&qrels, &run, &measures)?;
/// assert_eq!(evaluation.queries(), ["q1", "q2"]);
/// assert_eq!(evaluation.get("mrr@10")?.per_query, [1.0, 0.0]);
/// assert_eq!(evaluation.mean("mrr@10")?, 0.5);
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation<Q = String> {
    queries: Vec<Q>,
    measures: Vec<MeasureValues>,
}

/// One measure's values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureValues {
    /// The measure's name, such as `ndcg@10`.
    pub measure: String,
    /// The value over all queries: their mean, unless the measure is summed up otherwise.
    pub mean: f64,
    /// How the values of the queries became the one over all of them.
    #[serde(skip_serializing_if = "is_mean")]
    pub aggregate: Aggregate,
    /// The value for each query, in the order of [`Evaluation::queries`].
    pub per_query: Vec<f64>,
}

fn is_mean(aggregate: &Aggregate) -> bool {
    *aggregate == Aggregate::Mean
}

impl<Q> Evaluation<Q> {
    /// `values` has one row a query and one column a measure; a measure is a name and how it is summed up.
    pub(crate) fn new(
        queries: Vec<Q>,
        measures: Vec<(String, Aggregate)>,
        values: &[Vec<f64>],
    ) -> Result<Self, Error> {
        let measures = measures.into_iter().enumerate().map(|(column, (measure, aggregate))| {
            // A sum over nothing is -0.0; adding zero makes it the 0.0 that people expect to read.
            let per_query: Vec<f64> = values.iter().map(|row| row[column] + 0.0).collect();
            match per_query.iter().position(|value| !value.is_finite()) {
                Some(position) => Err(Error::NonFinite {
                    what: format!("values of {measure}"),
                    position,
                    value: per_query[position],
                }),
                None => Ok(MeasureValues { mean: aggregate.of(&per_query), measure, aggregate, per_query }),
            }
        });
        let measures = measures.collect::<Result<_, _>>()?;
        Ok(Self { queries, measures })
    }

    /// The queries that were evaluated.
    pub fn queries(&self) -> &[Q] {
        &self.queries
    }

    /// The measures in the order in which they were asked for.
    pub fn measures(&self) -> &[MeasureValues] {
        &self.measures
    }

    /// One measure's values, by its name.
    ///
    /// # Errors
    /// [`Error::NotMeasured`] when it was not asked for.
    pub fn get(&self, name: &str) -> Result<&MeasureValues, Error> {
        let found = self.measures.iter().find(|values| values.measure == name);
        found.ok_or_else(|| {
            let measured: Vec<_> = self.measures.iter().map(|values| values.measure.as_str()).collect();
            Error::NotMeasured { name: name.to_owned(), measured: measured.join(", ") }
        })
    }

    /// One measure's value over all queries, by its name: [`MeasureValues::mean`].
    ///
    /// # Errors
    /// [`Error::NotMeasured`] when it was not asked for.
    pub fn mean(&self, name: &str) -> Result<f64, Error> {
        Ok(self.get(name)?.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_values_are_summed_up_is_written_where_it_is_no_mean() {
        let measures = vec![("mrr".to_owned(), Aggregate::Mean), ("num_ret".to_owned(), Aggregate::Sum)];
        let evaluation =
            Evaluation::new(vec!["q1", "q2"], measures, &[vec![0.5, 3.0], vec![1.0, 4.0]]).unwrap();
        let expected = serde_json::json!({
            "queries": ["q1", "q2"],
            "measures": [
                {"measure": "mrr", "mean": 0.75, "per_query": [0.5, 1.0]},
                {"measure": "num_ret", "mean": 7.0, "aggregate": "sum", "per_query": [3.0, 4.0]},
            ],
        });
        assert_eq!(serde_json::to_value(&evaluation).unwrap(), expected);
    }
}
