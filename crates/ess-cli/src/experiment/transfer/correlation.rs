//! Whether a similarity of tasks goes with what transfer gains.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// Tasks whose orders are all gone through; of more, some are drawn.
const ALL_ORDERS: usize = 6;

/// Orders that are drawn.
const DRAWN: usize = 2000;

/// Pairs of tasks that an interval needs.
const PAIRS: usize = 10;

/// A source, a target, how alike they are, and the gain.
pub(super) type Observed = (usize, usize, f64, f64);

/// Spearman's rank correlation over pairs of tasks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Correlation {
    pub(super) rho: f64,
    /// At 95 %, by Fisher's transformation with the variance of Bonett and Wright (2000), as if pairs were independent; none for
    /// fewer than 10. Pairs share tasks, so it is too narrow.
    pub(super) interval: Option<[f64; 2]>,
    /// Of all orders of the tasks, the share in which the similarities correlate as much with the gains: Mantel's test, which does
    /// not take pairs for independent.
    pub(super) p: f64,
    /// The smallest such share that so few tasks allow.
    pub(super) smallest: f64,
}

impl Correlation {
    /// None for fewer than 3 pairs, or where one of the two does not vary.
    pub(super) fn of(observed: &[Observed], tasks: usize) -> Option<Self> {
        let gains: Vec<f64> = observed.iter().map(|pair| pair.3).collect();
        let rho = spearman(&observed.iter().map(|pair| pair.2).collect::<Vec<_>>(), &gains)?;
        let orders = orders(tasks);
        let as_much = orders.iter().filter(|order| {
            let renamed = |&(source, target, ..): &Observed| {
                let wanted = (order[source], order[target]);
                observed.iter().find(|pair| (pair.0, pair.1) == wanted).map_or(0.0, |pair| pair.2)
            };
            let moved: Vec<f64> = observed.iter().map(renamed).collect();
            spearman(&moved, &gains).is_some_and(|other| other.abs() >= rho.abs() - 1e-12)
        });
        let (count, all) = (as_much.count(), orders.len() as f64);
        Some(Self {
            rho,
            interval: interval(rho, observed.len()),
            p: count as f64 / all,
            smallest: 1.0 / all,
        })
    }
}

fn interval(rho: f64, pairs: usize) -> Option<[f64; 2]> {
    let error = ((1.0 + rho * rho / 2.0) / (pairs as f64 - 3.0)).sqrt();
    let centre = rho.clamp(-0.999_999, 0.999_999).atanh();
    (pairs >= PAIRS).then(|| [-1.96, 1.96].map(|errors: f64| (centre + errors * error).tanh()))
}

/// All orders of few tasks, or some of many; the one that they have is the first.
fn orders(tasks: usize) -> Vec<Vec<usize>> {
    let first: Vec<usize> = (0..tasks).collect();
    if tasks > ALL_ORDERS {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut drawn = vec![first.clone()];
        drawn.extend((1..DRAWN).map(|_| {
            let mut order = first.clone();
            order.shuffle(&mut rng);
            order
        }));
        return drawn;
    }
    let longer = |orders: Vec<Vec<usize>>, _| {
        let with = |order: &Vec<usize>, task: usize| [&**order, &[task]].concat();
        let free = |order: &Vec<usize>| (0..tasks).filter(|task| !order.contains(task)).collect::<Vec<_>>();
        orders.iter().flat_map(|order| free(order).into_iter().map(move |task| with(order, task))).collect()
    };
    (0..tasks).fold(vec![vec![]], longer)
}

fn spearman(one: &[f64], other: &[f64]) -> Option<f64> {
    let [x, y] = [one, other].map(ranks);
    let centre = (x.len() as f64 - 1.0) / 2.0;
    let product =
        |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - centre) * (y - centre)).sum::<f64>();
    let both = (product(&x, &x) * product(&y, &y)).sqrt();
    (x.len() >= 3 && both > 0.0).then(|| product(&x, &y) / both)
}

/// From 0; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let equal = values.iter().filter(|other| *other == value).count();
        below as f64 + (equal as f64 - 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_correlate_as_worked_out_by_hand() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0]), [1.5, 0.0, 1.5]);
        // Differences of ranks 0, 1, 1, 0: 1 − 6 · 2 / (4 · 15).
        let rho = spearman(&[1.0, 2.0, 3.0, 4.0], &[10.0, 30.0, 20.0, 40.0]).unwrap();
        assert!((rho - 0.8).abs() < 1e-12, "{rho}");
        assert_eq!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn orders_of_four_tasks_are_24_and_the_smallest_share_is_one_of_them() {
        let mut all = orders(4);
        assert_eq!((all.len(), &*all[0]), (24, &[0, 1, 2, 3][..]));
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), orders(9).len()), (24, DRAWN));
        // The more alike, the more is gained, with no two pairs alike: no other order does as well.
        let pairs = (0..4).flat_map(|s| (0..4).filter(move |&t| t != s).map(move |t| (s, t)));
        let observed: Vec<Observed> =
            pairs.map(|(s, t)| (s, t, (4 * s + t) as f64, (4 * s + t) as f64)).collect();
        let found = Correlation::of(&observed, 4).unwrap();
        assert!((found.rho - 1.0).abs() < 1e-12);
        assert!((found.p - 1.0 / 24.0).abs() < 1e-12 || (found.p - 2.0 / 24.0).abs() < 1e-12, "{found:?}");
        assert!(found.interval.unwrap()[0] > 0.99);
        assert!(Correlation::of(&observed[..5], 4).unwrap().interval.is_none());
    }
}
