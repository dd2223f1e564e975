//! The page, as Markdown.

use std::fmt::Write;

use crate::{
    compare::measure,
    output::{
        figures::{difference_interval, figure, mean, p_value, signed},
        together::Together,
    },
};

use super::{
    measured::{Difference, Measured},
    results::{Results, SetResults},
    system::{Cost, System},
};

const INTRODUCTION: &str = "# Dense and lexical search combined

The frozen encoder and BM25, combined in every way that `ess-searchers` has. {measure} on test queries. Differences are paired,
with 95 % bootstrap intervals over queries. They are **bold** where the interval is without 0 and the p-value (randomisation
test) below .05 after Holm's correction over all differences of the table; p-values that are printed are not corrected.
Where two systems differ on too few queries no interval is stated, and nothing is bold. Shares are the lexical half's.
*Tuned* is the share with the highest {measure} on training and dev queries. *One fitted weight* and *learned* weights
minimise a softmax cross-entropy over what both searchers found. The penalty of learned ones has the highest {measure} in
5-fold cross-validation over training and dev queries, cut at random. Nothing is chosen on test queries.

";

/// The whole page.
pub(crate) fn markdown(results: &Results) -> String {
    let mut text = INTRODUCTION.replace("{measure}", &measure::title(results.measure));
    command(&mut text, results);
    overview(&mut text, results);
    own_weights(&mut text, results);
    for set in &results.sets {
        details(&mut text, set);
    }
    text
}

fn command(text: &mut String, results: &Results) {
    text.push_str("```text\ness compare hybrid --out hybrid.md");
    if results.measure != measure::of_earlier_results() {
        let _ = write!(text, " --measure '{}'", results.measure);
    }
    let _ = write!(text, " --depth {}", results.depth);
    for set in &results.sets {
        let learn = if set.learned_from > 0 { "TRAIN,DEV" } else { "," };
        let _ = write!(text, " \\\n  --data \"{}=BEIR_DIR,EMBEDDINGS_DIR,{learn},TEST\"", set.data.name);
    }
    text.push_str("\n```\n");
}

fn overview(text: &mut String, results: &Results) {
    text.push_str(
        "\n## All data sets\n\nOne index answers what is an inner product of concatenated vectors; what looks at the scores \
         that were found is a fusion of\ntwo. Calls are those of an index for a batch of queries: a weight that looks at \
         scores asks for both halves first.\n\n",
    );
    let heading = |set: &SetResults| {
        format!("{} ({})", set.data.name, set.measured.first().map_or(0, |one| one.per_query.len()))
    };
    let headings: Vec<String> = results.sets.iter().map(heading).collect();
    let _ = writeln!(text, "| system | indexes, calls | {} |", headings.join(" | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(headings.len()));
    // The first system of each is the frozen encoder itself.
    let all = results.sets.iter().flat_map(|set| set.measured.iter().skip(1));
    let table = Together::new(all.map(|measured| Some(measured.against_frozen.p)));
    for system in System::ALL {
        let cell = |set: &SetResults| {
            set.of(&system.name()).map_or("–".to_owned(), |measured| {
                let Difference { mean, ci95, p } = measured.against_frozen;
                let difference = table.emphasised(&signed(mean, 3), ci95, Some(p));
                format!("{} {difference}", figure(measured.value))
            })
        };
        let cells: Vec<String> = results.sets.iter().map(cell).collect();
        let _ = writeln!(text, "| {} | {} | {} |", system.name(), cost(system.cost()), cells.join(" | "));
    }
}

fn cost(Cost { indexes, calls }: Cost) -> String {
    let index = if indexes == 1 { "one" } else { "two" };
    format!("{index}, {calls}")
}

fn own_weights(text: &mut String, results: &Results) {
    text.push_str(
        "\n## What a weight of each query's own adds\n\nAgainst one fitted weight for all queries, of the same \
         combination.\n\n",
    );
    let names: Vec<&str> =
        results.sets.iter().filter(|set| set.learned_from > 0).map(|set| set.data.name.as_str()).collect();
    let _ = writeln!(text, "| system | {} |", names.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(names.len()));
    let added = results.sets.iter().flat_map(|set| &set.measured).filter_map(|one| one.against_constant);
    let table = Together::new(added.map(|added| Some(added.p)));
    for system in System::ALL.into_iter().filter(|system| system.constant().is_some()) {
        let sets = results.sets.iter().filter(|set| set.learned_from > 0);
        let cells = sets.map(|set| {
            let added = set.of(&system.name()).and_then(|measured| measured.against_constant);
            added.map_or("–".to_owned(), |added| difference(&added, &table))
        });
        let _ = writeln!(text, "| {} | {} |", system.name(), cells.collect::<Vec<_>>().join(" | "));
    }
}

fn details(text: &mut String, set: &SetResults) {
    let _ = writeln!(text, "\n## {}\n\nLearned from {} queries.\n", set.data.name, set.learned_from);
    text.push_str(
        "| system | setting | held out | test | difference to frozen | CPU-s of learning | CPU-s of searching |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let others = set.measured.iter().skip(1);
    let table = Together::new(others.map(|measured| Some(measured.against_frozen.p)));
    for measured in &set.measured {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {:.2} | {:.2} |",
            measured.system,
            measured.setting,
            measured.held_out.map_or(String::new(), figure),
            mean(measured.value, measured.ci95),
            difference(&measured.against_frozen, &table),
            measured.learning_seconds,
            measured.searching_seconds,
        );
    }
}

impl SetResults {
    fn of(&self, system: &str) -> Option<&Measured> {
        self.measured.iter().find(|measured| measured.system == system)
    }
}

fn difference(difference: &Difference, table: &Together) -> String {
    let Difference { mean, ci95, p } = *difference;
    let text = format!("{} {}", signed(mean, 3), difference_interval(ci95));
    format!("{}, {}", table.emphasised(&text, ci95, Some(p)), p_value(p))
}

#[cfg(test)]
mod tests;
