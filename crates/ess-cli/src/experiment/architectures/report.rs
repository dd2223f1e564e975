//! The page.

use std::fmt::Write;

use crate::{
    experiment::figures::{figure, or_dash, short},
    output::together::Together,
};

use super::{
    plot,
    rows::{Row, Rows},
};

/// What the page is of.
pub(super) struct Report<'a> {
    pub(super) sets: &'a [Rows],
    pub(super) seed: u64,
    pub(super) seeds: usize,
}

const INTRODUCTION: &str = "# Every system of neural search, as a case of Eq. 3

Written by `ess experiment architectures`: the systems of sections 2.2 and 6 of the paper on the same queries and items, each as
`P(rel | q, d) = s(sim(f_search(enc1'(q)), enc2(d)))`. Searching modules have the default settings of their kind and are means over the
seeds, whether or not the baseline guard returned them; *over seeds* is the standard deviation of a seed's mean. What is not trained here
is one run. Nothing is chosen on test.

nDCG@10 is given with its 95 % interval for values between 0 and 1. *Difference* is that to the frozen bi-encoder on the same queries, with
its paired 95 % bootstrap interval (studentised, and none where too few queries differ). *p* is that of a randomisation test after Holm's
correction over all differences on this page; **bold** ones are significant.

*Training* is in CPU-seconds: of the module, and of a fine-tuned encoder as they were given. *CPU-ms a query* are CPU-milliseconds of a
search for the best 100 items in one thread, one query after the other, by exact search (an index of tokens is approximate). Of up to five
passes over the queries the cheapest counts. **Encoding the query is not in them**, nor is building an index; a cross-encoder's reading is. *Bytes an item* are those of the index, without
ids, and of the text where a cross-encoder reads it.

No f_search is trained on BM25, on MaxSim or on a cross-encoder: they give no vector of the query that a module on one vector maps. A
cross-encoder finds no item beyond those that it reads.
";

const PLOTTED: &str =
    "Numbers are those of the rows; bars are the 95 % intervals of the difference to the frozen bi-encoder.";

const HEADINGS: &str = "| | system | enc1' | f_search | enc2 | sim | nDCG@10 | over seeds | Recall@100 | difference | p | training | \
    CPU-ms a query | bytes an item | returned |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";

impl Report<'_> {
    /// The whole page.
    pub(super) fn markdown(&self) -> String {
        let compared = self.sets.iter().flat_map(|set| &set.rows).filter_map(|row| row.compared.as_ref());
        let together = Together::new(compared.map(|compared| Some(compared.p)));
        let mut text = String::from(INTRODUCTION);
        for set in self.sets {
            let _ =
                writeln!(text, "\n## {0}\n\n![{0}]({1})\n\n*{PLOTTED}*\n", set.name, plot::name(&set.name));
            text.push_str(HEADINGS);
            for (row, number) in set.rows.iter().zip(1..) {
                line(&mut text, number, row, &together);
            }
            if !set.missing.is_empty() {
                let _ = writeln!(
                    text,
                    "\nNot in this table, with the flag that adds it: {}.",
                    set.missing.join("; ")
                );
            }
        }
        let (seed, last) = (self.seed, self.seed.wrapping_add(self.seeds as u64 - 1));
        let _ = writeln!(text, "\nSeeds {seed} to {last}; {} differences were compared.", together.len());
        text
    }
}

fn line(text: &mut String, number: usize, row: &Row, together: &Together) {
    let [low, high] = row.interval.map(|end| short(format!("{end:.3}")));
    let compared = row.compared.as_ref();
    let training = match row.training_cpu_seconds {
        None if row.system.is_trained() => Some("not given".to_owned()),
        seconds => seconds.map(|seconds| format!("{seconds:.1}")),
    };
    let cells = [
        number.to_string(),
        row.system.name(),
        row.system.terms().join(" | "),
        format!("{} [{low}, {high}]", figure(row.ndcg)),
        row.spread.map(|spread| format!("± {}", figure(spread))).unwrap_or_default(),
        figure(row.recall),
        or_dash(compared.map(|compared| compared.difference(together))),
        or_dash(compared.and_then(|compared| together.corrected(compared.p)).map(p_value)),
        or_dash(training),
        three_digits(row.cpu_ms),
        format!("{:.0}", row.item_bytes),
        row.returned.map(|[through, runs]| format!("{through} of {runs}")).unwrap_or_default(),
    ];
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "< .001".to_owned() } else { short(format!("{p:.3}")) }
}

/// A cost in no more digits than it was measured in.
fn three_digits(value: f64) -> String {
    let decimals = match value {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        value if value >= 0.9995 => 2,
        _ => 3,
    };
    short(format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_have_three_digits_and_small_p_values_a_bound() {
        let costs = [(0.01234, ".012"), (0.9996, "1.00"), (9.876, "9.88"), (12.34, "12.3"), (1234.5, "1234")];
        for (cost, expected) in costs {
            assert_eq!(three_digits(cost), expected);
        }
        assert_eq!([0.0004, 0.0312, 1.0].map(p_value), ["< .001", ".031", "1.000"]);
    }
}
