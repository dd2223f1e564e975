//! Each table is corrected for all of its differences.

use super::*;

/// What a system reaches, with one p-value for both of its differences.
fn measured(system: System, p: f64) -> Measured {
    let difference = Difference { mean: 0.1, ci95: Some([0.05, 0.15]), p };
    Measured {
        system: system.name(),
        setting: String::new(),
        held_out: None,
        value: 0.5,
        ci95: Some([0.4, 0.6]),
        against_frozen: difference,
        against_constant: system.constant().map(|_| difference),
        learning_seconds: 0.0,
        searching_seconds: 0.0,
        per_query: vec![0.5; 9],
    }
}

/// The frozen encoder and so many systems with a weight of each query's own, of which the first has a p-value of .02 on the
/// first data set; all others have 1.
fn results(sets: &[&str], systems: usize) -> Results {
    let own_weight = || System::ALL.into_iter().filter(|system| system.constant().is_some()).take(systems);
    let set = |(at, name): (usize, &&str)| {
        let p = |index: usize| if at == 0 && index == 0 { 0.02 } else { 1.0 };
        let others = own_weight().enumerate().map(|(index, system)| measured(system, p(index)));
        SetResults {
            data: format!("{name}=beir,embeddings,train,,test").parse().unwrap(),
            measure: measure::of_earlier_results(),
            depth: 10,
            seed: 0,
            learned_from: 30,
            measured: [measured(System::Frozen, 1.0)].into_iter().chain(others).collect(),
        }
    };
    let measure = measure::of_earlier_results();
    Results { measure, depth: 10, sets: sets.iter().enumerate().map(set).collect() }
}

const CASES: [(&[&str], usize, bool); 4] =
    [(&["one"], 1, true), (&["one"], 2, true), (&["one", "two"], 1, true), (&["one", "two"], 2, false)];

#[test]
fn the_table_of_all_data_sets_is_corrected_for_every_system_on_each() {
    // .02 for one difference, .04 for two, .08 for four.
    for (sets, systems, bold) in CASES {
        let mut text = String::new();
        overview(&mut text, &results(sets, systems));
        assert!(text.contains("+.100"), "{text}");
        assert_eq!(text.contains("**+.100**"), bold, "{text}");
    }
}

#[test]
fn what_own_weights_add_is_corrected_for_every_system_on_each_data_set() {
    for (sets, systems, bold) in CASES {
        let mut text = String::new();
        own_weights(&mut text, &results(sets, systems));
        assert!(text.contains("+.100 [+.050, +.150]"), "{text}");
        assert_eq!(text.contains("**+.100 [+.050, +.150]**, p = .020"), bold, "{text}");
    }
}

#[test]
fn the_table_of_one_data_set_is_corrected_for_its_own_systems() {
    for (systems, bold) in [(2, true), (3, false)] {
        let mut text = String::new();
        details(&mut text, &results(&["one", "two"], systems).sets[0]);
        assert_eq!(text.contains("**+.100 [+.050, +.150]**, p = .020"), bold, "{text}");
    }
}
