//! The page.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::{
    experiment::{
        compared::Compared,
        figures::{figure, or_dash},
        over_seeds::mean,
    },
    output::together::Together,
};

use super::{
    hypotheses::Hypothesis,
    measured::{Place, Results},
    plot,
    setting::Setting,
};

/// What the page is of.
pub(super) struct Report<'a> {
    pub(super) results: &'a Results,
    pub(super) names: &'a [&'a str],
    pub(super) directions: usize,
}

/// A place with its two differences to the frozen encodings as they are.
struct Row<'a> {
    place: Place<'a>,
    /// None where the encodings are as they are.
    frozen: Option<Compared>,
    trained: Compared,
}

const INTRODUCTION: &str = "# Four scenarios

Written by `ess experiment scenarios`. The paper's thought experiment (section 4.1) turns encoding and searching down, each by itself, and
says what the other can still do:

1. Where encodings hold nothing, no searching finds anything.
2. Where searching does nothing, encodings give what they give frozen.
3. An encoding that is specific to one task is a bottleneck on another, which searching does not mend.
4. A generic encoding with a trained searching module serves the new task.

The paper would have the bottleneck in searching rather than in the encoding (section 5.2). So a narrow f_search, the identity and a map of
low rank, on whole encodings is compared with the whole f_search on as many principal directions.

All vectors are brought to unit norm after a change. A task's directions are those in which its training queries agree with their
relevant items; erasing them is spectral attribute removal. *By LEACE* erases, or keeps alone, what the task's training queries say linearly of a
concept: where their relevant items lie along these directions. It reads a vector through the whitening of the task's items and
training queries, and changes those least. Directions and concepts are of the other task's training queries and items. They are fitted on no
query of the data set that is measured, but for the rows of its own task, which see its training queries. None sees a test query. Trained rows are means over the
seeds, whether or not the baseline guard returned the module. Brackets are paired 95 % bootstrap intervals of the difference to the frozen encodings as they are, and in the table of hypotheses
of the difference that is named. **Bold** ones are significant after Holm's correction over all differences on this page. A
hypothesis is confirmed or refuted where its difference is significant, and undecided where not.
";

impl Report<'_> {
    /// The whole page.
    pub(super) fn markdown(&self) -> Result<String> {
        let (mut rows, mut hypotheses) = (Vec::new(), Vec::new());
        for name in self.names {
            let places = self.results.places(name);
            hypotheses.push(Hypothesis::of_all(&places, name)?);
            rows.push(Row::of_all(places)?);
        }
        let of_rows = rows
            .iter()
            .flatten()
            .flat_map(|row| row.frozen.iter().chain([&row.trained]).map(|compared| compared.p));
        let of_hypotheses = hypotheses.iter().flatten().map(|hypothesis| hypothesis.compared.p);
        let together = Together::new(of_rows.chain(of_hypotheses).map(Some));
        let mut text = String::from(INTRODUCTION);
        text.push_str("\n## What was predicted\n\n| data set | scenario or section | prediction | difference in nDCG@10 | |\n|---|---|---|---|---|\n");
        for (name, hypotheses) in self.names.iter().zip(&hypotheses) {
            for found in hypotheses {
                let (says, difference) = (&found.says, found.compared.difference(&together));
                let verdict = found.verdict(&together);
                let _ = writeln!(text, "| {name} | {} | {says} | {difference} | {verdict} |", found.scenario);
            }
        }
        for (name, rows) in self.names.iter().zip(&rows) {
            let _ = writeln!(text, "\n## {name}\n\n![{name}]({})\n", plot::name(name));
            table(&mut text, rows, &together);
        }
        let (module, seed, directions) = (&self.results.module, self.results.seed, self.directions);
        let compared = together.len();
        let _ = writeln!(
            text,
            "\nThe module is {module}; a task has {directions} directions; seeds from {seed}; {compared} differences were compared."
        );
        Ok(text)
    }
}

impl<'a> Row<'a> {
    fn of_all(places: Vec<Place<'a>>) -> Result<Vec<Self>> {
        let generic = places.first().context("nothing was measured")?.frozen.per_query.clone();
        let compared = |values: &[f64]| Compared::of(&generic, values)?.context("no test query");
        let row = |place: Place<'a>| {
            let changed = !matches!(place.setting, Setting::Generic | Setting::Rank(_));
            let frozen = changed.then(|| compared(&place.frozen.per_query)).transpose()?;
            let trained = compared(&place.trained.per_query)?;
            Ok(Self { place, frozen, trained })
        };
        places.into_iter().map(row).collect()
    }
}

/// All places of one data set.
fn table(text: &mut String, rows: &[Row<'_>], together: &Together) {
    text.push_str("| encodings or searching | variance kept | frozen | trained | over seeds | returned |\n|---|---|---|---|---|---|\n");
    for Row { place, frozen, trained } in rows {
        let spread = or_dash(place.trained.spread.map(|spread| format!("± {}", figure(spread))));
        let frozen = match frozen {
            Some(frozen) => frozen.text(together),
            None => figure(mean(&place.frozen.per_query)),
        };
        let [returned, runs] = place.returned;
        let _ = writeln!(
            text,
            "| {} | {:.0} % | {frozen} | {} | {spread} | {returned} of {runs} |",
            place.setting.name(),
            100.0 * place.kept,
            trained.text(together)
        );
    }
}
