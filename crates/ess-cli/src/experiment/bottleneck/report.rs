//! The page.

use std::{collections::BTreeSet, fmt::Write};

use anyhow::Result;
use ess_diagnostics::InformationBound;

use crate::{
    experiment::{
        compared::Compared,
        figures::{figure, or_dash, short},
        kept::Kept,
    },
    output::together::Together,
};

use super::{
    capacity::Capacity,
    geometry::{Geometry, Side},
    results::Results,
    row::Row,
};

/// What the page is of.
pub(super) struct Report<'a> {
    pub(super) results: &'a Results,
    pub(super) classes: &'a [&'a str],
}

const INTRODUCTION: &str = "# Where the bottleneck is

Written by `ess experiment bottleneck`. A bi-encoder loses what its encodings do not hold, and what its search does not bring out of
them (sections 5.1 and B.2 of the paper). With frozen encodings the two can be told apart: a searching module of a class is
trained, and the same class is fitted to the test queries themselves, in 400 steps without decay. What lies between, the class could
express and did not learn. What it then still misses is at most what it cannot express on these encodings: another loss or a longer
fit may reach more.

A module that is fitted to the test queries is no result: with as many parameters as queries or more it can learn any answer by
heart. Read it beside classes of few parameters, and as what the class has room for.

";

const HOW: &str = "
Every trained row is the mean over the seeds, whether or not the baseline guard returned the module. Brackets are paired 95 % bootstrap intervals of
the difference to the frozen encoder on the same queries; **bold** ones are significant after Holm's correction over all such
differences on this page. *Seen* queries have a relevant item that a training or dev query had too. Information is the InfoNCE bound, in nats, of
test queries and their items, at a temperature chosen on other pairs; it cannot pass its cap. Its ± is the standard error over queries, a
little too small, as they share their negatives.
";

const CAPACITY: &str = "## What some query could find

The share of test queries whose relevant items a vector of the space ranks before all other items, by the items as they are and by
their first principal directions. It is decided exactly: such a vector is found, or the convex hulls of relevant and other items meet.
Of the other queries no searching module ranks all relevant items first, however it is trained: frozen items are a bottleneck there. Two items
of one vector are enough for that, and nDCG@10, which looks at ten hits, may be 1 all the same. Where a share is 100 %, the size of the
embeddings is no bottleneck, which says nothing of whether a module can be learned. Two shares are a lower and an upper bound.

";

impl Report<'_> {
    /// The whole page.
    pub(super) fn markdown(&self) -> Result<String> {
        let mut text = String::from(INTRODUCTION);
        text.push_str(&encodings(&self.results.geometry));
        self.overlaps(&mut text);
        capacity(&mut text, &self.results.capacity);
        let rows = self.rows()?;
        let differences = rows.iter().flatten().flat_map(|row| row.groups.iter().flatten());
        let together = Together::new(differences.map(|compared| Some(compared.p)));
        text.push_str("## The searching\n");
        text.push_str(HOW);
        for (geometry, rows) in self.results.geometry.iter().zip(&rows) {
            searching(&mut text, geometry, rows, &together);
        }
        text.push_str(LOSS);
        for (geometry, rows) in self.results.geometry.iter().zip(&rows) {
            losses(&mut text, geometry, rows);
        }
        let _ = writeln!(
            text,
            "\nSeeds from {}; {} differences were compared.",
            self.results.seed,
            together.len()
        );
        Ok(text)
    }

    fn overlaps(&self, text: &mut String) {
        if self.results.overlaps.is_empty() {
            return;
        }
        text.push_str(
            "Items that two encoders encoded, by linear CKA (1: the same but for rotation and scale):\n\n",
        );
        text.push_str("| encoders | CKA | without bias |\n|---|---|---|\n");
        for overlap in &self.results.overlaps {
            let (one, other, cka) = (&overlap.one, &overlap.other, overlap.cka);
            let _ = writeln!(text, "| {one}, {other} | {:.3} | {:.3} |", cka.biased, cka.debiased);
        }
        text.push('\n');
    }

    /// For each data set its classes.
    fn rows(&self) -> Result<Vec<Vec<Row<'_>>>> {
        let of_data = |geometry| self.classes.iter().map(|class| self.row(geometry, class)).collect();
        self.results.geometry.iter().map(of_data).collect()
    }

    fn row<'a>(&self, geometry: &Kept<Geometry>, class: &'a str) -> Result<Row<'a>> {
        let all = self.results.searching.iter();
        let runs = all.filter(|kept| kept.data == geometry.data && kept.what == *class);
        Row::of(class, &runs.map(|kept| &kept.found).collect::<Vec<_>>(), &geometry.found.frozen)
    }
}

/// The table of what the encodings are like: a column for each data set.
fn encodings(geometry: &[Kept<Geometry>]) -> String {
    let names: Vec<&str> = geometry.iter().map(|kept| kept.name()).collect();
    let mut text = format!(
        "## The encodings\n\n| figure | {} |\n|---|{}\n",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    let mut line = |what: &str, of: &dyn Fn(&Geometry) -> String| {
        let cells: Vec<String> = geometry.iter().map(|kept| of(&kept.found)).collect();
        let _ = writeln!(text, "| {what} | {} |", cells.join(" | "));
    };
    of_side("items", |found| &found.items, &mut line);
    of_side("queries", |found| &found.queries, &mut line);
    of_pairs(&mut line);
    text + "\nFigures over all pairs of vectors are of at most 4000 vectors. Hubness counts the first 10 hits of the test queries.\n\n"
}

/// The table of what some query could find: a row for each number of directions, a column for each data set.
fn capacity(text: &mut String, capacity: &[Kept<Capacity>]) {
    let names: Vec<&str> = capacity.iter().map(|kept| kept.name()).collect();
    let _ = writeln!(
        text,
        "{CAPACITY}| directions | {} |\n|---|{}",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    let widths = capacity.iter().flat_map(|kept| &kept.found.widths).map(|width| width.directions);
    for directions in widths.collect::<BTreeSet<_>>() {
        let of = |kept: &Kept<Capacity>| {
            let width = kept.found.widths.iter().find(|width| width.directions == directions);
            or_dash(width.map(|width| format!("{} of {}", width.text(), width.queries)))
        };
        let cells: Vec<String> = capacity.iter().map(of).collect();
        let _ = writeln!(text, "| {directions} | {} |", cells.join(" | "));
    }
    text.push('\n');
}

/// Writes a line of the table: what it is, and the cell of each data set.
type Line<'l> = dyn FnMut(&str, &dyn Fn(&Geometry) -> String) + 'l;

/// The figures of items, or of queries.
fn of_side(name: &str, side: fn(&Geometry) -> &Side, line: &mut Line<'_>) {
    line(&format!("{name}, dimension"), &|of| format!("{}, {}", side(of).vectors, side(of).spectrum.dim));
    line(&format!("{name}: RankMe, stable rank"), &|of| {
        format!("{:.1}, {:.1}", side(of).rank_me, side(of).stable_rank)
    });
    line(&format!("{name}: effective rank, participation ratio"), &|of| {
        format!("{:.1}, {:.1}", side(of).spectrum.effective_rank, side(of).spectrum.participation_ratio)
    });
    line(&format!("{name}: components with 90 % of the variance"), &|of| {
        side(of).spectrum.components_of_90_percent.to_string()
    });
    line(&format!("{name}: IsoScore, mean cosine"), &|of| {
        format!("{:.3}, {:.3}", side(of).isotropy.iso_score, side(of).isotropy.mean_cosine)
    });
    line(&format!("{name}: intrinsic dimension"), &|of| {
        or_dash(
            side(of)
                .intrinsic
                .as_ref()
                .map(|two| format!("{:.1} ± {:.1}", two.dimension, two.standard_error)),
        )
    });
    line(&format!("{name}: uniformity"), &|of| format!("{:.2}", side(of).uniformity));
}

/// The figures of queries and their items together.
fn of_pairs(line: &mut Line<'_>) {
    line("pairs: alignment", &|of| format!("{:.2}", of.alignment));
    line("hubness: skewness (by chance)", &|of| {
        or_dash(
            of.hubness.as_ref().map(|hubs| format!("{:.1} ({:.1})", hubs.skewness, hubs.skewness_by_chance)),
        )
    });
    line("hubness: hits of the top 1 % of items", &|of| {
        or_dash(of.hubness.as_ref().map(|hubs| format!("{:.0} %", 100.0 * hubs.hits_of_top_percent)))
    });
    line("information of pairs (cap), nats", &|of| or_dash(of.information.as_ref().map(nats)));
}

fn nats(bound: &InformationBound) -> String {
    format!("{:.2} ± {:.2} ({:.2})", bound.nats, bound.standard_error, bound.cap)
}

/// The table of one data set's classes.
fn searching(text: &mut String, geometry: &Kept<Geometry>, rows: &[Row<'_>], together: &Together) {
    let _ = writeln!(text, "\n### {}\n", geometry.name());
    text.push_str("| class | parameters | CPU-s | nDCG@10 | over seeds | returned | seen | unseen | fitted on test | information |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|---|\n");
    let group = |compared: &Option<Compared>| compared.as_ref().map(|compared| compared.text(together));
    let base =
        |at: usize| or_dash(rows.first().and_then(|row| row.groups[at].as_ref()).map(|c| figure(c.baseline)));
    let information = or_dash(geometry.found.information.as_ref().map(nats));
    let _ = writeln!(text, "| frozen | | | {} | | | {} | {} | | {information} |", base(0), base(1), base(2));
    for row in rows {
        let [all, seen, unseen] = row.groups.each_ref().map(|compared| or_dash(group(compared)));
        let spread = or_dash(row.spread.map(|spread| format!("± {}", figure(spread))));
        let told = or_dash(row.fitted_on_test[0].map(figure));
        let information = or_dash(row.information.as_ref().map(nats));
        let _ = writeln!(
            text,
            "| {} | {} | {:.1} | {all} | {spread} | {:.0} % | {seen} | {unseen} | {told} | {information} |",
            row.class,
            row.parameters,
            row.cpu_seconds,
            100.0 * row.returned
        );
    }
}

const LOSS: &str = "
## Where the loss is

What the frozen encoder lacks to an nDCG@10 of 1, in three parts. *Recovered* is what training recovers. *Could, did not learn* is what
the class expresses when it is told the answers, and did not learn: the searching lacks at least so much. *Not reached when told* is what
it does not reach even then: for this class, the encoding lacks at most so much. A part below 0 is a loss by training.

";

/// The parts of one data set's loss.
fn losses(text: &mut String, geometry: &Kept<Geometry>, rows: &[Row<'_>]) {
    let _ = writeln!(text, "### {}\n", geometry.name());
    text.push_str("| class | queries | lost | recovered | could, did not learn | not reached when told |\n|---|---|---|---|---|---|\n");
    for row in rows {
        for (at, name) in ["all", "seen", "unseen"].into_iter().enumerate() {
            let (Some(compared), Some(told)) = (&row.groups[at], row.fitted_on_test[at]) else { continue };
            let parts = [
                1.0 - compared.baseline,
                compared.mean - compared.baseline,
                told - compared.mean,
                1.0 - told,
            ];
            let parts = parts.map(|part| short(format!("{part:.3}")));
            let _ = writeln!(text, "| {} | {name} | {} |", row.class, parts.join(" | "));
        }
    }
    text.push('\n');
}
