//! The page.

use std::fmt::Write;

use anyhow::Result;

use crate::{
    experiment::{
        figures::{figure, or_dash},
        over_seeds::mean,
    },
    output::together::Together,
};

use super::{learned::Point, null::Null, plot, results::Results};

/// What the page is of.
pub(super) struct Report<'a> {
    pub(super) results: &'a Results,
    pub(super) modules: &'a [&'a str],
}

const INTRODUCTION: &str = "# Learning curves

Written by `ess experiment curve`. A searching module is trained on some of the training queries (section B.1 of the paper). A seed draws
them and trains on them; dev is the same for all, as large as the data set has it, so a user with as few judged queries in all would
see the guard let less through.

*Trained* is the mean over the seeds of nDCG@10 on test, whether or not the baseline guard returned the modules; *deployed* has the
frozen encoder in place of those that it did not return. Brackets are paired 95 % bootstrap intervals of the difference to the frozen
encoder on the same queries; **bold** ones are significant after Holm's correction over all such differences on this page. *Over
seeds* is the standard deviation of a seed's mean. With all training queries a seed draws none, and what has no random step of its own
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

impl Report<'_> {
    /// The whole page.
    pub(super) fn markdown(&self) -> Result<String> {
        let mut curves = Vec::new();
        for of in &self.results.frozen {
            for module in self.modules {
                let points = Point::of_all(&self.results.runs(of, module, false), &of.found.frozen)?;
                curves.push((of, module, points));
            }
        }
        let points = || curves.iter().flat_map(|(.., points)| points);
        let together = Together::new(points().map(|point| Some(point.trained.p)));
        let mut text = String::from(INTRODUCTION);
        for of in &self.results.frozen {
            let (name, frozen) = (of.name(), figure(mean(&of.found.frozen)));
            let _ =
                writeln!(text, "\n## {name}\n\nFrozen encoder: {frozen}.\n\n![{name}]({})", plot::name(name));
            for (_, module, points) in curves.iter().filter(|(other, ..)| other.data == of.data) {
                table(&mut text, module, points, &together);
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

    /// A line for each kind of module, and one for all.
    fn null(&self, text: &mut String) -> Result<()> {
        for module in self.modules {
            self.null_of(text, module, &[*module])?;
        }
        self.null_of(text, "all", self.modules)
    }

    fn null_of(&self, text: &mut String, name: &str, modules: &[&str]) -> Result<()> {
        let mut null = Null::default();
        for of in &self.results.frozen {
            for module in modules {
                null.add(&self.results.runs(of, module, true), &of.found.frozen);
            }
        }
        let _ = writeln!(text, "| {name} | {} | {} |", null.text(null.through)?, null.text(null.harmful)?);
        Ok(())
    }
}

/// The curve of one kind of module.
fn table(text: &mut String, module: &str, points: &[Point], together: &Together) {
    let _ = writeln!(text, "\n### {module}\n");
    text.push_str("| training queries | trained | over seeds | let through | deployed | CPU-s |\n|---|---|---|---|---|---|\n");
    for point in points {
        let spread = or_dash(point.spread.map(|spread| format!("± {}", figure(spread))));
        let [through, runs] = point.through;
        let _ = writeln!(
            text,
            "| {} | {} | {spread} | {through} of {runs} | {} | {:.1} |",
            point.queries,
            point.trained.text(together),
            figure(point.deployed),
            point.cpu_seconds
        );
    }
}
