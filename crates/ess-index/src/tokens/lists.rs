//! For each centroid the items that have a token near it.

use ess_core::MemoryUse;
use ess_files::Values;

use super::compressed::CompressedTokens;
use crate::file::in_memory::InMemory;

/// Items by centroid, each once, in order.
#[derive(Clone, Debug)]
pub(super) struct Lists {
    // Where each centroid's items end.
    pub(super) ends: Values<u64>,
    pub(super) items: Values<u32>,
}

impl Lists {
    pub(super) fn of(tokens: &CompressedTokens) -> Self {
        let mut lists = vec![Vec::new(); tokens.centroids()];
        for item in 0..tokens.items() {
            for &code in &tokens.codes[tokens.range(item)] {
                // Only a damaged file that was not checked has codes beyond the centroids.
                let Some(list): Option<&mut Vec<u32>> = lists.get_mut(code as usize) else { continue };
                if list.last() != Some(&(item as u32)) {
                    list.push(item as u32);
                }
            }
        }
        let mut end = 0;
        let ends: Vec<u64> = lists
            .iter()
            .map(|list| {
                end += list.len() as u64;
                end
            })
            .collect();
        Self { ends: ends.into(), items: lists.concat().into() }
    }

    /// The items of a centroid that exists; none where a damaged file says what cannot be.
    pub(super) fn of_centroid(&self, centroid: usize) -> &[u32] {
        let start = centroid.checked_sub(1).map_or(0, |before| self.ends[before]);
        let [start, end] = [start, self.ends[centroid]].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        self.items.get(start..end.max(start)).unwrap_or_default()
    }

    pub(super) fn memory_use(&self) -> MemoryUse {
        let (ends, items) = (self.ends.memory_use(), self.items.memory_use());
        MemoryUse { owned: ends.owned + items.owned, mapped: ends.mapped + items.mapped }
    }
}
