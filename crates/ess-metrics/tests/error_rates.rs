//! How often intervals and tests err, by simulation: never more often than they say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_metrics::{Bootstrap, ChoiceTest};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

type Draw = fn(&mut ChaCha8Rng) -> f64;

/// nDCG@10 with one relevant item at a random rank; `first` is how often it is found at once.
fn ndcg(random: &mut ChaCha8Rng, first: f64) -> f64 {
    if random.random_bool(first) {
        return 1.0;
    }
    let rank: i32 = random.random_range(2..20);
    if rank <= 10 { 1.0 / f64::from(rank + 1).log2() } else { 0.0 }
}

/// Like measures, and what their mean is.
fn values() -> [(&'static str, Draw, f64); 5] {
    let ndcg_of = |first: f64| {
        let found: f64 = (2..=10).map(|rank| 1.0 / f64::from(rank + 1).log2()).sum();
        first + (1.0 - first) * found / 18.0
    };
    [
        ("uniform", |random| random.random(), 0.5),
        ("nDCG, often 1", |random| ndcg(random, 0.8), ndcg_of(0.8)),
        ("nDCG, half", |random| ndcg(random, 0.4), ndcg_of(0.4)),
        // Of a product of three, e^-x-like: few large values.
        ("skewed", |random| random.random::<f64>() * random.random::<f64>() * random.random::<f64>(), 0.125),
        ("success, 9 of 10", |random| f64::from(u8::from(random.random_bool(0.9))), 0.9),
    ]
}

/// Like differences of a system that is no better.
fn nulls() -> [(&'static str, Draw); 5] {
    fn sign(random: &mut ChaCha8Rng) -> f64 {
        if random.random() { 1.0 } else { -1.0 }
    }
    [
        ("sparse and equal", |random| if random.random_bool(0.06) { 0.3 * sign(random) } else { 0.0 }),
        ("half differ", |random| if random.random() { random.random::<f64>() * sign(random) } else { 0.0 }),
        // Of infinite variance.
        ("heavy tails", |random| (1.0 - random.random::<f64>()).powf(-0.7) * sign(random)),
        ("nDCG", |random| ndcg(random, 0.4) - ndcg(random, 0.4)),
        (
            "nDCG, sparse",
            |random| if random.random_bool(0.2) { ndcg(random, 0.6) - ndcg(random, 0.6) } else { 0.0 },
        ),
    ]
}

fn random(run: usize, salt: usize) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(salt as u64);
    random.set_stream(run as u64);
    random
}

/// The share of `runs` of which `holds` is true.
fn share(runs: usize, holds: impl Fn(usize) -> bool + Sync) -> f64 {
    (0..runs).into_par_iter().filter(|&run| holds(run)).count() as f64 / runs as f64
}

/// Three standard errors of a share in so many runs.
fn error(p: f64, runs: usize) -> f64 {
    3.0 * (p * (1.0 - p) / runs as f64).sqrt()
}

#[test]
fn intervals_within_a_range_cover_what_they_say_from_one_query_on() {
    let runs = 250;
    for (name, draw, mean) in values() {
        for count in [1, 3, 5, 10, 30, 100] {
            let covered = share(runs, |run| {
                let mut random = random(run, count);
                let values: Vec<f64> = (0..count).map(|_| draw(&mut random)).collect();
                let bootstrap = Bootstrap { resamples: 199, seed: run as u64 };
                let [low, high] = bootstrap.interval_within(&values, [0.0, 1.0], 0.95).unwrap();
                low <= mean && mean <= high
            });
            assert!(covered >= 0.95 - error(0.95, runs), "{name}, {count} queries: {covered}");
        }
    }
}

#[test]
fn intervals_without_a_range_cover_what_they_say_or_are_not_stated() {
    let runs = 250;
    let differences = nulls().map(|(name, draw)| (name, draw, 0.0));
    for (name, draw, mean) in values().into_iter().chain(differences) {
        for count in [3, 5, 10, 30, 100] {
            let interval = |run: usize| {
                let mut random = random(run, count);
                let values: Vec<f64> = (0..count).map(|_| draw(&mut random)).collect();
                Bootstrap { resamples: 199, seed: run as u64 }.interval(&values, 0.95).unwrap()
            };
            let wrong = share(runs, |run| interval(run).is_some_and(|[low, high]| mean < low || high < mean));
            assert!(wrong <= 0.05 + error(0.05, runs), "{name}, {count} queries: {wrong}");
            let stated = share(runs, |run| interval(run).is_some());
            assert!(count > 5 || stated == 0.0, "{name}, {count} queries: {stated}");
        }
        let of_many: Vec<f64> = (0..500).map(|run| draw(&mut random(run, 1))).collect();
        assert!(Bootstrap::default().interval(&of_many, 0.95).unwrap().is_some(), "{name}");
    }
}

#[test]
fn a_system_that_is_no_better_passes_no_more_often_than_the_test_says() {
    let runs = 1000;
    for (name, draw) in nulls() {
        for count in [8, 20, 100] {
            let passed = |confidence: f64| {
                share(runs, |run| {
                    let mut random = random(run, count);
                    let system: Vec<f64> = (0..count).map(|_| draw(&mut random)).collect();
                    let test = ChoiceTest { resamples: 199, seed: run as u64 };
                    test.judge(&vec![0.0; count], &system, &[], confidence).unwrap().is_better()
                })
            };
            for (confidence, allowed) in [(0.99, 0.005), (0.95, 0.025)] {
                let found = passed(confidence);
                assert!(
                    found <= allowed + error(allowed, runs),
                    "{name}, {count} queries, {confidence}: {found}"
                );
            }
        }
    }
}

/// Twenty times as many runs where it may take long.
fn runs(usual: usize) -> usize {
    if std::env::var("ESS_NIGHTLY").is_ok_and(|value| value == "1") { 20 * usual } else { usual }
}

/// What a baseline reaches on a query, and what a system does where the baseline reaches that.
type Pair = (Draw, fn(&mut ChaCha8Rng, f64) -> f64);

/// Loses all in one of `1 / rare` queries and gains as little in the others as makes up for it.
fn loses(random: &mut ChaCha8Rng, rare: f64) -> f64 {
    if random.random_bool(rare) { 0.0 } else { 1.0 }
}

fn no_better() -> [(&'static str, Pair); 6] {
    [
        // Half of the queries change, by an amount and its opposite equally often.
        (
            "symmetric",
            (
                |random| random.random_range(0.3..0.7),
                |random, of| of + if random.random() { random.random_range(-0.3..0.3) } else { 0.0 },
            ),
        ),
        (
            "ties",
            (
                |_| 0.5,
                |random, of| {
                    let [up, down] = [0; 2].map(|_| f64::from(u8::from(random.random_bool(0.2))));
                    of + 0.2 * (up - down)
                },
            ),
        ),
        ("5 % lose all", (|_| 0.95, |random, _| loses(random, 0.05))),
        ("10 % lose all", (|_| 0.9, |random, _| loses(random, 0.1))),
        ("10 % lose half", (|_| 0.9, |random, of| 0.5 * (of + loses(random, 0.1)))),
        // Gains and losses of any size.
        (
            "20 % lose much",
            (
                |_| 0.5,
                |random, of| of + random.random::<f64>() * if random.random_bool(0.8) { 0.1 } else { -0.4 },
            ),
        ),
    ]
}

/// How often the best of `systems` passes at 99 %, each of which is like the others on a share of `common` of the queries.
fn best_passes(pair: Pair, counts: [usize; 2], common: f64, runs: usize) -> f64 {
    share(runs, |run| best_is_better(pair, counts, common, run, true))
}

fn best_is_better(
    (baseline, system): Pair,
    [count, systems]: [usize; 2],
    common: f64,
    run: usize,
    paid: bool,
) -> bool {
    let mut random = random(run, 1000 * count + systems);
    let values: Vec<f64> = (0..count).map(|_| baseline(&mut random)).collect();
    let shared: Vec<f64> = values.iter().map(|&of| system(&mut random, of)).collect();
    let mut draw = || {
        let of_query = |(&of, &shared): (&f64, &f64)| {
            if random.random_bool(common) { shared } else { system(&mut random, of) }
        };
        values.iter().zip(&shared).map(of_query).collect::<Vec<f64>>()
    };
    let tried: Vec<Vec<f64>> = (0..systems).map(|_| draw()).collect();
    let sum = |system: &Vec<f64>| system.iter().sum::<f64>();
    let best = tried.iter().max_by(|a, b| sum(a).total_cmp(&sum(b))).unwrap();
    let test = ChoiceTest { resamples: 399, seed: run as u64 };
    test.judge(&values, best, if paid { &tried } else { &[] }, 0.99).unwrap().is_better()
}

#[test]
fn a_choice_that_is_not_paid_for_passes_too_often() {
    let (name, pair) = no_better()[3];
    let unpaid = share(60, |run| best_is_better(pair, [100, 48], 0.0, run, false));
    assert!(unpaid > 0.05, "{name}, best of 48: {unpaid}");
}

#[test]
fn the_best_of_systems_that_are_no_better_passes_rarely_however_few_the_queries() {
    println!("nothing is gained; passes at 99 %, nominal 0.005");
    for (name, pair) in no_better() {
        for systems in [1, 8, 48] {
            let runs = runs(if systems == 48 { 30 } else { 100 });
            let rates = [10, 20, 50, 100].map(|count| best_passes(pair, [count, systems], 0.0, runs));
            println!("{name}, best of {systems}: {rates:.4?} with 10, 20, 50, 100 queries, {runs} runs");
            for rate in rates {
                assert!(rate <= 0.005 + error(0.005, runs), "{name}, best of {systems}: {rates:?}");
            }
        }
    }
}

/// Half of the queries change: some get all that there is to gain, the others anything.
fn gains<const PERCENT: usize>(random: &mut ChaCha8Rng, of: f64) -> f64 {
    // What a change to 1 gains of a mean of .598.
    let risen = 2.0 * PERCENT as f64 / 100.0 / 0.402;
    match random.random_range(0.0..1.0) {
        half if half < 0.5 => of,
        _ if random.random_bool(risen) => 1.0,
        _ => ndcg(random, 0.5),
    }
}

/// As many gain as much, and nothing else changes.
fn calm<const PERCENT: usize>(random: &mut ChaCha8Rng, of: f64) -> f64 {
    if random.random_bool(PERCENT as f64 / 100.0 / 0.402) { 1.0 } else { of }
}

#[test]
fn what_is_better_is_found_where_queries_are_many() {
    println!("nDCG@10 rises; found at 99 %, with 20, 50, 100, 300 queries");
    let noisy = [
        (3, gains::<3> as fn(&mut ChaCha8Rng, f64) -> f64),
        (5, gains::<5>),
        (10, gains::<10>),
        (15, gains::<15>),
    ];
    let calm = [
        (3, calm::<3> as fn(&mut ChaCha8Rng, f64) -> f64),
        (5, calm::<5>),
        (10, calm::<10>),
        (15, calm::<15>),
    ];
    let all = noisy.map(|of| ("others change", of)).into_iter().chain(calm.map(|of| ("none falls", of)));
    for (name, (percent, system)) in all {
        let pair: Pair = (|random| ndcg(random, 0.5), system);
        for systems in [1, 8] {
            let runs = runs(30);
            // Steps of one training agree on most queries.
            let found = [20, 50, 100, 300].map(|count| best_passes(pair, [count, systems], 0.8, runs));
            println!("+.{percent:02}, {name}, best of {systems}: {found:.2?}");
            assert!(percent < 10 || found[3] > 0.7, "{percent} of {systems}: {found:?}");
            assert!(percent < 15 || found[2] > 0.5, "{percent} of {systems}: {found:?}");
        }
    }
}

#[test]
fn the_best_of_many_systems_passes_no_more_often_than_one() {
    let (runs, systems) = (600, 48);
    for (name, draw) in nulls() {
        for count in [20, 60] {
            let best_of = |run: usize| {
                let mut random = random(run, count);
                // What systems have in common, as settings of one kind have, and what each has of its own.
                let common: Vec<f64> = (0..count).map(|_| draw(&mut random)).collect();
                let mut system =
                    || common.iter().map(|x| if random.random() { *x } else { draw(&mut random) }).collect();
                let tried: Vec<Vec<f64>> = (0..systems).map(|_| system()).collect();
                let sum = |system: &Vec<f64>| system.iter().sum::<f64>();
                let best = tried.iter().max_by(|a, b| sum(a).total_cmp(&sum(b))).unwrap();
                let test = ChoiceTest { resamples: 199, seed: run as u64 };
                test.judge(&vec![0.0; count], best, &tried, 0.99).unwrap().is_better()
            };
            let paid = share(runs, best_of);
            assert!(paid <= 0.005 + error(0.005, runs), "{name}, {count} queries: {paid}");
        }
    }
}
