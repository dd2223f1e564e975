//! The candidates of one query: items that may be among its best.

use ess_core::{Hit, TopK};

use super::offer::Offer;
use crate::kernels::float::lanes::LANES;
use crate::rows::Rows;

/// Items that wait to be compared exactly; with more of them, some are compared at once.
const MAX_WAITING: usize = 4096;

/// What may be among the `k` best of one query, while blocks of items go by.
pub(super) struct Candidates {
    /// The largest lower bounds; their k-th is a threshold.
    lower: TopK,
    /// Items that may be among the best, with their upper bounds.
    waiting: Vec<(usize, f32)>,
    /// The best of those compared exactly.
    exact: TopK,
    /// The first item whose similarity is not finite.
    overflow: Option<(usize, f32)>,
}

impl Candidates {
    pub(super) fn new(k: usize) -> Self {
        Self { lower: TopK::new(k), waiting: Vec::new(), exact: TopK::new(k), overflow: None }
    }

    /// No item with an upper bound below it is among the best.
    fn threshold(&self) -> f32 {
        self.lower.threshold().max(self.exact.threshold())
    }

    pub(super) fn offer(&mut self, offer: &Offer) {
        for start in (0..offer.products.len()).step_by(LANES) {
            let end = offer.products.len().min(start + LANES);
            let mut upper = [f32::NEG_INFINITY; LANES];
            let range = start..end;
            if offer.instructions.upper_bounds(offer, range.clone(), self.threshold(), &mut upper) {
                for (at, &upper) in range.zip(&upper) {
                    self.take(offer, at, upper);
                }
            }
        }
        if self.waiting.len() >= MAX_WAITING {
            self.drop_hopeless();
            if self.waiting.len() >= MAX_WAITING / 2 {
                self.compare(offer.rows, offer.vector);
            }
        }
    }

    fn take(&mut self, offer: &Offer, at: usize, upper: f32) {
        let item = offer.first_item + at;
        let hopeless = upper < self.threshold();
        if hopeless || offer.admitted.is_some_and(|admitted| !admitted.contains(item)) {
            return;
        }
        self.waiting.push((item, upper));
        let lower = upper - 2.0 * offer.width(at);
        if lower.is_finite() {
            self.lower.push(Hit::new(item, lower));
        }
    }

    /// What both may have.
    pub(super) fn merge(mut self, other: Self) -> Self {
        self.lower.merge(other.lower);
        self.exact.merge(other.exact);
        self.waiting.extend(other.waiting);
        if let Some(overflow) = other.overflow {
            self.keep_first(overflow);
        }
        self
    }

    /// The best hits, or the first item whose similarity is not finite.
    pub(super) fn finish(mut self, rows: &Rows, vector: &[f32]) -> Result<Vec<Hit>, (usize, f32)> {
        self.drop_hopeless();
        self.compare(rows, vector);
        self.overflow.map_or(Ok(self.exact.into_sorted()), Err)
    }

    fn drop_hopeless(&mut self) {
        // The last bound may not have gone into the threshold yet: it is updated when the hits are selected.
        let kth = self.lower.clone().into_sorted();
        let threshold = match kth.last() {
            Some(last) if kth.len() == self.lower.k() => self.threshold().max(last.similarity),
            _ => self.threshold(),
        };
        // Bounds that are NaN are kept.
        self.waiting
            .retain(|&(_, upper)| !matches!(upper.partial_cmp(&threshold), Some(std::cmp::Ordering::Less)));
    }

    fn compare(&mut self, rows: &Rows, vector: &[f32]) {
        let items: Vec<usize> = self.waiting.drain(..).map(|(item, _)| item).collect();
        let mut overflows = Vec::new();
        rows.similarities(vector, &items, |item, similarity| {
            if similarity.is_finite() {
                self.exact.push(Hit::new(item, similarity));
            } else {
                overflows.push((item, similarity));
            }
        });
        overflows.into_iter().for_each(|overflow| self.keep_first(overflow));
    }

    fn keep_first(&mut self, overflow: (usize, f32)) {
        self.overflow = self.overflow.into_iter().chain([overflow]).min_by_key(|&(item, _)| item);
    }
}

#[cfg(test)]
mod tests {
    use ess_core::RowSet;

    use super::{
        super::bounds::{BoundsOf, QueryBound},
        *,
    };
    use crate::cpu::InstructionSet;

    const QUERY: QueryBound = QueryBound { scale: 2.0, norm: 3.0, error: 0.5 };

    fn offer<'a>(products: &'a [i32], items: BoundsOf<'a>, rows: &'a Rows) -> Offer<'a> {
        let instructions = InstructionSet::detect();
        Offer {
            products,
            items,
            first_item: 0,
            query: &QUERY,
            admitted: None,
            rows,
            vector: &[1.0],
            instructions,
        }
    }

    #[test]
    fn a_lower_bound_is_the_width_of_both_sides_below_the_upper_one() {
        let rows = Rows::new(vec![0.0].into(), 1);
        let items = BoundsOf { scales: &[0.25], norms: &[8.0], errors: &[2.0] };
        let offer = offer(&[6], items, &rows);
        let mut candidates = Candidates::new(1);
        candidates.take(&offer, 0, 13.0);
        assert_eq!(candidates.lower.into_sorted(), [Hit::new(0, -7.0)]);
    }

    #[test]
    fn the_first_item_that_overflows_is_named() {
        let mut candidates = Candidates::new(1);
        for item in [5, 3, 7] {
            candidates.keep_first((item, f32::INFINITY));
        }
        assert_eq!(candidates.overflow, Some((3, f32::INFINITY)));
    }

    /// Offers items from row `first` on whose products with the query these are.
    fn offer_products(candidates: &mut Candidates, first: usize, products: &[i32], rows: &Rows) {
        let (scales, zeros) = (vec![0.5; products.len()], vec![0.0; products.len()]);
        let items = BoundsOf { scales: &scales, norms: &zeros, errors: &zeros };
        candidates.offer(&Offer { first_item: first, ..offer(products, items, rows) });
    }

    #[test]
    fn items_wait_until_there_are_many_of_them() {
        let rows = Rows::new(vec![1.0; 3 * MAX_WAITING].into(), 1);
        let mut candidates = Candidates::new(1);
        offer_products(&mut candidates, 0, &[1; MAX_WAITING - 1], &rows);
        assert_eq!(candidates.waiting.len(), MAX_WAITING - 1);
        offer_products(&mut candidates, MAX_WAITING - 1, &[1], &rows);
        assert_eq!(candidates.waiting.len(), 0, "those that tie were compared");
        assert_eq!(candidates.exact.into_sorted(), [Hit::new(0, 1.0)]);
    }

    #[test]
    fn waiting_items_are_compared_only_if_few_are_pruned() {
        let rows = Rows::new(vec![1.0; 3 * MAX_WAITING].into(), 1);
        for (hopeless, left) in [(MAX_WAITING / 2, 0), (MAX_WAITING / 2 + 1, MAX_WAITING / 2 - 1)] {
            let mut candidates = Candidates::new(1);
            candidates.waiting = (0..hopeless).map(|item| (item, 0.5)).collect();
            offer_products(&mut candidates, hopeless, &vec![1; MAX_WAITING - hopeless], &rows);
            assert_eq!(candidates.waiting.len(), left);
        }
    }

    #[test]
    fn items_below_the_kth_lower_bound_are_pruned_once_k_bounds_are_known() {
        let mut candidates = Candidates::new(2);
        candidates.lower.push(Hit::new(0, 5.0));
        candidates.waiting = vec![(0, 6.0), (1, 3.0), (2, 4.0), (3, f32::NAN)];
        candidates.drop_hopeless();
        assert_eq!(candidates.waiting.len(), 4, "one bound for two hits prunes nothing");
        candidates.lower.push(Hit::new(2, 4.0));
        candidates.drop_hopeless();
        let left: Vec<usize> = candidates.waiting.iter().map(|&(item, _)| item).collect();
        assert_eq!(left, [0, 2, 3], "a bound at the threshold, and one that is no number, are kept");
    }

    #[test]
    fn the_threshold_is_the_larger_of_both_and_items_that_reach_it_wait() {
        let rows = Rows::new(vec![0.0; 4].into(), 1);
        let (scales, zeros) = ([0.5; 4], [0.0; 4]);
        let items = || BoundsOf { scales: &scales, norms: &zeros, errors: &zeros };
        let offer = offer(&[0; 4], items(), &rows);
        let mut candidates = Candidates::new(1);
        // A selection that has been shrunk has a threshold.
        (0..16).for_each(|item| candidates.lower.push(Hit::new(item, 1.0)));
        (0..16).for_each(|item| candidates.exact.push(Hit::new(item, 2.0)));
        assert_eq!(candidates.threshold(), 2.0);
        candidates.take(&offer, 0, 1.5);
        candidates.take(&offer, 1, 2.0);
        candidates.take(&offer, 2, f32::NAN);
        let only_the_last = RowSet::from_rows(4, [3]).unwrap();
        let filtered = Offer { admitted: Some(&only_the_last), items: items(), ..offer };
        candidates.take(&filtered, 2, 9.0);
        candidates.take(&filtered, 3, 9.0);
        let waiting: Vec<usize> = candidates.waiting.iter().map(|&(item, _)| item).collect();
        assert_eq!(waiting, [1, 2, 3]);
    }

    #[test]
    fn what_two_threads_found_is_merged() {
        let of = |item: usize, overflow: Option<usize>| {
            let mut candidates = Candidates::new(2);
            candidates.waiting.push((item, 1.0));
            candidates.lower.push(Hit::new(item, item as f32));
            candidates.exact.push(Hit::new(10 + item, item as f32));
            candidates.overflow = overflow.map(|item| (item, f32::INFINITY));
            candidates
        };
        let merged = of(1, Some(7)).merge(of(2, Some(4))).merge(of(3, None));
        assert_eq!(merged.waiting, [(1, 1.0), (2, 1.0), (3, 1.0)]);
        assert_eq!(merged.lower.into_sorted(), [Hit::new(3, 3.0), Hit::new(2, 2.0)]);
        assert_eq!(merged.exact.into_sorted(), [Hit::new(13, 3.0), Hit::new(12, 2.0)]);
        assert_eq!(merged.overflow, Some((4, f32::INFINITY)));
    }
}
