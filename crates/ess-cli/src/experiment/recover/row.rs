//! The systems of a data set, side by side.

use anyhow::{Context, Result, ensure};

use crate::experiment::{
    compared::Compared,
    kept::Kept,
    over_seeds::{OverSeeds, mean},
    task::Trained,
    tuned::FROZEN,
};

use super::measured::{Bare, Results};

/// The systems of a data set; the first is the frozen encoder.
pub(super) struct Rows<'a> {
    pub(super) name: String,
    pub(super) rows: Vec<Row<'a>>,
}

/// An encoder, with or without a module.
pub(super) struct Row<'a> {
    pub(super) encoder: &'a str,
    pub(super) module: Option<&'a str>,
    /// Beside the frozen encoder: all test queries, those of seen items, and the others.
    pub(super) groups: [Option<Compared>; 3],
    /// Beside the encoder without a module, where that is not the frozen one.
    pub(super) on_top: Option<Compared>,
    /// The standard deviation of the mean over seeds.
    pub(super) spread: Option<f64>,
    /// Of how many seeds, for how many the guard returned the module.
    pub(super) returned: Option<[usize; 2]>,
    /// What fine-tuning and the module took, as far as it is known.
    pub(super) cpu_seconds: Option<f64>,
}

impl<'a> Row<'a> {
    /// The rows of all data sets.
    pub(super) fn of_all(results: &'a Results, modules: &[&'a str]) -> Result<Vec<Rows<'a>>> {
        let sets = results.bare.chunk_by(|one, other| one.name() == other.name());
        sets.map(|encoders| {
            let frozen = &encoders[0].found;
            let mut rows = Vec::new();
            for encoder in encoders {
                ensure!(
                    encoder.found.ndcg.len() == frozen.ndcg.len(),
                    "{}: {} and the frozen encoder have embeddings of different test queries",
                    encoder.name(),
                    encoder.found.encoder
                );
                rows.push(Self::bare(&encoder.found, frozen)?);
                for module in modules {
                    rows.push(Self::trained(encoder, module, &results.runs(encoder, module), frozen)?);
                }
            }
            Ok(Rows { name: encoders[0].name().to_owned(), rows })
        })
        .collect()
    }

    fn bare(encoder: &'a Bare, frozen: &Bare) -> Result<Self> {
        Ok(Self {
            encoder: &encoder.encoder,
            module: None,
            groups: groups(frozen, &encoder.ndcg)?,
            on_top: None,
            spread: None,
            returned: None,
            cpu_seconds: encoder.cpu_seconds,
        })
    }

    fn trained(encoder: &'a Kept<Bare>, module: &'a str, runs: &[&Trained], frozen: &Bare) -> Result<Self> {
        let all = OverSeeds::of(runs.iter().map(|run| &*run.trained));
        let of_modules = mean(&runs.iter().map(|run| run.cpu_seconds).collect::<Vec<_>>());
        let encoder = &encoder.found;
        let is_frozen = encoder.encoder == frozen.encoder;
        let on_top = Compared::of(&encoder.ndcg, &all.per_query)?.context("no test query")?;
        let returned = runs.iter().filter(|run| run.returned).count();
        Ok(Self {
            encoder: &encoder.encoder,
            module: Some(module),
            groups: groups(frozen, &all.per_query)?,
            on_top: (!is_frozen).then_some(on_top),
            spread: all.spread,
            returned: Some([returned, runs.len()]),
            cpu_seconds: match is_frozen {
                true => Some(of_modules),
                false => encoder.cpu_seconds.map(|before| before + of_modules),
            },
        })
    }

    /// Whether it is the frozen encoder alone.
    pub(super) fn is_baseline(&self) -> bool {
        self.module.is_none() && self.encoder == FROZEN
    }

    /// Encoder and module.
    pub(super) fn name(&self) -> String {
        match self.module {
            Some(module) => format!("{}, {module}", self.encoder),
            None => self.encoder.to_owned(),
        }
    }

    /// What it gains over the frozen encoder on all test queries.
    pub(super) fn gain(&self) -> f64 {
        self.groups[0].as_ref().map_or(0.0, |all| all.mean - all.baseline)
    }
}

/// Beside the frozen encoder on all queries, on those of seen items, and on the others.
fn groups(frozen: &Bare, system: &[f64]) -> Result<[Option<Compared>; 3]> {
    let chosen = |values: &[f64], wanted: Option<bool>| -> Vec<f64> {
        let of_group = values.iter().zip(&frozen.seen).filter(|(_, seen)| wanted.is_none_or(|w| w == **seen));
        of_group.map(|(value, _)| *value).collect()
    };
    let group = |wanted| Compared::of(&chosen(&frozen.ndcg, wanted), &chosen(system, wanted));
    Ok([group(None)?, group(Some(true))?, group(Some(false))?])
}
