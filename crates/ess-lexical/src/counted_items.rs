//! How often each item has each term.

use rayon::prelude::*;

use super::{
    analyzer::TextAnalyzer, learned_words::LearnedWords, sparse_rows::SparseRows, vocabulary::Vocabulary,
};

/// Fewer items than these are counted on one thread.
const MIN_PART: usize = 512;

/// The terms of a collection, and how often each of its items has each of them.
pub(super) struct CountedItems {
    /// The terms, numbered in their order.
    pub(super) vocabulary: Vocabulary,
    /// For each term how many items have it.
    pub(super) items_with: Vec<u32>,
    parts: Vec<Part>,
}

/// Consecutive items.
#[derive(Default)]
struct Part {
    /// Where each item's counts end.
    ends: Vec<usize>,
    /// A term's number above, how often the item has it below.
    counts: Vec<u64>,
    /// For each of the part's terms how many items have it.
    items_with: Vec<u32>,
}

impl CountedItems {
    /// Reads every text once.
    pub(super) fn new(analyzer: &TextAnalyzer, items: &[&str]) -> Self {
        // The terms are numbered anew, so it does not matter where the parts begin.
        let parts = match rayon::current_num_threads() {
            1 => 1,
            threads => 4 * threads,
        };
        let chunks = items.par_chunks(items.len().div_ceil(parts).max(MIN_PART));
        let (words, mut parts): (Vec<_>, Vec<_>) = chunks.map(|chunk| count(analyzer, chunk)).unzip();
        let (vocabulary, numbers) = LearnedWords::merge(words);
        let mut items_with = vec![0; vocabulary.len()];
        for (part, numbers) in parts.iter().zip(&numbers) {
            part.items_with
                .iter()
                .zip(numbers)
                .for_each(|(with, &number)| items_with[number as usize] += with);
        }
        parts.par_iter_mut().zip(&numbers).for_each(|(part, numbers)| part.renumber(numbers));
        Self { vocabulary, items_with, parts }
    }

    /// The number of terms in all items, as often as they occur.
    pub(super) fn tokens(&self) -> u64 {
        let counts = self.parts.par_iter().flat_map_iter(|part| &part.counts);
        counts.map(|&count| u64::from(term_and_count(count).1)).sum()
    }

    /// The rows of all items in their order, each the `weight` of an item's length in terms, a term and how often the item has it.
    pub(super) fn rows(&self, weight: impl Fn(u32, u32, u32) -> f32 + Sync) -> Vec<SparseRows> {
        self.parts.par_iter().map(|part| part.rows(&weight)).collect()
    }
}

impl Part {
    fn renumber(&mut self, numbers: &[u32]) {
        let mut start = 0;
        for &end in &self.ends {
            for count in &mut self.counts[start..end] {
                let (term, times) = term_and_count(*count);
                *count = packed(numbers[term as usize], times);
            }
            self.counts[start..end].sort_unstable();
            start = end;
        }
    }

    fn rows(&self, weight: impl Fn(u32, u32, u32) -> f32) -> SparseRows {
        let mut rows = SparseRows::with_capacity(self.ends.len(), self.counts.len());
        let mut start = 0;
        for &end in &self.ends {
            let row = self.counts[start..end].iter().map(|&count| term_and_count(count));
            let length = row.clone().map(|(_, times)| times).sum();
            rows.push(row.map(|(term, times)| (term, weight(length, term, times))));
            start = end;
        }
        rows
    }
}

fn count(analyzer: &TextAnalyzer, items: &[&str]) -> (LearnedWords, Part) {
    let (mut words, mut part, mut scratch) = (LearnedWords::default(), Part::default(), String::new());
    // How often the item at hand has each term.
    let mut times: Vec<u32> = Vec::new();
    let mut terms = Vec::new();
    for item in items {
        words.learn(analyzer, item, &mut scratch, |term| {
            if term as usize >= times.len() {
                times.resize(term as usize + 1, 0);
            }
            if times[term as usize] == 0 {
                terms.push(term);
            }
            times[term as usize] += 1;
        });
        part.items_with.resize(times.len(), 0);
        for term in terms.drain(..) {
            part.items_with[term as usize] += 1;
            part.counts.push(packed(term, std::mem::take(&mut times[term as usize])));
        }
        part.ends.push(part.counts.len());
    }
    (words, part)
}

fn packed(term: u32, times: u32) -> u64 {
    u64::from(term) << 32 | u64::from(times)
}

fn term_and_count(packed: u64) -> (u32, u32) {
    ((packed >> 32) as u32, packed as u32)
}
