//! The page.

use std::fmt::Write;

use anyhow::Result;
use ess_auto::{Auto, AutoConfig};

use crate::{
    experiment::{
        figures::{figure, or_dash},
        over_seeds::mean,
    },
    output::together::Together,
};

use super::{learned::Point, null::Null, plot, results::Results, system::is_auto};

/// What the page is of.
pub(super) struct Report<'a> {
    pub(super) results: &'a Results,
    /// All that learned somewhere.
    pub(super) systems: &'a [&'a str],
    /// The settings of automatic choice, where it is among them.
    pub(super) auto: &'a AutoConfig,
}

const INTRODUCTION: &str = "# Learning curves

Written by `ess experiment curve`. A searching module is trained on some of the training queries (section B.1 of the paper). A seed draws
them and trains on them; dev is the same for all, as large as the data set has it, so a user with as few judged queries in all would
see the guard let less through.

*Trained* is the mean over the seeds of nDCG@10 on test, whether or not the baseline guard returned the modules; *deployed* has the
frozen encoder in place of those that it did not return. Brackets are paired 95 % bootstrap intervals of the difference to the frozen
encoder on the same queries; **bold** ones are significant after Holm's correction over all differences on this page. *Over shuffled*
is the difference to modules that saw the same queries with their judgements shuffled among them: what is learned of the task, beside where
its items lie and which are asked for. *Over seeds* is the standard deviation of a seed's mean. With all training queries a seed draws none, and what has no random step of its own
is then the same for all seeds.
";

const NULL: &str = "
## When there is nothing to learn

The same runs with the judgements of the training queries shuffled among them. Such a module knows which items are asked for, and nothing
of what asks for them. *Let through* counts runs in which the guard returned the module all the same, with Clopper and Pearson's exact 95 %
interval; *harmful* those of them that find less than the frozen encoder on test. A module that was let through and is not harmful gains
by the first kind of knowledge. Runs of one data set share their dev queries, so they are not quite independent.

| module | let through | let through and harmful |
|---|---|---|
";

const AUTO: &str = "
*Auto* is automatic choice (`ess train --module auto`), by embeddings alone (*dense*) and, where a data set's texts were given, with
lexical search (*hybrid*), each within BUDGET CPU-seconds for every run. It sees no dev queries: it learns from the drawn queries and judges itself on them
by nested cross-validation, so it has fewer judged queries in all than the modules beside it, and keeps the frozen encoder where fewer than 20 are
drawn. What it chose is what is deployed, so that *trained* and *deployed* are the same; *let through* counts choices of something else than
the frozen encoder.
";

const NULL_OF_AUTO: &str = "
Of automatic choice all judgements are shuffled, and runs with fewer than FEWEST queries, in which it looks at nothing, are not
counted. *Let through* counts runs in which it departed from the frozen encoder, and *harmful* those of them in which this was
wrong.
";

impl Report<'_> {
    /// The whole page.
    pub(super) fn markdown(&self) -> Result<String> {
        let mut curves = Vec::new();
        for of in &self.results.frozen {
            for system in self.results.systems(of) {
                let runs = |shuffled| self.results.runs(of, system, shuffled);
                let points = Point::of_all(&runs(false), &runs(true), &of.found.frozen)?;
                curves.push((of, system, points));
            }
        }
        let points = || curves.iter().flat_map(|(.., points)| points);
        let compared = points().flat_map(|point| [Some(&point.trained), point.over_shuffled.as_ref()]);
        let together = Together::new(compared.flatten().map(|compared| Some(compared.p)));
        let mut text = String::from(INTRODUCTION);
        if self.has_auto() {
            text.push_str(&AUTO.replace("BUDGET", &self.auto.budget_seconds.to_string()));
        }
        for of in &self.results.frozen {
            let (name, frozen) = (of.name(), figure(mean(&of.found.frozen)));
            let _ =
                writeln!(text, "\n## {name}\n\nFrozen encoder: {frozen}.\n\n![{name}]({})", plot::name(name));
            for (_, system, points) in curves.iter().filter(|(other, ..)| other.data == of.data) {
                table(&mut text, system, points, &together);
            }
        }
        text.push_str(NULL);
        self.null(&mut text)?;
        let _ = writeln!(
            text,
            "\nSeeds from {}; {} differences were compared.",
            self.results.seed,
            together.len()
        );
        Ok(text)
    }

    fn has_auto(&self) -> bool {
        self.systems.iter().any(|system| is_auto(system))
    }

    /// A line for each system, and one for all that the guard judges.
    fn null(&self, text: &mut String) -> Result<()> {
        for system in self.systems {
            self.null_of(text, system, &[*system])?;
        }
        let guarded: Vec<&str> = self.systems.iter().copied().filter(|system| !is_auto(system)).collect();
        if !guarded.is_empty() {
            self.null_of(text, if self.has_auto() { "all but auto" } else { "all" }, &guarded)?;
        }
        if self.has_auto() {
            text.push_str(&NULL_OF_AUTO.replace("FEWEST", &Auto::MIN_QUERIES.to_string()));
        }
        Ok(())
    }

    fn null_of(&self, text: &mut String, name: &str, systems: &[&str]) -> Result<()> {
        let mut null = Null::default();
        for of in &self.results.frozen {
            for system in systems {
                let mut runs = self.results.runs(of, system, true);
                runs.retain(|run| !is_auto(system) || run.queries >= Auto::MIN_QUERIES);
                null.add(&runs, &of.found.frozen);
            }
        }
        if null.runs > 0 {
            let _ =
                writeln!(text, "| {name} | {} | {} |", null.text(null.through)?, null.text(null.harmful)?);
        }
        Ok(())
    }
}

/// The curve of one system.
fn table(text: &mut String, system: &str, points: &[Point], together: &Together) {
    let _ = writeln!(text, "\n### {system}\n");
    text.push_str("| training queries | trained | over shuffled | over seeds | let through | deployed | CPU-s |\n|---|---|---|---|---|---|---|\n");
    for point in points {
        let spread = or_dash(point.spread.map(|spread| format!("± {}", figure(spread))));
        let [through, runs] = point.through;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {spread} | {through} of {runs} | {} | {:.1} |",
            point.queries,
            point.trained.text(together),
            or_dash(point.over_shuffled.as_ref().map(|compared| compared.difference(together))),
            figure(point.deployed),
            point.cpu_seconds
        );
    }
}
