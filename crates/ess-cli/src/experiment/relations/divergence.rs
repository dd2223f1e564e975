//! What the page says of training that diverged.

use super::rows::{Block, Row, Rows};

/// What holds for all tables; nothing where no seed of chosen settings diverged.
pub(super) fn in_general(rows: &Rows<'_>) -> String {
    if !rows.is_partial() {
        return String::new();
    }
    let missing = match rows.missing() {
        0 => String::new(),
        1 => " One of them could not be made, and counts in the correction as p = 1.".to_owned(),
        count => format!(" {count} of them could not be made, and count in the correction as p = 1 each."),
    };
    format!(
        "{missing} Training did not end with every seed: figures are then those of the seeds that it ended with, which the row says. They say \
         nothing of how often training diverges."
    )
}

/// What one graph's table leaves out, a sentence for each seed or model.
pub(super) fn on_graph(block: &Block<'_>) -> String {
    let sentences = block.rows.iter().flat_map(of_row);
    sentences.map(|sentence| format!("\n{sentence}\n")).collect()
}

fn of_row(row: &Row<'_>) -> Vec<String> {
    let of_seed = |seed: u64, error: &str| format!("With seed {seed} of {}, {error}.", row.model());
    let seeds = row.of.diverged.iter().map(|kept| of_seed(kept.seed, &kept.found.error));
    let failed = row.of.failure().map(|failure| format!("Failed: {failure}."));
    seeds.chain(failed).collect()
}
