//! Agreement with ranx and scikit-learn: tests/golden/regenerate_fusion_and_calibration.py says where the
//! values come from and writes them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use ess_metrics::{Binning, Fusion, ReliabilityDiagram, Run, brier_score};
use serde::Deserialize;

type Scores = BTreeMap<String, BTreeMap<String, f64>>;

#[derive(Deserialize)]
struct FusionCase {
    fusion: Fusion,
    runs: Vec<Scores>,
    values: Scores,
}

#[derive(Deserialize)]
struct CalibrationCase {
    probabilities: Vec<f64>,
    relevant: Vec<bool>,
    brier: f64,
    equal_width: BTreeMap<usize, f64>,
    equal_mass: BTreeMap<usize, f64>,
}

fn run(scores: &Scores) -> Run {
    let mut run = Run::new("golden");
    for (query, scores) in scores {
        for (item, &score) in scores {
            run.insert(query, item, score as f32).unwrap();
        }
    }
    run
}

#[test]
fn fused_scores_agree_with_ranx() {
    let cases: Vec<FusionCase> = serde_json::from_str(include_str!("golden/fusion.json")).unwrap();
    assert_eq!(cases.len(), 17);
    for FusionCase { fusion, runs, values } in cases {
        let runs: Vec<Run> = runs.iter().map(run).collect();
        let fused = fusion.fuse("fused", &runs.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(fused.len(), values.values().map(BTreeMap::len).sum::<usize>());
        for (query, item, found) in fused.iter() {
            let expected = values[query][item];
            let tolerance = 1e-6 * expected.abs().max(1.0);
            let close = (f64::from(found) - expected).abs() < tolerance;
            assert!(close, "{fusion:?}, {query}, {item}: expected {expected}, found {found}");
        }
    }
}

#[test]
fn calibration_agrees_with_scikit_learn() {
    let cases: Vec<CalibrationCase> = serde_json::from_str(include_str!("golden/calibration.json")).unwrap();
    for case in &cases {
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{expected} {found}");
        close(brier_score(&case.probabilities, &case.relevant).unwrap(), case.brier);
        let error = |binning| {
            let diagram = ReliabilityDiagram::new(&case.probabilities, &case.relevant, binning).unwrap();
            assert_eq!(diagram.bins().iter().map(|bin| bin.count).sum::<usize>(), case.relevant.len());
            diagram.expected_calibration_error()
        };
        case.equal_width
            .iter()
            .for_each(|(&bins, &expected)| close(error(Binning::EqualWidth { bins }), expected));
        case.equal_mass
            .iter()
            .for_each(|(&bins, &expected)| close(error(Binning::EqualMass { bins }), expected));
    }
}
