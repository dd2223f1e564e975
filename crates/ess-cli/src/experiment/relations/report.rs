//! The page.

use std::fmt::Write as _;

use ess_relations::RelationTraining;

use crate::{
    experiment::figures::{figure, or_dash, short},
    output::figures,
};

use super::{
    divergence,
    findings::findings,
    plot,
    results::{OfGraph, Results},
    row_settings,
    rows::{Block, Row, Rows},
};

/// What the page is made of.
pub(super) struct Report<'r> {
    pub(super) rows: &'r Rows<'r>,
    pub(super) results: &'r Results,
    /// What candidates have where nothing is said of their model alone.
    pub(super) common: &'r RelationTraining,
    pub(super) seeds: usize,
}

impl Report<'_> {
    /// The whole page.
    pub(super) fn markdown(&self) -> String {
        let mut text = "# Relation models as searching modules\n\n".to_owned();
        let _ = writeln!(text, "{}\n", findings(self.rows, &self.results.against));
        self.method(&mut text);
        for block in &self.rows.blocks {
            self.block(&mut text, block);
        }
        self.leakage(&mut text);
        text
    }

    fn method(&self, text: &mut String) {
        let RelationTraining { epochs, batch_size, check_every, patience, .. } = self.common;
        let (more, alone) = self.exceptions();
        let _ = writeln!(
            text,
            "Written by `ess experiment relations`, seed {}. Each model is trained with every candidate of its settings and the first seed. \
             The candidate with the highest valid MRR is chosen, the first among equals.{alone} Ranks of valid triples are filtered by training and \
             valid triples, so that no test triple has a part in a choice. What is no candidate is the same for all models{more}: at most {epochs} \
             epochs, steps of {batch_size} pairs, a look at the valid triples every {check_every} epochs and the end after {patience} looks \
             without a higher MRR. The epoch with the highest valid MRR is kept.\n\n\
             The chosen settings are trained with {} seeds and measured on test: all entities are ranked as the head and as the tail of each \
             triple, but for those that any of the three parts knows to be right as well; ties count half. Figures are means over seeds. \
             The interval of an MRR is a bootstrap over test triples, at 95 %; *over seeds* is the standard deviation of a seed's MRR. \
             Differences are paired by triple, with 95 % intervals, and those in **bold** are significant after Holm's correction over all {} \
             of this page.{} CPU-seconds are of one training.",
            self.results.seed,
            self.seeds,
            self.rows.together.len(),
            divergence::in_general(self.rows),
        );
    }

    /// What the method does not say of all models, where there is something of the kind.
    fn exceptions(&self) -> (&'static str, &'static str) {
        let rows = || self.rows.blocks.iter().flat_map(|block| &block.rows);
        let is_usual = |chosen| row_settings::others(chosen, self.common).is_empty();
        let more = if rows().filter_map(Row::chosen).all(is_usual) {
            ""
        } else {
            ", but for what a row says besides"
        };
        let alone = match rows().any(|row| row.of.candidates.is_empty()) {
            true => " A model with one candidate is trained with the seeds alone.",
            false => "",
        };
        (more, alone)
    }

    fn block(&self, text: &mut String, block: &Block<'_>) {
        let graph = block.graph;
        let [train, valid, test] = graph.triples;
        let picture = match plot::is_drawn(block) {
            true => format!("![{}]({})\n\n", graph.name, plot::name(&graph.name)),
            false => String::new(),
        };
        let _ = writeln!(
            text,
            "\n## {}\n\n{} entities, {} relations; {train} training, {valid} valid and {test} test triples.\n\n{picture}\
             | | model | parameters | chosen settings | valid MRR | test MRR | over seeds | Hits@1 | Hits@3 | Hits@10 | difference to {} | \
             epochs kept | CPU-s |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|",
            graph.name, graph.entities, graph.relations, self.results.against,
        );
        for (row, number) in block.rows.iter().zip(1..) {
            self.row(text, row, number);
        }
        text.push_str(&divergence::on_graph(block));
        text.push_str(&choice(graph));
    }

    fn row(&self, text: &mut String, row: &Row<'_>, number: usize) {
        let valid = or_dash(row.of.chosen_valid_mrr.map(figure));
        let chosen = or_dash(row.chosen().map(|chosen| row_settings::words(chosen, self.common)));
        let _ = match &row.measured {
            None => writeln!(
                text,
                "| {number} | {} | – | {chosen} | {valid} | – | – | – | – | – | – | – | – |",
                row.marked()
            ),
            Some(measured) => {
                let spread = or_dash(measured.spread.map(|spread| format!("± {}", figure(spread))));
                let difference = or_dash(row.compared().map(|with| with.difference(&self.rows.together)));
                let [first, third, tenth] = measured.hits.map(|share| short(format!("{share:.3}")));
                let epochs = measured.epochs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                writeln!(
                    text,
                    "| {number} | {} | {} | {chosen} | {valid} | {} | {spread} | {first} | {third} | {tenth} | {difference} | {epochs} | {:.1} |",
                    row.marked(),
                    measured.parameters,
                    figures::mean(measured.mrr, measured.interval),
                    measured.cpu_seconds,
                )
            }
        };
    }

    fn leakage(&self, text: &mut String) {
        text.push_str(
            "\n## What training gives away of the test triples\n\nA relation is nearly the inverse of another, or the same, where the other \
             has at least 80 % of its training pairs.\n\n| graph | stand there as they are | under a near-inverse relation | under a \
             near-duplicate | both entities joined by some training triple |\n|---|---|---|---|---|\n",
        );
        for graph in &self.results.graphs {
            let leakage = &graph.leakage;
            let shares = [leakage.copies, leakage.inverse, leakage.duplicate, leakage.joined];
            let shares = shares.map(|share| format!("{:.1} %", 100.0 * share)).join(" | ");
            let _ = writeln!(text, "| {} | {shares} |", graph.name);
        }
    }
}

/// What it took to choose settings.
fn choice(graph: &OfGraph) -> String {
    let candidates = || graph.models.iter().flat_map(|of| &of.candidates).map(|kept| &kept.found);
    if candidates().next().is_none() {
        return "\nNo training was needed to choose settings: each model has one candidate.\n".to_owned();
    }
    let seconds: f64 = candidates().map(|candidate| candidate.cpu_seconds).sum();
    let diverged = match candidates().filter(|candidate| candidate.valid_mrr.is_none()).count() {
        0 => String::new(),
        diverged => format!("; {diverged} of them diverged"),
    };
    let count = candidates().count();
    format!("\n{count} trainings chose the settings, in {seconds:.0} CPU-seconds{diverged}.\n")
}

#[cfg(test)]
mod tests;
