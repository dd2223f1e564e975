//! What a training run reports, saved beside its module and said on the terminal.

use std::path::Path;

use anyhow::Result;
use ess_auto::{AutoReport, TooDear};
use ess_files::FolderLock;
use ess_train::{FitReport, Returned};
use serde::Serialize;

use crate::{automatic::describe_choice, output::with_report::save_with_report};

#[derive(Serialize)]
pub(super) struct Report<'a> {
    pub(super) module: &'a str,
    #[serde(flatten)]
    pub(super) fit: &'a FitReport,
}

/// Saves a module, and the report of its run beside it, both or neither: where the module is not saved, the one before is there
/// whole, and so is its report.
pub(super) fn save(
    out: &mut FolderLock,
    report: &impl Serialize,
    module: impl FnOnce(&mut FolderLock) -> Result<()>,
) -> Result<()> {
    save_with_report(out, report, |out, earlier| {
        module(out)?;
        earlier.forget();
        Ok(())
    })
}

/// Says what a fit found.
pub(super) fn describe(report: &FitReport, out: &Path) {
    let guard = &report.guard;
    say!(
        "{} training and {} dev queries, {} items; {} parameters; {:.1} s",
        report.train_queries,
        report.dev_queries,
        report.items,
        report.parameters,
        report.seconds
    );
    if let Some(mined) = report.curves.iter().filter_map(|curve| curve.mining.last()).next_back() {
        say!(
            "negatives, last mined before step {}: {} taken; dropped {} by margin, {} by the teacher, {} relevant",
            mined.step,
            mined.taken,
            mined.dropped_by_margin,
            mined.dropped_by_teacher,
            mined.relevant
        );
    }
    for curve in &report.curves {
        let last = curve.points.last().map_or(0, |point| point.step);
        say!("kept step {} of {last} ({:.1} s)", curve.kept_step, curve.seconds);
    }
    for (setting, value) in &report.settings {
        say!("chosen on dev: {setting} {value:.3}");
    }
    say!("{}", guard.reason);
    let what = match guard.returned {
        Returned::Trained if report.refit.is_empty() => "the trained module",
        Returned::Trained => "the trained module, refitted on train and dev",
        Returned::Identity => "the identity",
    };
    say!("saved {what} in {}", out.display());
}

/// Says what was tried and chosen.
pub(super) fn describe_auto(report: &AutoReport, out: &Path) {
    say!(
        "{} training and {} dev queries, {} items; {:.1} CPU-s",
        report.train_queries,
        report.dev_queries,
        report.items,
        report.cpu_seconds
    );
    say!("{}", report.folds.reason);
    for trial in &report.trials {
        let found = trial.ndcg.iter().map(|(variant, ndcg)| format!("{variant:?} {ndcg:.4}"));
        let found = found.collect::<Vec<_>>().join(", ").to_lowercase();
        say!("tried {}: held-out nDCG@10 {found} ({:.1} CPU-s)", trial.name, trial.cpu_seconds);
    }
    for skipped in &report.skipped {
        say!("not tried: {}: {}", skipped.name, skipped.reason);
    }
    for (what, dear) in [("feature", &report.features_too_dear), ("trial", &report.trials_too_dear)] {
        for TooDear { name, variant, cpu_milliseconds, .. } in dear {
            let variant = format!("{variant:?}").to_lowercase();
            say!(
                "above the search budget ({variant}): the {what} {name}, {cpu_milliseconds:.3} CPU-ms a query"
            );
        }
    }
    say!("by embeddings alone: {}", describe_choice(&report.dense));
    match &report.hybrid {
        Some(hybrid) => say!("dense and lexical: {}", describe_choice(hybrid)),
        None => say!("without --beir there are no texts: the choice looks at embeddings alone"),
    }
    for (variant, cost) in &report.search_costs {
        let features = cost.features.iter().map(|(name, cost)| format!("{name} {cost:.3}"));
        let features = features.collect::<Vec<_>>().join(", ");
        let variant = format!("{variant:?}").to_lowercase();
        say!(
            "a search takes ({variant}): {:.3} CPU-ms a query: {features}, shared {:.3}",
            cost.total,
            cost.shared
        );
    }
    say!("saved the choice in {}", out.display());
}
