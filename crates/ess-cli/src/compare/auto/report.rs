//! The page, as Markdown.

mod transfer;

use std::{fmt::Write, path::Path};

use ess_auto::Choice as Chosen;
use ess_kit::GroupGain;

use crate::{
    automatic::describe_choice,
    compare::measure,
    output::{
        figures::{self, difference_interval, figure, p_value, signed},
        together::Together,
    },
};

use self::transfer::transfer;
use super::{
    cell::{Cell, Gain, Mean},
    results::Results,
};

const INTRODUCTION: &str = "# Automatic choice

What `train --module auto` chooses on several data sets with the same settings. Each choice saw training and dev queries
alone, and test queries were searched afterwards. {measure}, with 95 % bootstrap intervals over queries; differences to the
frozen encoder are paired. *Dense* looks at what the encoder gives of queries and items, and at no text. So its gain is that
of a trained module, of the nearest-neighbour memory of training queries, of feedback and, where the reasons below name them, of passages and
tokens. These are richer encodings by the same frozen encoder (`encode --passages --states LAYER --item-states`), compared without any
training. *Hybrid* looks at texts too, and much of its gain is BM25's. **Bold** differences have an interval without 0 and a
p-value (randomisation test) below .05 after Holm's correction over all differences of their table; p-values that are
printed are not corrected. Where two systems differ on too few queries no interval is stated, and nothing is bold.

Written by `ess compare auto`, which `ess compare auto --help` explains; any BEIR folder with its
embeddings will do.
";

/// Of a page in another measure than that of the choices.
const CHOSEN_BY: &str = "
The choices themselves, and what is said of held-out queries below, are by nDCG@10.
";

const LIMITS: &str = "
## Limits

- A gain on known items is memory as much as skill: without dev queries, held-out queries are taken to be like those to
  come.
- The small weights for collections that were not trained on were chosen on training and dev queries of SciFact, NFCorpus,
  Cranfield and WikiQA, so transfer between these four is not blind. No setting was chosen on CACM.
- The settings of automatic choice were chosen by cross-validation on training and dev queries of the same sets; test
  queries of earlier versions of it had been measured before.
- Poolings of several layers are not among what is chosen from.
";

/// The whole page.
pub(crate) fn markdown(results: &Results, plot: Option<&Path>) -> String {
    let mut text = INTRODUCTION.replace("{measure}", &measure::title(results.measure));
    if results.measure != measure::of_earlier_results() {
        text.push_str(CHOSEN_BY);
    }
    own(&mut text, results);
    groups(&mut text, results);
    evidence(&mut text, results);
    if !results.transfer.is_empty() {
        transfer(&mut text, results);
    }
    if let Some(plot) = plot {
        frontier(&mut text, results, plot);
    }
    text.push_str(LIMITS);
    text
}

fn own(text: &mut String, results: &Results) {
    text.push_str("\n## On test queries of the same data set\n\n");
    text.push_str("| data (test queries) | frozen | dense | difference | hybrid | difference | CPU-s |\n");
    text.push_str("|---|---|---|---|---|---|---|\n");
    let table = Together::new(results.own.iter().flat_map(|cell| [Some(cell.dense.p), Some(cell.hybrid.p)]));
    for cell in &results.own {
        let seconds = results
            .choices
            .iter()
            .find(|choice| choice.name() == cell.target.name)
            .map_or(0.0, |choice| choice.report.cpu_seconds);
        let _ = writeln!(
            text,
            "| {} ({}) | {} | {} | {} | {} | {} | {seconds:.0} |",
            cell.target.name,
            cell.frozen.queries,
            mean(&cell.frozen),
            mean(&cell.dense.mean),
            difference(&cell.dense, &table),
            mean(&cell.hybrid.mean),
            difference(&cell.hybrid, &table),
        );
    }
    text.push_str("\nCPU-seconds are of all threads, for both choices together.\n");
}

fn groups(text: &mut String, results: &Results) {
    text.push_str(
        "\n## Known and new items\n\nThe same differences on test queries with a relevant item that training or dev knew, and \
         on those whose relevant items\nare new. Near duplicates are test queries with a cosine of .95 or more to a query that \
         was learned from.\n\n",
    );
    text.push_str("| data | known / new / near duplicates | dense, known | dense, new | hybrid, known | hybrid, new |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    let groups = |cell: &Cell| [cell.dense.groups, cell.hybrid.groups].concat();
    let table = Together::new(results.own.iter().flat_map(groups).map(|gain| gain?.p));
    for cell in &results.own {
        let gains = groups(cell).into_iter().map(|gain| group(gain, &table));
        let _ = writeln!(
            text,
            "| {} | {} / {} / {} | {} |",
            cell.target.name,
            cell.seen,
            cell.frozen.queries - cell.seen,
            cell.near_duplicates,
            gains.collect::<Vec<_>>().join(" | "),
        );
    }
}

fn evidence(text: &mut String, results: &Results) {
    text.push_str("\n## What was chosen, and why\n\n");
    for choice in &results.choices {
        let report = &choice.report;
        let rich: String = [(report.passages, "passages"), (report.item_tokens, "tokens")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what} of {} items; ", report.items))
            .collect();
        let _ = writeln!(text, "**{}**: {rich}{}.\n", choice.name(), report.folds.reason);
        let chosen = [("dense", Some(&report.dense)), ("hybrid", report.hybrid.as_ref())];
        for (name, chosen) in chosen.into_iter().filter_map(|(name, chosen)| Some((name, chosen?))) {
            let _ = writeln!(text, "- {name}: {}{}", describe_choice(chosen), held_out_groups(chosen));
        }
        for skipped in &report.skipped {
            let _ = writeln!(text, "- not tried: {}: {}", skipped.name, skipped.reason);
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
}

/// What held-out queries say of known and of new items.
fn held_out_groups(chosen: &Chosen) -> String {
    let group = |name: &str, gain: &Option<ess_auto::HeldOutGain>| {
        let gain = gain.filter(|_| chosen.trial.is_some())?;
        Some(format!(
            "; on {} with {name} items {:+.3} (standard error {:.3})",
            gain.queries, gain.gain, gain.standard_error
        ))
    };
    let refused = (chosen.refused > 0)
        .then(|| format!("; {} candidates were refused for a loss on one of these groups", chosen.refused));
    [group("known", &chosen.seen), group("new", &chosen.unseen), refused].into_iter().flatten().collect()
}

fn frontier(text: &mut String, results: &Results, plot: &Path) {
    let name = plot.file_name().unwrap_or_default().to_string_lossy();
    let data = &results.frontier[0].1.target.name;
    let _ = writeln!(
        text,
        "\n## Quality against CPU-seconds\n\n![{} against CPU-seconds]({name})\n\nThe same choice on {data} within \
         several budgets:\n\n| system | CPU-s | dense | hybrid |\n|---|---|---|---|",
        measure::title(results.measure)
    );
    for (spent, cell) in &results.frontier {
        let budget = cell.budget();
        let (dense, hybrid) = (mean(&cell.dense.mean), mean(&cell.hybrid.mean));
        let _ = writeln!(text, "| auto, at most {budget} | {spent:.1} | {dense} | {hybrid} |");
    }
    for peer in &results.peers {
        let _ = writeln!(
            text,
            "| {} ({}) | {:.0} | {} | |",
            peer.name,
            peer.source,
            peer.cpu_seconds,
            figure(peer.value)
        );
    }
}

fn mean(mean: &Mean) -> String {
    figures::mean(mean.value, mean.ci95)
}

fn difference(gain: &Gain, table: &Together) -> String {
    let text = format!("{} {}", signed(gain.gain, 3), difference_interval(gain.ci95));
    format!("{}, {}", table.emphasised(&text, gain.ci95, Some(gain.p)), p_value(gain.p))
}

fn group(gain: Option<GroupGain>, table: &Together) -> String {
    gain.map_or("–".to_owned(), |gain| table.emphasised(&signed(gain.gain, 3), gain.ci95, gain.p))
}

#[cfg(test)]
mod tests;
