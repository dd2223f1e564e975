//! What the page says first: a few words on each graph.

use crate::experiment::figures::figure;

use super::rows::{Block, Row, Rows};

/// What each graph says, beside the model that the others are compared with.
pub(super) fn findings(rows: &Rows<'_>, against: &str) -> String {
    let all: Vec<String> = rows.blocks.iter().map(|block| finding(rows, block, against)).collect();
    all.join(" ")
}

/// What one graph says, in two sentences.
fn finding(rows: &Rows<'_>, block: &Block<'_>, against: &str) -> String {
    let name = &block.graph.name;
    let best = block.measured().reduce(|best, next| if next.1.mrr > best.1.mrr { next } else { best });
    let Some((best, highest)) = best else {
        return format!("On {name} training of no model ended.");
    };
    let own = block.row(against).and_then(|row| Some((row.marked(), figure(row.measured.as_ref()?.mrr))));
    let Some((against, own)) = own else {
        return format!(
            "On {name} training of {against} failed, so that nothing is compared with it; {} reaches the highest test MRR, {}.",
            best.marked(),
            figure(highest.mrr)
        );
    };
    if block.rows.len() == 1 {
        return format!("On {name} {against} reaches a test MRR of {own}.");
    }
    let first = match best.is_baseline {
        true => format!("{against} reaches the highest test MRR, {own}"),
        false => format!(
            "{} reaches the highest test MRR, {}, and {against} {own}",
            best.marked(),
            figure(highest.mrr)
        ),
    };
    let [above, below] = beside(rows, block);
    format!("On {name} {first}. Significantly above {against}: {above}; significantly below: {below}.")
}

/// The models that are significantly above and below, in words.
fn beside(rows: &Rows<'_>, block: &Block<'_>) -> [String; 2] {
    [1.0, -1.0].map(|side| {
        let is_there = |row: &&Row<'_>| {
            row.compared().is_some_and(|with| {
                side * (with.mean - with.baseline) > 0.0
                    && rows.together.is_significant(with.interval, Some(with.p))
            })
        };
        let models: Vec<String> = block.rows.iter().filter(is_there).map(Row::marked).collect();
        if models.is_empty() { "none".to_owned() } else { models.join(", ") }
    })
}
