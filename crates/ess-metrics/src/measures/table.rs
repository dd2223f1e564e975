//! The measures that are called by name: one table.

use super::asked::Asked;
use super::average_precision::AveragePrecision;
use super::binary_preference::BinaryPreference;
use super::count::Count;
use super::expected_reciprocal_rank::ExpectedReciprocalRank;
use super::gain::Gain;
use super::geometric_mean::GeometricMean;
use super::inferred_average_precision::InferredAveragePrecision;
use super::interpolated_precision::InterpolatedPrecision;
use super::judged::Judged;
use super::ndcg::Ndcg;
use super::precision::Precision;
use super::r_precision::RPrecision;
use super::rank_biased_precision::RankBiasedPrecision;
use super::recall::Recall;
use super::reciprocal_rank::ReciprocalRank;
use super::set_average_precision::SetAveragePrecision;
use super::set_f::SetF;
use super::success::Success;
use super::{measure::Measure, registered::RegisteredMeasure};
use crate::error::Error;

/// How a measure is asked for.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What trec_eval calls it; a dash where it has none.
    pub(super) trec_eval: &'static str,
    /// What trec_eval calls it with a cutoff, before the cutoff.
    pub(super) trec_eval_cut: &'static str,
    /// Whether grades matter to it beyond being relevant, so that it has no relevance level.
    pub(super) graded: bool,
    pub(super) make: fn(&mut Asked<'_>) -> Result<Kind, Error>,
}

/// No name.
pub(super) const NONE: &str = "–";

/// The measures that have a name, and how each is asked for by it.
macro_rules! table {
    ($($kind:ident($measure:ty): [$($row:expr,)*],)*) => {
        /// A measure that has a name.
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Kind {
            $($kind($measure),)*
        }

        impl Kind {
            pub(super) fn as_measure(&self) -> &dyn Measure {
                match self {
                    $(Self::$kind(measure) => measure,)*
                }
            }
        }

        /// How each measure of this crate is asked for.
        pub(super) const TABLE: &[Row] = &[$($($row,)*)*];
    };
}

/// Calls a macro with the types of measures, and for each the names by which it is asked for, in the order of the table.
macro_rules! measures {
    ($call:ident) => {
        $call! {
            Ndcg(Ndcg): [
                row("ndcg", "ndcg", "ndcg_cut", true, |asked| {
                    let gain = asked.gains()?.map_or(Gain::Linear, Gain::Given);
                    Ok(Kind::Ndcg(Ndcg { gain, cutoff: asked.cutoff()? }))
                }),
                row("ndcg_exp", NONE, NONE, true, |asked| {
                    Ok(Kind::Ndcg(Ndcg { gain: Gain::Exponential, cutoff: asked.cutoff()? }))
                }),
            ],
            ExpectedReciprocalRank(ExpectedReciprocalRank): [
                row("err", NONE, NONE, true, |asked| {
                    let cutoff = asked.cutoff()?;
                    Ok(Kind::ExpectedReciprocalRank(match asked.number("max")? {
                        Some(highest) => ExpectedReciprocalRank::with_highest_grade(highest, cutoff)?,
                        None => ExpectedReciprocalRank::new(cutoff),
                    }))
                }),
            ],
            Recall(Recall): [
                row("recall", "set_recall", "recall", false, |asked| {
                    Ok(Kind::Recall(Recall { cutoff: asked.cutoff()? }))
                }),
            ],
            AveragePrecision(AveragePrecision): [
                row("map", "map", "map_cut", false, |asked| {
                    Ok(Kind::AveragePrecision(AveragePrecision { cutoff: asked.cutoff()? }))
                }),
            ],
            GeometricAveragePrecision(GeometricMean<AveragePrecision>): [
                row("gm_map", "gm_map", NONE, false, |_| {
                    Ok(Kind::GeometricAveragePrecision(GeometricMean(AveragePrecision::default())))
                }),
            ],
            ReciprocalRank(ReciprocalRank): [
                row("mrr", "recip_rank", NONE, false, |asked| {
                    Ok(Kind::ReciprocalRank(ReciprocalRank { cutoff: asked.cutoff()? }))
                }),
            ],
            RankBiasedPrecision(RankBiasedPrecision): [
                row("rbp", NONE, NONE, false, |asked| {
                    let expected = "p, the probability of looking at the next item, as in rbp(p=0.8)";
                    let p = asked.number("p")?.ok_or_else(|| asked.invalid(expected))?;
                    Ok(Kind::RankBiasedPrecision(RankBiasedPrecision::new(p, asked.cutoff()?)?))
                }),
            ],
            Precision(Precision): [
                row("p", "set_P", "P", false, |asked| Ok(Kind::Precision(Precision { cutoff: asked.cutoff()? }))),
            ],
            InterpolatedPrecision(InterpolatedPrecision): [
                row("iprec", NONE, "iprec_at_recall", false, |asked| {
                    let recall = asked.cut.take().and_then(|recall| recall.parse().ok());
                    let recall = recall.ok_or_else(|| asked.invalid("a level of recall, as in iprec@0.1"))?;
                    Ok(Kind::InterpolatedPrecision(InterpolatedPrecision::at(recall)?))
                }),
            ],
            RPrecision(RPrecision): [
                row("rprec", "Rprec", NONE, false, |_| Ok(Kind::RPrecision(RPrecision))),
            ],
            BinaryPreference(BinaryPreference): [
                row("bpref", "bpref", NONE, false, |_| Ok(Kind::BinaryPreference(BinaryPreference))),
            ],
            GeometricBinaryPreference(GeometricMean<BinaryPreference>): [
                row("gm_bpref", "gm_bpref", NONE, false, |_| {
                    Ok(Kind::GeometricBinaryPreference(GeometricMean(BinaryPreference)))
                }),
            ],
            InferredAveragePrecision(InferredAveragePrecision): [
                row("infap", "infAP", NONE, false, |_| Ok(Kind::InferredAveragePrecision(InferredAveragePrecision))),
            ],
            Success(Success): [
                row("success", NONE, "success", false, |asked| Ok(Kind::Success(Success { cutoff: asked.cutoff()? }))),
            ],
            SetF(SetF): [
                row("set_f", "set_F", NONE, false, |_| Ok(Kind::SetF(SetF))),
            ],
            SetAveragePrecision(SetAveragePrecision): [
                row("set_map", "set_map", NONE, false, |_| Ok(Kind::SetAveragePrecision(SetAveragePrecision))),
            ],
            Judged(Judged): [
                row("judged", NONE, NONE, true, |asked| Ok(Kind::Judged(Judged { cutoff: asked.cutoff()? }))),
            ],
            Count(Count): [
                row("num_q", "num_q", NONE, true, |_| Ok(Kind::Count(Count::Queries))),
                row("num_ret", "num_ret", NONE, true, |_| Ok(Kind::Count(Count::Retrieved))),
                row("num_rel", "num_rel", NONE, false, |_| Ok(Kind::Count(Count::Relevant))),
                row("num_rel_ret", "num_rel_ret", NONE, false, |_| Ok(Kind::Count(Count::RelevantRetrieved))),
                row("num_nonrel_judged_ret", "num_nonrel_judged_ret", NONE, false, |_| {
                    Ok(Kind::Count(Count::NotRelevantRetrieved))
                }),
            ],
            Registered(RegisteredMeasure): [],
        }
    };
}

pub(super) use measures;

measures!(table);

const fn row(
    name: &'static str,
    trec_eval: &'static str,
    trec_eval_cut: &'static str,
    graded: bool,
    make: fn(&mut Asked<'_>) -> Result<Kind, Error>,
) -> Row {
    Row { name, trec_eval, trec_eval_cut, graded, make }
}

#[cfg(test)]
mod tests {
    use super::super::named::NamedMeasure;
    use super::*;

    #[test]
    fn every_row_of_the_table_is_a_measure_with_a_name_of_its_own() {
        for row in TABLE {
            let name = match row.name {
                "rbp" => "rbp(p=0.8)",
                "iprec" => "iprec@0.1",
                name => name,
            };
            assert_eq!(name.parse::<NamedMeasure>().unwrap().to_string(), name);
            assert_eq!(TABLE.iter().filter(|other| other.name == row.name).count(), 1, "{name}");
        }
    }

    #[test]
    fn the_documentation_has_the_names_of_the_table_and_no_others() {
        for text in [include_str!("named.rs"), include_str!("../../README.md")] {
            let rows = text.lines().filter_map(|line| line.trim_start_matches("/// ").strip_prefix("| `"));
            let names = rows.flat_map(|line| {
                let first = line.split_once(" |").map_or(line, |(first, _)| first);
                first.split(", `").map(|name| name.split(['`', '@', '(']).next().unwrap_or_default())
            });
            let documented: std::collections::BTreeSet<&str> = names.collect();
            assert_eq!(documented, TABLE.iter().map(|row| row.name).collect());
        }
    }

    #[test]
    fn a_measure_looks_as_far_down_as_its_name_says() {
        let mut cut = Vec::new();
        for row in TABLE {
            let Ok(measure) = format!("{}@7", row.name).parse::<NamedMeasure>() else { continue };
            if row.name != "iprec" {
                assert_eq!(measure.cutoff().k(), Some(7), "{measure}");
                cut.push(row.name);
            }
        }
        for name in ["ndcg", "err", "recall", "map", "mrr", "p", "success", "judged"] {
            assert!(cut.contains(&name), "{name} is not among {cut:?}");
        }
    }
}
