//! Measures by name: what is read, what is written, and what is refused.

use std::hash::{DefaultHasher, Hash, Hasher};

use ess_metrics::{
    Aggregate, AveragePrecision, Cutoff, Error, Evaluator, GeometricMean, JudgedRanking, Measure,
    MeasureKind, NamedMeasure, register_measure,
};

fn named(name: &str) -> NamedMeasure {
    name.parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn names_come_back_as_they_were_read() {
    let cut = ["ndcg", "ndcg_exp", "err", "recall", "map", "mrr", "p", "success", "judged", "rbp(p=0.8)"];
    let uncut =
        ["gm_map", "rprec", "bpref", "gm_bpref", "infap", "set_f", "set_map", "iprec@0", "iprec@0.35"];
    let counts = ["num_q", "num_ret", "num_rel", "num_rel_ret", "num_nonrel_judged_ret"];
    let more = ["ndcg(1=3,2=9.5)@10", "err(max=1)@20", "mrr(rel=2)@10", "rbp(rel=2,p=0.5)@10", "map(rel=3)"];
    let names = cut.iter().flat_map(|kind| [kind.to_string(), format!("{kind}@1"), format!("{kind}@1000")]);
    let names = names.chain([uncut.as_slice(), &counts, &more].concat().into_iter().map(str::to_owned));
    for name in names {
        let measure = named(&name);
        assert_eq!(measure.to_string(), name);
        assert_eq!(serde_json::to_string(&measure).unwrap(), format!("{name:?}"));
        assert_eq!(serde_json::from_str::<NamedMeasure>(&format!("{name:?}")).unwrap(), measure);
    }
    assert_ne!(named("ndcg(1=3)@10"), named("ndcg(1=3.5)@10"));
    assert_eq!(named("err(max=4)@20"), named("err@20"));
}

#[test]
fn names_of_trec_eval_are_understood_and_given_back() {
    let plain = ["ndcg", "map", "gm_map", "Rprec", "bpref", "gm_bpref", "infAP", "recip_rank", "set_P"];
    let more = ["set_recall", "set_F", "set_map", "num_q", "num_nonrel_judged_ret", "num_rel_ret"];
    let cut = ["ndcg_cut_10", "P_5", "recall_100", "map_cut_20", "success_1", "iprec_at_recall_0.10"];
    for name in [plain.as_slice(), &more, &cut].concat() {
        assert_eq!(named(name).trec_eval_name().as_deref(), Some(name));
    }
    for name in ["mrr@10", "err@20", "rbp(p=0.9)", "judged", "map(rel=2)", "ndcg(1=2)@10", "success"] {
        assert_eq!(named(name).trec_eval_name(), None, "{name}");
    }
    let printed = NamedMeasure::of_trec_eval().into_iter().map(|measure| measure.trec_eval_name().unwrap());
    let printed: Vec<String> = printed.collect();
    assert_eq!(printed[..4], ["num_q", "num_ret", "num_rel", "num_rel_ret"]);
    assert_eq!(printed[9..21].iter().step_by(11).collect::<Vec<_>>(), ["iprec_at_recall_0.00", "P_5"]);
    assert_eq!((printed.len(), printed[28].as_str()), (29, "P_1000"));
}

#[test]
fn an_evaluator_has_the_names_of_its_measures_in_order() {
    let evaluator = Evaluator::from_names(["recall_100", "mrr(rel=2)@10", "map"]).unwrap();
    assert_eq!(evaluator.names(), ["recall@100", "mrr(rel=2)@10", "map"]);
}

#[test]
fn measures_hash_as_their_names() {
    let hash = |name: &str| {
        let mut hasher = DefaultHasher::new();
        named(name).hash(&mut hasher);
        hasher.finish()
    };
    assert_eq!(hash("ndcg_cut_10"), hash("ndcg@10"));
    assert!(hash("ndcg@10") != hash("ndcg@11") && hash("map") != hash("map(rel=2)"));
}

#[test]
fn cutoffs_say_how_many_hits_are_needed() {
    for (name, k) in [("ndcg@7", Some(7)), ("rbp(p=0.5)@3", Some(3)), ("err@20", Some(20)), ("bpref", None)] {
        assert_eq!(named(name).cutoff().k(), k, "{name}");
        assert_eq!(Measure::cutoff(&named(name)).k(), k, "{name}");
    }
    assert_eq!(named("iprec@0.1").cutoff(), Cutoff::NONE);
    let cutoff = Cutoff::at(7).unwrap();
    assert_eq!(GeometricMean(AveragePrecision { cutoff }).cutoff(), cutoff);
    assert_eq!(
        [named("gm_map"), named("num_rel"), named("map")].map(|measure| measure.aggregate()),
        [Aggregate::GeometricMean, Aggregate::Sum, Aggregate::Mean]
    );
}

#[test]
fn nothing_found_and_nothing_relevant_is_worth_nothing() {
    let rankings = [(&[][..], &[][..]), (&[], &[1, 2]), (&[None], &[]), (&[None, Some(0), Some(-1)], &[0])];
    for name in [
        "ndcg",
        "ndcg@5",
        "ndcg_exp",
        "ndcg(1=2)",
        "err@5",
        "recall",
        "recall@5",
        "map",
        "gm_map",
        "mrr",
        "rbp(p=0.8)",
        "p",
        "p@5",
        "iprec@0",
        "iprec@1",
        "rprec",
        "bpref",
        "infap",
        "success",
        "set_f",
        "set_map",
        "num_rel_ret",
    ] {
        for (ranking, missed) in rankings {
            let value = named(name).value(&JudgedRanking::new(ranking, missed));
            assert_eq!(value, 0.0, "{name} of {ranking:?} without {missed:?}");
        }
    }
    let counts =
        |name: &str| rankings.map(|(found, missed)| named(name).value(&JudgedRanking::new(found, missed)));
    assert_eq!(counts("num_q"), [1.0; 4]);
    assert_eq!(counts("num_ret"), [0.0, 0.0, 1.0, 3.0]);
    assert_eq!(counts("num_rel"), [0.0, 2.0, 0.0, 0.0]);
    assert_eq!(counts("num_nonrel_judged_ret"), [0.0, 0.0, 0.0, 1.0]);
    assert_eq!(counts("judged"), [0.0, 0.0, 0.0, 2.0 / 3.0]);
}

#[test]
fn a_measure_says_within_what_its_values_lie_where_there_are_such_ends() {
    for name in ["num_q", "num_ret", "num_rel", "num_rel_ret", "num_nonrel_judged_ret", "ndcg(0=-1,2=3)@5"] {
        assert_eq!(named(name).range(), None, "{name}");
    }
    for name in ["ndcg@10", "ndcg(0=0,2=3)@5", "err@20", "rbp(p=0.8)", "iprec@0.1", "gm_map", "mrr(rel=2)"] {
        assert_eq!(named(name).range(), Some([0.0, 1.0]), "{name}");
    }
    // What was found is worth less than nothing.
    let ranking = JudgedRanking::new(&[Some(0)], &[2]);
    assert!(named("ndcg(0=-1,2=3)@5").value(&ranking) < 0.0);
}

#[test]
fn bad_cutoffs_parameters_and_names_are_told_apart() {
    for name in [
        "ndcg@0",
        "ndcg@",
        "ndcg@-1",
        "ndcg@+5",
        "p@ten",
        "p@1.5",
        "map@99999999999999999999999",
        "map@1@2",
        "P_0",
    ] {
        let found = name.parse::<NamedMeasure>();
        assert!(matches!(found, Err(Error::InvalidCutoff { .. })), "{name}: {found:?}");
    }
    for name in [
        "rbp",
        "rbp@10",
        "rbp(p=1)",
        "rbp(p=x)",
        "iprec",
        "iprec@2",
        "iprec@x",
        "mrr(rel=0)",
        "mrr(rel=x)",
        "err(max=0)",
        "ndcg(1=x)",
        "ndcg(p=1)",
        "ndcg(1=2,1=3)",
        "ndcg(-1=2)",
    ] {
        let found = name.parse::<NamedMeasure>();
        assert!(matches!(found, Err(Error::InvalidParameter { .. })), "{name}: {found:?}");
    }
    for name in [
        "",
        "NDCG@10",
        "ndgc@10",
        " ndcg@10",
        "ndcg_cut.10",
        "ndcg_cut_x",
        "rprec@10",
        "num_q@1",
        "map(p=2)",
        "mrr()",
        "mrr(rel=2",
        "mrr(rel)",
        "judged(rel=2)",
        "–",
        "–_10",
        "mrr(rel=2,rel=3)",
    ] {
        let found = name.parse::<NamedMeasure>();
        assert!(matches!(found, Err(Error::UnknownMeasure { .. })), "{name}: {found:?}");
    }
    assert!(serde_json::from_str::<NamedMeasure>("\"ndcg@0\"").is_err());
}

#[test]
fn errors_say_which_measure_was_asked_for_and_what_is_wrong_with_it() {
    for (name, message) in [
        ("ndcg@0", r#"cutoff: k must be a whole number of at least 1; found "ndcg@0""#),
        ("P_0", r#"cutoff: k must be a whole number of at least 1; found "P_0""#),
        ("mrr(rel=0)@10", "relevance level: expected a grade of at least 1, found 0 in mrr(rel=0)@10"),
        (
            "rbp@5",
            "parameter of a measure: expected p, the probability of looking at the next item, as in rbp(p=0.8), found rbp@5",
        ),
        ("rprec@10", r#"unknown measure "rprec@10": expected rprec without @10"#),
        ("map(p=2)@10", r#"unknown measure "map(p=2)@10": expected map without p=2"#),
        ("judged(rel=2)", r#"unknown measure "judged(rel=2)": expected judged without rel=2"#),
    ] {
        assert_eq!(name.parse::<NamedMeasure>().unwrap_err().to_string(), message);
    }
    for name in ["rbp(p=1)", "iprec@2", "err(max=0)", "ndcg(1=2,1=3)", "ndcg(-1=2)"] {
        let message = name.parse::<NamedMeasure>().unwrap_err().to_string();
        assert!(message.ends_with(name), "{message}");
    }
}

/// How many of the first items are judged and not relevant, as a share.
struct Misleading {
    cutoff: Cutoff,
}

impl std::fmt::Display for Misleading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "misleading{}", self.cutoff)
    }
}

impl Measure for Misleading {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        let relevant = ranking.relevant_within(self.cutoff).count();
        ranking.judged_within(self.cutoff).len().saturating_sub(relevant) as f64
    }

    fn aggregate(&self) -> Aggregate {
        Aggregate::Sum
    }

    fn cutoff(&self) -> Cutoff {
        self.cutoff
    }
}

impl MeasureKind for Misleading {
    const NAME: &'static str = "misleading";

    fn at(cutoff: Cutoff) -> Self {
        Self { cutoff }
    }

    fn range(&self) -> Option<[f64; 2]> {
        self.cutoff.k().map(|k| [0.0, k as f64])
    }
}

/// A measure with a name that it cannot have.
struct Misnamed<const TYPE: usize>(Misleading);

impl<const TYPE: usize> std::fmt::Display for Misnamed<TYPE> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<const TYPE: usize> Measure for Misnamed<TYPE> {
    fn value(&self, ranking: &JudgedRanking) -> f64 {
        self.0.value(ranking)
    }
}

/// The first four are other measures'; the others could not be read back.
const MISNAMED: [&str; 8] =
    ["set_recall", "ndcg_cut", "ndcg_cut_10", "iprec_at_recall_0", "", "Top", "top-1", "top@1"];

impl<const TYPE: usize> MeasureKind for Misnamed<TYPE> {
    const NAME: &'static str = MISNAMED[TYPE];

    fn at(cutoff: Cutoff) -> Self {
        Self(Misleading { cutoff })
    }
}

#[test]
fn a_measure_whose_name_could_not_be_read_is_not_registered() {
    let odd = [
        register_measure::<Misnamed<4>>(),
        register_measure::<Misnamed<5>>(),
        register_measure::<Misnamed<6>>(),
        register_measure::<Misnamed<7>>(),
    ];
    for (refused, name) in odd.into_iter().zip(&MISNAMED[4..]) {
        let is_refused = matches!(&refused, Err(Error::InvalidParameter { found, .. }) if found == name);
        assert!(is_refused, "{name}: {refused:?}");
    }
}

#[test]
fn a_registered_measure_is_called_by_name_wherever_others_are() {
    for _ in 0..2 {
        register_measure::<Misleading>().unwrap();
    }
    let stolen = [
        register_measure::<Misnamed<0>>(),
        register_measure::<Misnamed<1>>(),
        register_measure::<Misnamed<2>>(),
        register_measure::<Misnamed<3>>(),
    ];
    for (found, stolen) in stolen.into_iter().zip(MISNAMED) {
        assert!(matches!(&found, Err(Error::MeasureTaken { name }) if name == stolen), "{stolen}: {found:?}");
    }
    assert_eq!(named("ndcg_cut_10"), named("ndcg@10"));
    for name in ["misleading", "misleading@2", "misleading(rel=2)@2"] {
        assert_eq!(named(name).to_string(), name);
        assert_eq!(serde_json::from_str::<NamedMeasure>(&format!("{name:?}")).unwrap(), named(name));
        assert_eq!(named(name).trec_eval_name(), None);
    }
    let ranking = JudgedRanking::new(&[Some(0), Some(1), Some(0)], &[]);
    let values =
        ["misleading", "misleading@2", "misleading(rel=2)@2"].map(|name| named(name).value(&ranking));
    assert_eq!(values, [2.0, 1.0, 2.0]);
    assert_eq!(named("misleading@2").cutoff().k(), Some(2));
    assert_eq!(named("misleading@2").aggregate(), Aggregate::Sum);
    let ranges = ["misleading", "misleading@2", "misleading(rel=2)@2"].map(|name| named(name).range());
    assert_eq!(ranges, [None, Some([0.0, 2.0]), Some([0.0, 2.0])]);
    for odd in ["misleading@0", "misleading@1@2", "misleading(p=1)", "misleading("] {
        assert!(odd.parse::<NamedMeasure>().is_err(), "{odd}");
    }
    assert!("bleu".parse::<NamedMeasure>().unwrap_err().to_string().contains("misleading"));
}
