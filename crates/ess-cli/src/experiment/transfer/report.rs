//! The page.

use std::fmt::Write as _;

use crate::experiment::{
    figures::{figure, or_dash, short},
    over_seeds::mean,
    sample::Limits,
};

use super::{
    correlation::Correlation,
    few::{FEW, STEPS},
    pair::PARTS,
    results::Results,
    rows::{GATED, MEAN, OWN, ROUTED, Row, Rows, TOGETHER, WEIGHTED, WHOLE, new, tuned},
};

/// What the page is made of.
pub(super) struct Report<'r> {
    pub(super) results: &'r Results,
    pub(super) rows: &'r Rows,
    pub(super) names: &'r [&'r str],
    pub(super) limits: Limits,
    pub(super) seeds: usize,
}

impl Report<'_> {
    pub(super) fn markdown(&self) -> String {
        let mut text = "# What a searching module of one task is worth on another\n\n".to_owned();
        self.findings(&mut text);
        self.method(&mut text);
        self.ways(&mut text);
        self.whole(&mut text);
        self.few(&mut text);
        self.parts(&mut text);
        self.predictions(&mut text);
        text
    }

    /// Three sentences.
    fn findings(&self, text: &mut String) {
        let (rows, most) = (self.rows, FEW[FEW.len() - 1]);
        let [pairs, harmed, helped] = rows.counts(WHOLE);
        let gain = |way: &str| signed(rows.gain(way));
        let _ = write!(
            text,
            "A linear module of one other task, searched with as it is, changes nDCG@10 by {} in the mean over {pairs} pairs of a \
             source and a target, harms {harmed} of them and helps {helped}. The target's own module changes it by {}. ",
            gain(WHOLE),
            gain(OWN),
        );
        let (tuned, new) = (tuned(most), new(most));
        let _ = write!(
            text,
            "Tuned on {most} queries of the target it stands at {}, and a module that starts from the identity and sees the same \
             queries at {}: a start from another task is worth {} there. ",
            gain(&tuned),
            gain(&new),
            signed(rows.gain(&tuned) - rows.gain(&new)),
        );
        let [targets, harmed, _] = rows.counts(ROUTED);
        let _ = write!(
            text,
            "Choosing among the others' modules query by query changes it by {} and harms {harmed} of {targets} targets. ",
            gain(ROUTED),
        );
        let mixed = |way: &str| {
            let [_, harmed, helped] = rows.counts(way);
            format!("{} (harms {harmed}, helps {helped})", gain(way))
        };
        let _ = writeln!(
            text,
            "Mixed with the frozen encoder they change it by {} with one weight each, and by {} with weights for each query; {}.\n",
            mixed(WEIGHTED),
            mixed(GATED),
            self.best_prediction(),
        );
    }

    fn best_prediction(&self) -> String {
        let known = self.rows.correlations.iter().filter_map(|(name, found)| Some((name, found.as_ref()?)));
        let decided: Vec<String> = known
            .filter(|(_, found)| found.p <= 0.05 / self.rows.correlations.len() as f64)
            .map(|(name, found)| format!("{name} (ρ = {})", signed(found.rho)))
            .collect();
        match decided.is_empty() {
            true => {
                "no similarity of tasks that is known before testing is shown to predict what transfer gains"
                    .to_owned()
            }
            false => format!("what transfer gains goes with {}", decided.join(" and ")),
        }
    }

    fn method(&self, text: &mut String) {
        let Limits { queries, items } = self.limits;
        let _ = writeln!(
            text,
            "Written by `ess experiment transfer`, seed {}. Modules are trained on at most {queries} queries of a source and {items} of \
             its items beside those that they are judged on, drawn anew for each of {} seeds. Figures are nDCG@10 over all items, the \
             mean over seeds for each test query. Modules are taken whether or not the baseline guard returned them. In brackets: the \
             paired 95 % interval over queries of the difference to the frozen encoder. **Bold** differences have a p-value below .05 \
             after Holm's correction over all {} comparisons of this page. Tuning takes {STEPS} steps with the default settings.\n",
            self.results.seed,
            self.seeds,
            self.rows.together.len(),
        );
    }

    fn ways(&self, text: &mut String) {
        text.push_str("## All ways\n\nThe mean difference to the frozen encoder, and in how many comparisons it is significant.\n\n");
        text.push_str("| module | comparisons | mean difference | harms | helps |\n|---|---|---|---|---|\n");
        for way in self.rows.ways() {
            let [all, harmed, helped] = self.rows.counts(way);
            let _ =
                writeln!(text, "| {way} | {all} | {} | {harmed} | {helped} |", signed(self.rows.gain(way)));
        }
    }

    fn whole(&self, text: &mut String) {
        text.push_str(
            "\n## Whole modules\n\nA column is a target. ![Gains against similarity](gains.svg)\n\n",
        );
        self.heads(text, "module");
        let frozen = |target: usize| {
            self.rows.of_way(OWN).find(|row| row.target == target).map(|row| figure(row.compared.baseline))
        };
        self.line(text, "frozen", frozen);
        self.line(text, OWN, |target| self.cell(OWN, None, target));
        for (source, name) in self.names.iter().enumerate() {
            self.line(text, &format!("of {name}"), |target| self.cell(WHOLE, Some(source), target));
        }
        for way in [TOGETHER, MEAN, ROUTED, WEIGHTED, GATED] {
            self.line(text, way, |target| self.cell(way, None, target));
        }
        text.push_str("\nTest queries that went to each module, over all seeds: ");
        let routes = self
            .results
            .joint
            .iter()
            .flat_map(|kept| kept.found.routes.iter().map(|(name, count)| (kept.name(), name, *count)));
        let mut counts = std::collections::BTreeMap::new();
        routes.for_each(|(target, name, count)| *counts.entry((target, name)).or_insert(0) += count);
        let told = counts.iter().map(|((target, name), count)| format!("{target}: {count} to {name}"));
        let _ = writeln!(text, "{}.", told.collect::<Vec<_>>().join("; "));
        self.shares(text);
    }

    /// What each module came to in the mixture that has one weight for each.
    fn shares(&self, text: &mut String) {
        let _ = write!(
            text,
            "\nIn the mixtures modules are frozen, and the target's training and dev queries teach the weights alone. Shares of one weight each, \
             the mean over seeds:"
        );
        for (target, name) in self.names.iter().enumerate() {
            let runs = self.results.mixtures.iter().filter(|kept| kept.name() == *name);
            let runs: Vec<_> = runs.map(|kept| &*kept.found.shares).collect();
            let others =
                (0..self.names.len()).filter(|&other| other != target).map(|other| self.names[other]);
            let share = |(at, of): (usize, &str)| {
                let shares: Vec<f64> =
                    runs.iter().filter_map(|run| run.get(at)).map(|&share| share.into()).collect();
                format!("{} {of}", short(format!("{:.2}", mean(&shares))))
            };
            let told: Vec<String> = others.chain(["frozen"]).enumerate().map(share).collect();
            let end = if target + 1 < self.names.len() { ";" } else { ".\n" };
            let _ = write!(text, " {name}: {}{end}", told.join(", "));
        }
    }

    fn few(&self, text: &mut String) {
        text.push_str(
            "\n## Few queries of the target\n\nThe first row of each number is a module that starts from the identity; below it stand \
             modules of other tasks tuned on the same queries, with the difference to that row.\n\n",
        );
        self.heads(text, "module");
        for queries in FEW {
            self.line(text, &new(queries), |target| self.cell(&new(queries), None, target));
            for (source, name) in self.names.iter().enumerate() {
                let with_new = |target: usize| {
                    let row = self.row(&tuned(queries), Some(source), target)?;
                    row.with_new.as_ref().map(|compared| compared.text(&self.rows.together))
                };
                self.line(text, &format!("of {name}, {}", tuned(queries)), with_new);
            }
        }
    }

    fn parts(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\n## Parts\n\nA rotation and then a selection of dimensions, trained together on a source; what is tuned is tuned on {} \
             queries of the target.\n",
            FEW[FEW.len() - 1]
        );
        self.heads(text, "parts");
        for way in &PARTS {
            for (source, name) in self.names.iter().enumerate() {
                let of = format!("of {name}: {}", way.name);
                self.line(text, &of, |target| self.cell(way.name, Some(source), target));
            }
        }
    }

    fn predictions(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\n## What predicts a gain\n\nSpearman's rank correlation between a similarity and the gain of whole transfer, over {} pairs. \
             The interval takes pairs for independent, which they are not, as they share tasks; p is of Mantel's test, which renames the \
             tasks.\n\n| similarity, known before testing | ρ [95 %] | p | |\n|---|---|---|---|",
            self.rows.observed.len()
        );
        let threshold = 0.05 / self.rows.correlations.len() as f64;
        for (name, found) in &self.rows.correlations {
            let _ = match found {
                Some(found) => writeln!(
                    text,
                    "| {name} | {} | {:.3} | {} |",
                    rho(found),
                    found.p,
                    verdict(found, threshold)
                ),
                None => writeln!(text, "| {name} | – | – | too few pairs differ |"),
            };
        }
    }

    fn heads(&self, text: &mut String, first: &str) {
        let _ = writeln!(
            text,
            "| {first} | {} |\n|---|{}",
            self.names.join(" | "),
            "---|".repeat(self.names.len())
        );
    }

    /// A line of a table, with a cell for each target.
    fn line(&self, text: &mut String, name: &str, cell: impl Fn(usize) -> Option<String>) {
        let cells: Vec<String> = (0..self.names.len()).map(|target| or_dash(cell(target))).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }

    fn row(&self, way: &str, source: Option<usize>, target: usize) -> Option<&Row> {
        let mut rows = self.rows.all.iter();
        rows.find(|row| row.way == way && row.source == source && row.target == target)
    }

    fn cell(&self, way: &str, source: Option<usize>, target: usize) -> Option<String> {
        self.row(way, source, target).map(|row| row.compared.text(&self.rows.together))
    }
}

fn signed(value: f64) -> String {
    short(format!("{value:+.3}"))
}

fn rho(found: &Correlation) -> String {
    let interval = found.interval.map(|[low, high]| format!(" [{}, {}]", signed(low), signed(high)));
    format!("{}{}", signed(found.rho), interval.unwrap_or_default())
}

/// At a level that is shared among all similarities.
fn verdict(found: &Correlation, threshold: f64) -> &'static str {
    if found.p <= threshold {
        "predicts"
    } else if found.smallest > threshold {
        "undecidable with so few tasks"
    } else {
        "not shown"
    }
}
