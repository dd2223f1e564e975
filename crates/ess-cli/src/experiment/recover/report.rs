//! The page.

use std::fmt::Write;

use crate::{
    experiment::{
        compared::Compared,
        figures::{figure, or_dash, short},
        tuned::FROZEN,
    },
    output::together::Together,
};

use super::{
    against, plot,
    row::{Row, Rows},
};

/// What the page is of.
pub(super) struct Report<'a> {
    pub(super) rows: &'a [Rows<'a>],
    /// All differences of the page.
    pub(super) together: &'a Together,
    pub(super) seed: u64,
    pub(super) seeds: usize,
}

const INTRODUCTION: &str = "# What fine-tuning gains, and how much of it a searching module does

Written by `ess experiment recover`. A data set is searched by the frozen encoder and by fine-tuned ones, as they are and with a
searching module on top (sections 3, 5.2, B.1 and B.3 of the paper). Modules are means over the seeds, whether or not the baseline guard
returned them; a fine-tuned encoder is one run. Figures are nDCG@10. Brackets are paired 95 % bootstrap intervals of the
difference to the frozen encoder on the same queries, and under *on top* of the difference to the fine-tuned encoder without the
module. *Searching against fine-tuning* has two more differences on the same queries: a module on the frozen encoder less the
fine-tuned encoder alone, and a module on the fine-tuned encoder less the same module on the frozen one. **Bold** differences are
significant after Holm's correction over all differences on this page, these among them. *Seen* queries have a relevant item that a
training or dev query had too. CPU-seconds are those of training: of the fine-tune, as they were given, and of the module.
";

impl Report<'_> {
    /// The whole page.
    pub(super) fn markdown(&self) -> String {
        let together = self.together;
        let mut text = String::from(INTRODUCTION);
        for set in self.rows {
            let _ = writeln!(text, "\n## {0}\n\n![{0}]({1})\n", set.name, plot::name(&set.name));
            table(&mut text, set, together);
            recovered(&mut text, set, together);
            against::write(&mut text, &set.direct, together);
        }
        let (seed, seeds, compared) = (self.seed, self.seeds, together.len());
        let _ = writeln!(
            text,
            "\nSeeds {seed} to {}; {compared} differences were compared.",
            seed + seeds as u64 - 1
        );
        text
    }
}

fn table(text: &mut String, set: &Rows<'_>, together: &Together) {
    text.push_str(
        "| encoder | module | CPU-s | nDCG@10 | over seeds | on top | seen | unseen | returned |\n",
    );
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for row in &set.rows {
        let cell = |group: &Option<Compared>| {
            or_dash(group.as_ref().map(|c| if row.is_baseline() { figure(c.mean) } else { c.text(together) }))
        };
        let [all, seen, unseen] = row.groups.each_ref().map(cell);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {all} | {} | {} | {seen} | {unseen} | {} |",
            row.encoder,
            row.module.unwrap_or_default(),
            row.cpu_seconds.map(|seconds| format!("{seconds:.1}")).unwrap_or_default(),
            row.spread.map(|spread| format!("± {}", figure(spread))).unwrap_or_default(),
            row.on_top.as_ref().map(|c| c.difference(together)).unwrap_or_default(),
            row.returned.map(|[through, runs]| format!("{through} of {runs}")).unwrap_or_default(),
        );
    }
}

/// What each fine-tune gains, and what share of it modules on the frozen encoder do.
fn recovered(text: &mut String, set: &Rows<'_>, together: &Together) {
    let tuned = set.rows.iter().filter(|row| row.module.is_none() && !row.is_baseline());
    for tuned in tuned {
        let Some(all) = &tuned.groups[0] else { continue };
        let gain = short(format!("{:+.3}", tuned.gain()));
        let shown = together.is_significant(all.interval, Some(all.p));
        let _ = match (shown, tuned.gain() > 0.0) {
            (true, true) => {
                writeln!(text, "\nFine-tuning ({}) gains {gain}; {}.", tuned.encoder, shares(set, tuned))
            }
            (true, false) => writeln!(text, "\nFine-tuning ({}) loses: {gain}.", tuned.encoder),
            (false, _) => {
                writeln!(text, "\nFine-tuning ({}) shows no gain: {gain} is not significant.", tuned.encoder)
            }
        };
    }
}

fn shares(set: &Rows<'_>, tuned: &Row<'_>) -> String {
    let on_frozen = set.rows.iter().filter(|row| row.encoder == FROZEN);
    let share = |row: &Row<'_>| {
        let percent = 100.0 * row.gain() / tuned.gain();
        row.module.map(|module| {
            let cost = row.cpu_seconds.zip(tuned.cpu_seconds);
            let cost = cost.map(|(own, whole)| format!(", at {:.1} % of its cost", 100.0 * own / whole));
            format!("{module} on the frozen encoder gains {percent:.0} % of that{}", cost.unwrap_or_default())
        })
    };
    on_frozen.filter_map(share).collect::<Vec<_>>().join("; ")
}
