//! An evaluation as trec_eval prints it.

use std::fmt::Write;

use crate::evaluation::{Evaluation, MeasureValues};
use crate::measures::{Aggregate, NamedMeasure};

impl Evaluation<String> {
    /// The lines that trec_eval prints for a run of this name, with the queries' own lines first where they are asked for
    /// (`-q`): name, query or `all`, and value, separated by tabs.
    ///
    /// Measures have trec_eval's names, those that it lacks their own. Counts are whole numbers, other values have four
    /// digits. What is no mean and no count of items has no line for a query.
    ///
    /// ```
    /// use ess_metrics::{Evaluator, Qrels, Run};
    ///
    /// let (mut qrels, mut run) = (Qrels::new(), Run::new("STANDARD"));
    /// qrels.insert("301", "d1", 1)?;
    /// run.insert("301", "d2", 2.0)?;
    /// run.insert("301", "d1", 1.0)?;
    /// let evaluation = Evaluator::from_names(["num_ret", "mrr", "gm_map"])?.evaluate(&qrels, &run)?;
    /// let lines = evaluation.as_trec_eval(run.name(), true);
    /// let words: Vec<Vec<&str>> = lines.lines().map(|line| line.split_whitespace().collect()).collect();
    /// assert_eq!(words, [
    ///     ["num_ret", "301", "2"],
    ///     ["recip_rank", "301", "0.5000"],
    ///     ["runid", "all", "STANDARD"],
    ///     ["num_ret", "all", "2"],
    ///     ["recip_rank", "all", "0.5000"],
    ///     ["gm_map", "all", "0.5000"],
    /// ]);
    /// # Ok::<(), ess_metrics::Error>(())
    /// ```
    pub fn as_trec_eval(&self, run: &str, per_query: bool) -> String {
        let named: Vec<(String, &MeasureValues)> =
            self.measures().iter().map(|values| (trec_eval_name(&values.measure), values)).collect();
        let mut text = String::new();
        let of_query = |values: &MeasureValues| {
            values.aggregate == Aggregate::Mean
                || values.aggregate == Aggregate::Sum && values.measure != "num_q"
        };
        for (at, query) in self.queries().iter().enumerate().filter(|_| per_query) {
            for (name, values) in named.iter().filter(|(_, values)| of_query(values)) {
                line(&mut text, name, query, &number(values, values.per_query[at]));
            }
        }
        line(&mut text, "runid", "all", run);
        for (name, values) in &named {
            line(&mut text, name, "all", &number(values, values.mean));
        }
        text
    }
}

fn trec_eval_name(measure: &str) -> String {
    let known = measure.parse::<NamedMeasure>().ok().and_then(|measure| measure.trec_eval_name());
    known.unwrap_or_else(|| measure.to_owned())
}

fn number(values: &MeasureValues, value: f64) -> String {
    if values.aggregate == Aggregate::Sum { format!("{value:.0}") } else { format!("{value:6.4}") }
}

fn line(text: &mut String, name: &str, query: &str, value: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{name:<22}\t{query}\t{value}");
}

#[cfg(test)]
mod tests {
    use crate::{evaluator::Evaluator, qrels::Qrels, run::Run};

    #[test]
    fn what_is_no_mean_and_no_count_of_items_has_no_line_for_a_query() {
        let (mut qrels, mut run) = (Qrels::new(), Run::new("STANDARD"));
        for query in ["301", "302"] {
            qrels.insert(query, "d1", 1).unwrap();
            run.insert(query, "d2", 2.0).unwrap();
        }
        run.insert("301", "d1", 1.0).unwrap();
        let measures = ["num_q", "num_ret", "mrr", "gm_map"];
        let evaluation = Evaluator::from_names(measures).unwrap().evaluate(&qrels, &run).unwrap();
        let all = "runid                 \tall\tSTANDARD\n\
                   num_q                 \tall\t2\n\
                   num_ret               \tall\t3\n\
                   recip_rank            \tall\t0.2500\n\
                   gm_map                \tall\t0.0022\n";
        assert_eq!(evaluation.as_trec_eval("STANDARD", false), all);
        let of_queries = "num_ret               \t301\t2\n\
                          recip_rank            \t301\t0.5000\n\
                          num_ret               \t302\t1\n\
                          recip_rank            \t302\t0.0000\n";
        assert_eq!(evaluation.as_trec_eval("STANDARD", true), format!("{of_queries}{all}"));
    }
}
