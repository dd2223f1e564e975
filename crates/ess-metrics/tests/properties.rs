//! What holds for any qrels, any run and any values.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ess_metrics::{
    Binning, Bootstrap, Evaluator, Fusion, NamedMeasure, Normalization, Qrels, RandomizationTest,
    RelevanceLevel, ReliabilityDiagram, Run, brier_score, holm,
};
use proptest::{prelude::*, sample::subsequence};

const MEASURES: [&str; 28] = [
    "ndcg",
    "ndcg@5",
    "ndcg_exp",
    "ndcg_exp@5",
    "recall@5",
    "map",
    "map@5",
    "mrr",
    "mrr@5",
    "p@5",
    "rprec",
    "success@5",
    "judged",
    "judged@5",
    "ndcg(0=0.5,1=9,2=3)@5",
    "err@5",
    "err(max=2)",
    "rbp(p=0.8)",
    "rbp(p=0.5)@5",
    "gm_map",
    "bpref",
    "gm_bpref",
    "infap",
    "iprec@0",
    "iprec@0.4",
    "set_f",
    "set_map",
    "map(rel=2)@5",
];

type Entry<V> = (usize, usize, V);

/// Some pairs of 4 queries and 12 items, in any order, each with a value.
fn entries<V: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = V>,
) -> impl Strategy<Value = Vec<Entry<V>>> {
    let pairs: Vec<_> = (0..4).flat_map(|query| (0..12).map(move |item| (query, item))).collect();
    let chosen = subsequence(pairs, 1..48).prop_shuffle();
    (chosen, prop::collection::vec(value, 48)).prop_map(|(pairs, values)| {
        pairs.into_iter().zip(values).map(|((query, item), value)| (query, item, value)).collect()
    })
}

fn qrels(entries: &[Entry<i32>]) -> Qrels {
    let mut qrels = Qrels::new();
    for (query, item, grade) in entries {
        qrels.insert(&format!("q{query}"), &format!("d{item}"), *grade).unwrap();
    }
    // So that there is always something to measure.
    qrels.insert("always", "d0", 1).unwrap();
    qrels
}

fn run(entries: &[Entry<i32>]) -> Run {
    let mut run = Run::new("run");
    for (query, item, score) in entries {
        run.insert(&format!("q{query}"), &format!("d{item}"), *score as f32 / 2.0).unwrap();
    }
    run.insert("always", "d0", 1.0).unwrap();
    run
}

/// The same entries in another order.
fn reordered<V: Clone>(entries: &[Entry<V>], by: usize) -> Vec<Entry<V>> {
    let mut entries: Vec<_> = entries.iter().rev().cloned().collect();
    let by = by % entries.len();
    entries.rotate_left(by);
    entries
}

proptest! {
    #[test]
    fn values_are_between_zero_and_one(grades in entries(-2..5), scores in entries(-3..3)) {
        let evaluator = Evaluator::from_names(MEASURES).unwrap();
        let evaluation = evaluator.evaluate(&qrels(&grades), &run(&scores)).unwrap();
        for measure in evaluation.measures() {
            let named: NamedMeasure = measure.measure.parse().unwrap();
            prop_assert_eq!(named.range(), Some([0.0, 1.0]));
            for &value in measure.per_query.iter().chain([&measure.mean]) {
                prop_assert!((0.0..=1.0).contains(&value), "{}: {value}", measure.measure);
            }
        }
    }

    #[test]
    fn the_order_of_the_input_means_nothing(
        grades in entries(-2..5), scores in entries(-3..3), by in 0_usize..48,
    ) {
        let evaluator = Evaluator::from_names(MEASURES).unwrap();
        let one = evaluator.evaluate(&qrels(&grades), &run(&scores)).unwrap();
        let (grades, scores) = (reordered(&grades, by), reordered(&scores, by));
        let other = evaluator.evaluate(&qrels(&grades), &run(&scores)).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn the_perfect_ranking_scores_one(grades in entries(-2..5)) {
        let qrels = qrels(&grades);
        let perfect = ["ndcg", "ndcg@3", "ndcg(1=2,2=5,3=6,4=8)", "ndcg_exp", "map", "gm_map", "mrr@1", "rprec", "bpref",
            "iprec@1", "judged"];
        let evaluator = Evaluator::from_names(perfect).unwrap();
        for measure in evaluator.evaluate(&qrels, &run(&grades)).unwrap().measures() {
            prop_assert!((measure.mean - 1.0).abs() < 1e-12, "{}: {}", measure.measure, measure.mean);
        }
    }

    #[test]
    fn items_that_nobody_judged_change_no_preference(
        grades in entries(-1..5), scores in entries(-3..3), unjudged in entries(-3..3),
    ) {
        let (qrels, run) = (qrels(&grades), run(&scores));
        let mut more = run.clone();
        for (query, item, score) in unjudged {
            more.insert(&format!("q{query}"), &format!("unjudged{item}"), score as f32 / 2.0).unwrap();
        }
        let evaluator = Evaluator::from_names(["bpref", "num_rel_ret"]).unwrap();
        let [one, other] = [&run, &more].map(|run| evaluator.evaluate(&qrels, run).unwrap());
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_level_is_the_same_as_judgements_without_the_grades_below(
        grades in entries(-1..5), scores in entries(-3..3), level in 1_i32..4,
    ) {
        let binary = ["recall@5", "map", "mrr", "p@5", "rprec", "success@3", "bpref", "infap", "set_f", "iprec@0.4",
            "rbp(p=0.8)", "num_rel"];
        let evaluator = Evaluator::from_names(binary).unwrap();
        let at_level = evaluator.clone().relevance_level(RelevanceLevel::at_least(level).unwrap());
        // The grade of those that are relevant stays above 0, so that the same queries count.
        let without: Vec<_> = grades.iter()
            .map(|&(query, item, grade): &Entry<i32>| (query, item, if grade >= level { 1 } else { grade.min(0) }))
            .collect();
        let (run, mut left) = (run(&scores), qrels(&without));
        let mut judged = qrels(&grades);
        for qrels in [&mut left, &mut judged] {
            (0..4).for_each(|query| qrels.insert(&format!("q{query}"), "never found", 9).unwrap());
        }
        let (expected, found) = (evaluator.evaluate(&left, &run).unwrap(), at_level.evaluate(&judged, &run).unwrap());
        prop_assert_eq!(expected.queries(), found.queries());
        // Of the query that is always there, an item has grade 1.
        let of_drawn_queries = |per_query: &[f64]| per_query[1..].to_vec();
        for (expected, found) in expected.measures().iter().zip(found.measures()) {
            let values = (of_drawn_queries(&expected.per_query), of_drawn_queries(&found.per_query));
            prop_assert_eq!(values.0, values.1, "{}", expected.measure);
        }
    }

    #[test]
    fn ranks_agree_with_sorting_everything(grades in entries(-2..5), scores in entries(-1..2)) {
        let (qrels, run) = (qrels(&grades), run(&scores));
        let evaluation = Evaluator::from_names(["mrr"]).unwrap().evaluate(&qrels, &run).unwrap();
        for (query, &found) in evaluation.queries().iter().zip(&evaluation.get("mrr").unwrap().per_query) {
            let grade = |(item, _): &(&str, f32)| qrels.grade(query, item);
            let first = run.ranking(query).iter().position(|hit| grade(hit).is_some_and(|grade| grade > 0));
            prop_assert_eq!(found, first.map_or(0.0, |position| 1.0 / (position + 1) as f64));
        }
    }

    #[test]
    fn the_bootstrap_interval_contains_the_mean_and_repeats(
        values in prop::collection::vec(0.0_f64..1.0, 1..40), seed: u64,
    ) {
        let bootstrap = Bootstrap { resamples: 500, seed };
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let within = |confidence| Some(bootstrap.interval_within(&values, [0.0, 1.0], confidence).unwrap());
        let studentised = |confidence| bootstrap.interval(&values, confidence).unwrap();
        prop_assert_eq!(studentised(0.95).is_some(), values.len() > 6);
        for interval in [&within as &dyn Fn(f64) -> Option<[f64; 2]>, &studentised] {
            let Some([low, high]) = interval(0.95) else { continue };
            prop_assert!(low <= mean + 1e-12 && mean <= high + 1e-12, "{low} {mean} {high}");
            prop_assert_eq!(interval(0.95), Some([low, high]));
            if let Some([inner_low, inner_high]) = interval(0.5) {
                prop_assert!(low <= inner_low && inner_high <= high);
            }
        }
    }

    #[test]
    fn the_randomisation_test_has_no_direction_and_repeats(
        pairs in prop::collection::vec((0_i8..8, 0_i8..8), 1..40), seed: u64,
    ) {
        let pairs = pairs.iter().map(|&(a, b)| (f64::from(a) / 8.0, f64::from(b) / 8.0));
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let test = RandomizationTest { permutations: 200, seed };
        let p = test.p_value(&a, &b).unwrap();
        prop_assert!(p > 0.0 && p <= 1.0);
        prop_assert_eq!(p, test.p_value(&b, &a).unwrap());
        prop_assert_eq!(p, test.p_value(&a, &b).unwrap());
        if a == b {
            prop_assert_eq!(p, 1.0);
        }
    }

    #[test]
    fn correction_only_raises_and_keeps_order(p_values in prop::collection::vec(0.0_f64..=1.0, 0..20)) {
        let corrected = holm(&p_values).unwrap();
        prop_assert_eq!(corrected.len(), p_values.len());
        for (raw, corrected) in p_values.iter().zip(&corrected) {
            prop_assert!(corrected >= raw && *corrected <= 1.0);
        }
        for (a, raw_a) in p_values.iter().enumerate() {
            for (b, raw_b) in p_values.iter().enumerate() {
                prop_assert!(raw_a > raw_b || corrected[a] <= corrected[b]);
            }
        }
    }

    #[test]
    fn calibration_errors_are_ordered_and_forget_the_order(
        predictions in prop::collection::vec((0_u8..=20, any::<bool>()), 1..60),
        bins in 1_usize..20,
        equal_mass: bool,
    ) {
        let unzip = |predictions: &[(u8, bool)]| -> (Vec<f32>, Vec<bool>) {
            predictions.iter().map(|&(p, relevant)| (f32::from(p) / 20.0, relevant)).unzip()
        };
        let binning = if equal_mass { Binning::EqualMass { bins } } else { Binning::EqualWidth { bins } };
        let (probabilities, relevant) = unzip(&predictions);
        let diagram = ReliabilityDiagram::new(&probabilities, &relevant, binning).unwrap();
        let (mean, largest) = (diagram.expected_calibration_error(), diagram.maximum_calibration_error());
        prop_assert!(0.0 <= mean && mean <= largest + 1e-12 && largest <= 1.0);
        prop_assert!(diagram.bins().len() <= bins);
        // The mean error is at most its quadratic mean, and binning averages within a bin.
        prop_assert!(mean * mean <= brier_score(&probabilities, &relevant).unwrap() + 1e-12);
        let reversed: Vec<_> = predictions.iter().rev().copied().collect();
        let (probabilities, relevant) = unzip(&reversed);
        prop_assert_eq!(diagram, ReliabilityDiagram::new(&probabilities, &relevant, binning).unwrap());
    }

    #[test]
    fn fusing_one_run_keeps_its_ranking(scores in entries(-50..50), method in 0..4) {
        let normalization = [Normalization::None, Normalization::MinMax, Normalization::ZScore];
        let fusion = match method {
            0 => Fusion::default(),
            1 => Fusion::CombSum { normalization: normalization[scores.len() % 3] },
            2 => Fusion::CombMnz { normalization: normalization[scores.len() % 3] },
            _ => Fusion::WeightedSum { normalization: normalization[scores.len() % 3], weights: vec![0.25] },
        };
        let run = run(&scores);
        let fused = fusion.fuse("fused", &[&run]).unwrap();
        for query in run.queries() {
            let (ranking, fused) = (run.ranking(query), fused.ranking(query));
            prop_assert!(ranking.iter().map(|hit| hit.0).eq(fused.iter().map(|hit| hit.0)));
        }
    }

    #[test]
    fn the_order_of_the_fused_runs_means_nothing(one in entries(-5..5), two in entries(-5..5)) {
        let (one, two) = (run(&one), run(&two));
        for fusion in [Fusion::default(), Fusion::CombSum { normalization: Normalization::MinMax }] {
            let a = fusion.fuse("fused", &[&one, &two]).unwrap();
            let b = fusion.fuse("fused", &[&two, &one]).unwrap();
            prop_assert_eq!(a.len(), b.len());
            for (query, item, score) in a.iter() {
                prop_assert_eq!(b.score(query, item), Some(score));
            }
        }
    }
}
