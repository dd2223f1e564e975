//! The page.

use std::fmt::Write as _;

use ess_relations::RelationTraining;

use crate::{
    experiment::figures::{figure, or_dash, short},
    output::figures,
};

use super::{
    plot,
    results::Results,
    rows::{Block, Row, Rows},
};

/// What the page is made of.
pub(super) struct Report<'r> {
    pub(super) rows: &'r Rows<'r>,
    pub(super) results: &'r Results,
    /// A candidate, for what all have in common.
    pub(super) common: &'r RelationTraining,
    pub(super) seeds: usize,
}

impl Report<'_> {
    /// The whole page.
    pub(super) fn markdown(&self) -> String {
        let mut text = "# Relation models as searching modules\n\n".to_owned();
        let findings: Vec<String> = self.rows.blocks.iter().map(|block| self.finding(block)).collect();
        let _ = writeln!(text, "{}\n", findings.join(" "));
        self.method(&mut text);
        for block in &self.rows.blocks {
            self.block(&mut text, block);
        }
        self.leakage(&mut text);
        text
    }

    /// What one graph says, in two sentences.
    fn finding(&self, block: &Block<'_>) -> String {
        let (name, against) = (&block.graph.name, &self.results.against);
        let own = or_dash(block.row(against).map(|row| figure(row.mrr)));
        let best = block.rows.iter().reduce(|best, row| if row.mrr > best.mrr { row } else { best });
        let highest = match best.filter(|best| best.model != against) {
            Some(best) => format!(
                "{} reaches the highest test MRR, {}, and {against} {own}",
                best.model,
                figure(best.mrr)
            ),
            None => format!("{against} reaches the highest test MRR, {own}"),
        };
        if block.rows.len() == 1 {
            return format!("On {name} {against} reaches a test MRR of {own}.");
        }
        let [above, below] = self.beside(block);
        format!("On {name} {highest}. Significantly above {against}: {above}; significantly below: {below}.")
    }

    /// The models that are significantly above and below, in words.
    fn beside(&self, block: &Block<'_>) -> [String; 2] {
        [1.0, -1.0].map(|side| {
            let is_there = |row: &&Row<'_>| {
                row.compared.as_ref().is_some_and(|with| {
                    side * (with.mean - with.baseline) > 0.0
                        && self.rows.together.is_significant(with.interval, Some(with.p))
                })
            };
            let models: Vec<&str> = block.rows.iter().filter(is_there).map(|row| row.model).collect();
            if models.is_empty() { "none".to_owned() } else { models.join(", ") }
        })
    }

    fn method(&self, text: &mut String) {
        let RelationTraining { epochs, batch_size, check_every, patience, .. } = self.common;
        let _ = writeln!(
            text,
            "Written by `ess experiment relations`, seed {}. Each model is trained with every candidate of its settings and the first seed. \
             The candidate with the highest valid MRR is chosen, the first among equals. Ranks of valid triples are filtered by training and \
             valid triples, so that no test triple has a part in a choice. What is no candidate is the same for all models: at most {epochs} \
             epochs, steps of {batch_size} pairs, a look at the valid triples every {check_every} epochs and the end after {patience} looks \
             without a higher MRR. The epoch with the highest valid MRR is kept.\n\n\
             The chosen settings are trained with {} seeds and measured on test: all entities are ranked as the head and as the tail of each \
             triple, but for those that any of the three parts knows to be right as well; ties count half. Figures are means over seeds. \
             The interval of an MRR is a bootstrap over test triples, at 95 %; *over seeds* is the standard deviation of a seed's MRR. \
             Differences are paired by triple, with 95 % intervals, and those in **bold** are significant after Holm's correction over all {} \
             of this page. CPU-seconds are of one training.",
            self.results.seed,
            self.seeds,
            self.rows.together.len(),
        );
    }

    fn block(&self, text: &mut String, block: &Block<'_>) {
        let graph = block.graph;
        let [train, valid, test] = graph.triples;
        let _ = writeln!(
            text,
            "\n## {name}\n\n{} entities, {} relations; {train} training, {valid} valid and {test} test triples.\n\n![{name}]({})\n\n\
             | | model | parameters | chosen settings | valid MRR | test MRR | over seeds | Hits@1 | Hits@3 | Hits@10 | difference to {} | \
             epochs kept | CPU-s |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|",
            graph.entities,
            graph.relations,
            plot::name(&graph.name),
            self.results.against,
            name = graph.name,
        );
        for (row, number) in block.rows.iter().zip(1..) {
            self.row(text, row, number);
        }
        let candidates = || graph.models.iter().flat_map(|of| &of.candidates).map(|kept| &kept.found);
        let seconds: f64 = candidates().map(|candidate| candidate.cpu_seconds).sum();
        let _ = write!(
            text,
            "\n{} trainings chose the settings, in {seconds:.0} CPU-seconds",
            candidates().count()
        );
        let diverged = candidates().filter(|candidate| candidate.valid_mrr.is_none()).count();
        text.push_str(&if diverged > 0 {
            format!("; {diverged} of them diverged.\n")
        } else {
            ".\n".to_owned()
        });
    }

    fn row(&self, text: &mut String, row: &Row<'_>, number: usize) {
        let spread = or_dash(row.spread.map(|spread| format!("± {}", figure(spread))));
        let difference = or_dash(row.compared.as_ref().map(|with| with.difference(&self.rows.together)));
        let [first, third, tenth] = row.hits.map(|share| short(format!("{share:.3}")));
        let epochs = row.epochs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "| {number} | {} | {} | {} | {} | {} | {spread} | {first} | {third} | {tenth} | {difference} | {epochs} | {:.1} |",
            row.model,
            row.parameters,
            settings(row.chosen),
            figure(row.valid_mrr),
            figures::mean(row.mrr, row.interval),
            row.cpu_seconds,
        );
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

/// The chosen settings in words.
fn settings(chosen: &RelationTraining) -> String {
    let [n3, rate] = [chosen.n3, chosen.learning_rate].map(|value| short(value.to_string()));
    let partitions = match chosen.model.partitions {
        1 => String::new(),
        count => format!(" in {count} partitions"),
    };
    format!("N3 {n3}, rate {rate}, {} components{partitions}", chosen.model.dim)
}

#[cfg(test)]
mod tests;
