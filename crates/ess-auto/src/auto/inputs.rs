//! What tells the inputs of a choice from others.

use ess_core::Encoding;
use ess_files::Checksum;
use ess_lexical::SparseVectors;

use crate::{
    config::AutoConfig,
    features::table::{finds_nothing, used},
    input::{
        collection::Collection, further_items::FurtherItems, further_queries::FurtherQueries,
        training_queries::TrainingQueries,
    },
};

/// A checksum of all that trials depend on; `train` is how many of the queries are not dev queries.
pub(super) fn checksum(
    collection: &Collection,
    all: &TrainingQueries,
    train: usize,
    config: &AutoConfig,
) -> Checksum {
    let passages = collection.passages.as_ref();
    let lexical = collection.lexical.as_ref();
    let mut parts = vec![
        numbers(collection.items().as_slice()),
        numbers(all.set().encodings().as_slice()),
        format!("{:?} {train} {:?}", all.set().judgements(), all.texts()),
        format!("{:?}", passages.map(|of| (numbers(of.embeddings.as_slice()), of.index.passage_rows()))),
        format!("{:?}", lexical.map(|of| (numbers(of.encoder.term_weights()), sparse(&of.items)))),
        format!("{:?}", lexical.and_then(|of| of.titles.as_ref()).map(sparse)),
        format!("{:?}", collection.tokens.as_ref().map(|of| (of.dim(), of.starts(), numbers(of.states())))),
        format!("{:?}", all.tokens().map(|of| (of.starts(), numbers(of.packed())))),
        settings(config),
    ];
    // Queries without them have the checksum of earlier versions, whose journals are gone on from.
    let (weights, teacher, negatives) = (all.set().weights(), all.set().teacher(), all.set().negatives());
    if !(weights.is_empty() && teacher.is_empty() && negatives.is_empty()) {
        parts.push(format!("{weights:?} {teacher:?} {negatives:?}"));
    }
    if !collection.parts.is_empty() {
        parts.push(format!("{:?}", collection.parts));
    }
    let further: Vec<String> = further(collection, all).collect();
    if !further.is_empty() {
        parts.push(format!("further {further:?}"));
    }
    if !all.set().left_out().is_empty() {
        parts.push(format!("left out {:?}", all.set().left_out()));
    }
    parts.extend(judged_otherwise(config).map(str::to_owned));
    Checksum::of(parts.join("\n").as_bytes())
}

/// What tells evidence of features that may find items from that of earlier versions: these judged a fold by what such
/// features find even where they have no weight. Without such a feature all versions judge alike.
fn judged_otherwise(config: &AutoConfig) -> Option<&'static str> {
    let may_find = used(&config.features).into_iter().any(|feature| !finds_nothing(feature));
    may_find.then_some("found by what is weighed")
}

/// All settings but the budget. Those of a search are not said where there are none, as in earlier versions, whose journals
/// are gone on from.
fn settings(config: &AutoConfig) -> String {
    let settings = format!("{:?}", AutoConfig { budget_seconds: 1.0, ..config.clone() });
    settings.replace(", search_budget: None, feature_costs: {} }", " }")
}

/// What both items and queries are by further encoders, and what other systems score.
fn further<'a>(collection: &'a Collection, all: &'a TrainingQueries) -> impl Iterator<Item = String> + 'a {
    all.further.iter().filter_map(|(name, queries)| {
        let items = collection.further.get(name).map(|items| match items {
            FurtherItems::Dense { embeddings, .. } => numbers(embeddings.as_slice()),
            FurtherItems::Sparse { vectors, .. } => sparse(vectors),
        });
        let queries = match queries {
            FurtherQueries::Dense(queries) => numbers(queries.as_slice()),
            FurtherQueries::Sparse(queries) => sparse(queries),
            FurtherQueries::Scores(scores) => return Some(format!("{name} {scores:?}")),
        };
        Some(format!("{name} {} {queries}", items?))
    })
}

fn numbers<T: bytemuck::Pod>(values: &[T]) -> String {
    Checksum::of(bytemuck::cast_slice(values)).to_string()
}

fn sparse(vectors: &SparseVectors) -> String {
    let bytes = |row| {
        let entries =
            vectors.row(row).flat_map(|(component, value)| [component.to_le_bytes(), value.to_le_bytes()]);
        entries.flatten().collect::<Vec<u8>>()
    };
    let rows: Vec<Vec<u8>> = (0..vectors.rows()).map(bytes).collect();
    // Lengths first: the same entries in other rows are other vectors.
    let lengths: Vec<u64> = rows.iter().map(|row| row.len() as u64).collect();
    let parts = std::iter::once(bytemuck::cast_slice(&lengths)).chain(rows.iter().map(Vec::as_slice));
    Checksum::of_parts(parts).to_string()
}

#[cfg(test)]
mod tests {
    use ess_core::Error;

    use super::*;
    use crate::features::{
        asked::Asked,
        feature::Feature,
        table::{register_encoding, register_feature, register_part},
    };

    struct Finding;

    impl Feature for Finding {
        fn name(&self) -> &'static str {
            "finding"
        }

        fn finds(&self, _: &Asked<'_>, _: usize) -> Result<Option<Vec<u32>>, Error> {
            Ok(Some(vec![0]))
        }

        fn values(&self, _: &Asked<'_>, _: &[u32]) -> Result<Option<Vec<f32>>, Error> {
            Ok(None)
        }
    }

    #[test]
    fn evidence_of_features_that_may_find_items_is_told_from_that_of_earlier_versions() {
        register_feature(Finding).unwrap();
        register_encoding("inputs_second").unwrap();
        register_part("inputs_part").unwrap();
        let said = |feature: &str| {
            let mut config = AutoConfig::default();
            config.features.push(feature.to_owned());
            judged_otherwise(&config).is_some()
        };
        // Registered features count where settings name them alone.
        assert!(judged_otherwise(&AutoConfig::default()).is_none());
        assert!(said("finding") && said("inputs_second"));
        assert!(!said("inputs_part") && !said("head") && !said("tokens"));
    }
}
