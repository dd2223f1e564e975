//! What a graph finds at its default effort.

use std::path::Path;

use ess_index::DefaultRecall;

/// Says what was measured, and what to do where that is too little for queries unlike the items.
pub(super) fn tell(index: &Path, recall: &DefaultRecall) {
    let index = index.display();
    say!("{index}: the default effort finds {recall}");
    if recall.needs_tuning() {
        note!(
            "{index}: the default effort finds less than 95 % for some queries; if yours are unlike the items, find their \
             effort by `ess index tune --index {index} --items STORE --queries STORE` and search with that --ef-search"
        );
    }
}
