//! The most similar items without looking at all of them.
//!
//! MaxScore (Turtle and Flood, "Query evaluation: strategies and optimizations", 1995) with the largest values of blocks
//! (Ding and Suel, "Faster top-k document retrieval using block-max indexes", 2011), a window of items at a time. Components
//! that cannot lift an item among the best by themselves are gone through only where the others bring one near, or are looked
//! up where they bring few. The sums that decide are rounded in another order than the inner product, so the bound leaves room
//! for it. What is offered is the inner product as it is defined, component by component.

use std::{cmp::Reverse, collections::BinaryHeap};

use ess_core::Hit;

use super::{maxima::WINDOW, postings::PostingList};

/// One component of a query, and the items that have it.
pub(super) struct QueryTerm<'a> {
    pub(super) weight: f32,
    pub(super) list: PostingList<'a>,
    /// The part of the list that lies in the window at hand.
    start: usize,
    end: usize,
    /// The most that it adds to an item of the window.
    bound: f32,
    /// What is asked of the window only if an item has come near without it.
    optional: bool,
}

impl<'a> QueryTerm<'a> {
    pub(super) fn new(weight: f32, list: PostingList<'a>) -> Self {
        Self { weight, list, start: 0, end: 0, bound: 0.0, optional: false }
    }

    /// The most that it adds to any item.
    pub(super) fn most(&self) -> f32 {
        self.weight * self.list.maximum
    }

    /// Goes on to a window behind the one at hand.
    pub(super) fn move_to(&mut self, window: usize) {
        if let Some((starts, maxima)) = self.list.windows {
            (self.start, self.end) = (starts[window] as usize, starts[window + 1] as usize);
            self.bound = self.weight * maxima[window];
            return;
        }
        let beyond = |item: &u32| *item as usize / WINDOW > window;
        let before = |item: &u32| (*item as usize) / WINDOW < window;
        let items = self.list.items;
        let skipped = items[self.end..].iter().take_while(|item| before(item)).count();
        self.start = self.end + skipped;
        self.end = self.start + items[self.start..].iter().take_while(|item| !beyond(item)).count();
        self.bound = if self.start < self.end { self.most() } else { 0.0 };
    }

    /// Adds what the items of the window have of it.
    pub(super) fn add(&self, sums: &mut [f32; WINDOW]) {
        let values = &self.list.values[self.start..self.end];
        for (&item, &value) in self.list.items[self.start..self.end].iter().zip(values) {
            sums[item as usize % WINDOW] += self.weight * value;
        }
    }

    /// What it adds to an item of the window.
    fn part(&self, item: u32) -> Option<f32> {
        let items = &self.list.items[self.start..self.end];
        let at = items.binary_search(&item).ok()?;
        Some(self.weight * self.list.values[self.start + at])
    }
}

/// More terms leave no room between what sums are and what rounding makes of them.
const MAX_TERMS: usize = 1 << 16;

/// Whether [`pruned_search`] may be asked: nothing is negative, and no sum overflows.
pub(super) fn can_prune(terms: &[QueryTerm<'_>], negative: bool) -> bool {
    let most: f64 = terms.iter().map(|term| f64::from(term.weight) * f64::from(term.list.maximum)).sum();
    let few = terms.len() <= MAX_TERMS;
    few && !negative && terms.iter().all(|term| term.weight >= 0.0) && most < f64::from(f32::MAX) / 2.0
}

/// Values that are added to sums in the time that it takes to look an item up in one list.
const ADDED_A_LOOKUP: usize = 32;

/// Sums that are compared at once.
const STEP: usize = 32;

/// The `k ≤ items` most similar items; `sums` is scratch, all zero before and after.
pub(super) fn pruned_search(
    terms: &mut [QueryTerm<'_>],
    items: usize,
    k: usize,
    sums: &mut [f32; WINDOW],
) -> Vec<Hit> {
    let mut order: Vec<usize> = (0..terms.len()).collect();
    order.sort_by(|a, b| terms[*a].most().total_cmp(&terms[*b].most()));
    let slack = 1.0 - (terms.len() + 4) as f32 * f32::EPSILON * 2.0;
    let mut search = Search { terms, order: &order, sums, best: BestHits::new(k), slack, found: Vec::new() };
    (0..items.div_ceil(WINDOW)).for_each(|window| search.search(window));
    with_zeros(search.best.into_sorted(), k)
}

struct Search<'a, 'l> {
    terms: &'a mut [QueryTerm<'l>],
    /// The terms, from what adds least on.
    order: &'a [usize],
    sums: &'a mut [f32; WINDOW],
    best: BestHits,
    /// A sum below this part of the similarity that a hit must reach cannot be a hit, whatever the rounding.
    slack: f32,
    /// Scratch: indices in the window.
    found: Vec<u32>,
}

impl Search<'_, '_> {
    fn search(&mut self, window: usize) {
        self.terms.iter_mut().for_each(|term| term.move_to(window));
        let needed = self.best.threshold() * self.slack;
        let (mut optional, mut rest, mut values) = (0, 0.0, 0);
        for &term in self.order {
            let term = &mut self.terms[term];
            term.optional = rest + term.bound < needed;
            if !term.optional {
                break;
            }
            (optional, rest, values) = (optional + 1, rest + term.bound, values + term.end - term.start);
        }
        if optional == self.terms.len() {
            return;
        }
        self.order[optional..].iter().for_each(|&term| self.terms[term].optional = false);
        self.terms.iter().filter(|term| !term.optional).for_each(|term| term.add(self.sums));
        if values > 0 {
            let few = values / (self.terms.len() * ADDED_A_LOOKUP);
            self.find(needed - rest, few);
            if self.found.len() <= few {
                self.look_up(window);
                return self.sums.fill(0.0);
            }
            self.sums.fill(0.0);
            self.terms.iter().for_each(|term| term.add(self.sums));
        }
        self.offer_all(window);
        self.sums.fill(0.0);
    }

    /// Offers what was found, with all terms.
    fn look_up(&mut self, window: usize) {
        for &offset in &self.found {
            let item = (window * WINDOW) as u32 + offset;
            let parts = self.terms.iter().filter_map(|term| term.part(item));
            self.best.push(item, parts.fold(0.0, |sum, part| sum + part));
        }
    }

    /// Offers the items of the window, whose sums are whole.
    fn offer_all(&mut self, window: usize) {
        let bound = if self.best.is_full() { self.best.threshold() } else { self.reached_by_enough() };
        self.find(bound, WINDOW);
        for &offset in &self.found {
            self.best.push((window * WINDOW) as u32 + offset, self.sums[offset as usize]);
        }
    }

    /// A sum that as many items of the window reach as there are hits: of the largest of every step, the k-th.
    fn reached_by_enough(&self) -> f32 {
        let mut largest = [0.0; WINDOW / STEP];
        for (largest, sums) in largest.iter_mut().zip(self.sums.chunks_exact(STEP)) {
            *largest = sums.iter().fold(0.0, |largest, &sum| if sum > largest { sum } else { largest });
        }
        if self.best.k > largest.len() {
            return 0.0;
        }
        *largest.select_nth_unstable_by(self.best.k - 1, |a, b| b.total_cmp(a)).1
    }

    /// Where sums of the window reach a bound, and are above zero; not all of them where there are more than `enough`.
    fn find(&mut self, bound: f32, enough: usize) {
        let bound = bound.max(f32::from_bits(1));
        self.found.clear();
        for (step, sums) in self.sums.chunks_exact(STEP).enumerate() {
            // Without a branch, so that many are compared at once.
            if sums.iter().fold(false, |any, sum| any | (*sum >= bound)) {
                let offsets = (0..STEP).filter(|offset| sums[*offset] >= bound);
                self.found.extend(offsets.map(|offset| (step * STEP + offset) as u32));
                if self.found.len() > enough {
                    return;
                }
            }
        }
    }
}

/// The best hits so far, with the similarity that another must reach at every moment.
struct BestHits {
    k: usize,
    /// Bits of a similarity above zero, which are in its order, and below them those of the item, of which the first is best.
    hits: BinaryHeap<Reverse<u64>>,
}

impl BestHits {
    fn new(k: usize) -> Self {
        Self { k, hits: BinaryHeap::new() }
    }

    fn is_full(&self) -> bool {
        self.hits.len() == self.k
    }

    fn threshold(&self) -> f32 {
        match self.hits.peek() {
            Some(&Reverse(worst)) if self.is_full() => f32::from_bits((worst >> 32) as u32),
            _ => f32::NEG_INFINITY,
        }
    }

    fn push(&mut self, item: u32, similarity: f32) {
        let hit = Reverse(u64::from(similarity.to_bits()) << 32 | u64::from(!item));
        if similarity <= 0.0 {
            return;
        }
        if self.hits.len() < self.k {
            self.hits.push(hit);
        } else if let Some(mut worst) = self.hits.peek_mut().filter(|worst| hit < **worst) {
            *worst = hit;
        }
    }

    fn into_sorted(self) -> Vec<Hit> {
        let hits = self.hits.into_sorted_vec().into_iter();
        hits.map(|Reverse(hit)| Hit::new(!(hit as u32) as usize, f32::from_bits((hit >> 32) as u32)))
            .collect()
    }
}

/// Behind the hits above zero, items that have none, in their order.
fn with_zeros(mut hits: Vec<Hit>, k: usize) -> Vec<Hit> {
    if hits.len() < k {
        let mut found: Vec<usize> = hits.iter().map(|hit| hit.item).collect();
        found.sort_unstable();
        let mut found = found.into_iter().peekable();
        let zeros = (0..).filter(|item| found.next_if_eq(item).is_none());
        hits.extend(zeros.take(k - hits.len()).map(|item| Hit::new(item, 0.0)));
    }
    hits
}
