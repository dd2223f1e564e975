//! Why the baseline guard decided as it did, in words.

use ess_metrics::ChoiceEvidence;

use crate::trainer::config::TrainerConfig;

/// Why the trained module is returned, or is not.
pub(super) fn reason(evidence: &ChoiceEvidence, queries: usize, gain: f64, config: &TrainerConfig) -> String {
    let (level, differing) = (100.0 * config.confidence, evidence.differing);
    let tail = 0.5 * (1.0 - config.confidence);
    let better = "the trained module is better than the frozen encoder";
    let verdict = match evidence.interval {
        None => format!(
            "{differing} dev queries that change are too few to show anything at a level of {level} %"
        ),
        Some(_) if evidence.is_better() => better.to_owned(),
        Some(_) if evidence.p <= tail && evidence.p_unseen_losses > tail => format!(
            "{differing} dev queries that change are too few to rule out that a module which gains so little loses as much \
             on others (p {:.4} of the best of {})",
            evidence.p_unseen_losses, evidence.systems
        ),
        Some(_) => format!("there is no evidence that {better}"),
    };
    let interval =
        evidence.interval.map(|[low, high]| format!(", {level} % interval {low:+.4} to {high:+.4}"));
    format!(
        "{verdict}: on {queries} dev queries, of which {differing} change, {} changes by {gain:+.4}{}, one-sided p {:.4} of \
         the best of {}",
        config.measure,
        interval.unwrap_or_default(),
        evidence.p,
        evidence.systems,
    )
}
