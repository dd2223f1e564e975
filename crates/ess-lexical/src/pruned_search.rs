//! The most similar items without looking at all of them.
//!
//! MaxScore (Turtle and Flood, "Query evaluation: strategies and optimizations", 1995) with the largest values of blocks
//! (Ding and Suel, "Faster top-k document retrieval using block-max indexes", 2011), a window of items at a time: components
//! that cannot lift an item among the best by themselves are not gone through, they are looked up for the few items that the
//! others leave. The sums that decide are rounded in another order than the inner product, so the bound leaves room for it;
//! an item that reaches the bound is given its inner product as it is defined, component by component.

use ess_core::{Hit, TopK};

use super::postings::{PostingList, WINDOW};

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
    let mut window = Window { terms, order: &order, sums, best: TopK::new(k), slack, rest: Vec::new() };
    (0..items.div_ceil(WINDOW)).for_each(|number| window.search(number));
    with_zeros(window.best.into_sorted(), k)
}

struct Window<'a, 'l> {
    terms: &'a mut [QueryTerm<'l>],
    /// The terms, from what adds least on.
    order: &'a [usize],
    sums: &'a mut [f32; WINDOW],
    best: TopK,
    /// Below this part of the similarity that a hit must reach, a sum cannot be one, however it was rounded.
    slack: f32,
    /// For each optional term, in the order of terms, the most that those up to it add together.
    rest: Vec<f32>,
}

impl Window<'_, '_> {
    fn needed(&self) -> f32 {
        self.best.threshold() * self.slack
    }

    fn search(&mut self, window: usize) {
        self.terms.iter_mut().for_each(|term| term.move_to(window));
        let needed = self.needed();
        self.rest.clear();
        let mut rest = 0.0;
        for &term in self.order {
            let term = &mut self.terms[term];
            rest += term.bound;
            term.optional = rest < needed;
            if term.optional {
                self.rest.push(rest);
            }
        }
        if self.rest.len() == self.terms.len() {
            return;
        }
        self.terms.iter().filter(|term| !term.optional).for_each(|term| term.add(self.sums));
        for &term in &self.order[self.rest.len()..] {
            let QueryTerm { list, start, end, .. } = self.terms[term];
            for &item in &list.items[start..end] {
                let sum = std::mem::take(&mut self.sums[item as usize % WINDOW]);
                self.consider(item, sum);
            }
        }
    }

    /// Offers an item that has `sum` of all terms but the optional ones.
    fn consider(&mut self, item: u32, mut sum: f32) {
        let needed = self.needed();
        let optional = self.rest.len();
        let most = |terms: usize| if terms == 0 { 0.0 } else { self.rest[terms - 1] };
        if sum <= 0.0 || sum + most(optional) < needed {
            return;
        }
        if most(optional) > 0.0 {
            for at in (0..optional).rev() {
                sum += self.terms[self.order[at]].part(item).unwrap_or(0.0);
                if sum + most(at) < needed {
                    return;
                }
            }
            sum = self.terms.iter().filter_map(|term| term.part(item)).fold(0.0, |sum, part| sum + part);
        }
        self.best.push(Hit::new(item as usize, sum));
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
