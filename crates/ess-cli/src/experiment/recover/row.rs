//! The systems of a data set, side by side.

use anyhow::{Context, Result, bail};

use crate::{
    experiment::{compared::Compared, kept::Kept, over_seeds::mean, tuned::FROZEN},
    output::together::Together,
};

use super::{
    direct::Direct,
    groups::{Groups, compared},
    measured::{Bare, Results},
};

/// The systems of a data set; the first is the frozen encoder.
pub(super) struct Rows<'a> {
    pub(super) name: String,
    pub(super) rows: Vec<Row<'a>>,
    /// Searching and fine-tuning, each against the other.
    pub(super) direct: Vec<Direct<'a>>,
}

/// An encoder, with or without a module.
pub(super) struct Row<'a> {
    pub(super) encoder: &'a str,
    pub(super) module: Option<&'a str>,
    /// Beside the frozen encoder.
    pub(super) groups: Groups,
    /// Beside the encoder without a module, where that is not the frozen one.
    pub(super) on_top: Option<Compared>,
    /// The standard deviation of the mean over seeds.
    pub(super) spread: Option<f64>,
    /// Of how many seeds, for how many the guard returned the module.
    pub(super) returned: Option<[usize; 2]>,
    /// What fine-tuning and the module took, as far as it is known.
    pub(super) cpu_seconds: Option<f64>,
}

impl<'a> Rows<'a> {
    /// Those of all data sets.
    pub(super) fn of_all(results: &'a Results, modules: &[&'a str]) -> Result<Vec<Self>> {
        let sets = results.bare.chunk_by(|one, other| one.name() == other.name());
        sets.map(|encoders| Self::of(results, encoders, modules)).collect()
    }

    fn of(results: &Results, encoders: &'a [Kept<Bare>], modules: &[&'a str]) -> Result<Self> {
        let frozen = &encoders[0].found;
        let mut rows = Vec::new();
        for encoder in encoders {
            if let Some(query) = encoder.found.query_of_one_alone(frozen) {
                bail!(
                    "{}: {} and the frozen encoder have embeddings of different test queries: one alone has {query:?}",
                    encoder.name(),
                    encoder.found.encoder
                );
            }
            rows.push(Row::bare(&encoder.found, frozen)?);
            for module in modules {
                rows.push(Row::trained(results, encoder, module, frozen)?);
            }
        }
        let direct = Direct::of_all(results, encoders, modules)?;
        Ok(Self { name: encoders[0].name().to_owned(), rows, direct })
    }

    /// All differences of the page.
    pub(super) fn together(all: &[Self]) -> Together {
        let rows = all.iter().flat_map(|set| &set.rows).filter(|row| !row.is_baseline());
        let to_bare = rows.flat_map(|row| row.groups.iter().chain([&row.on_top]));
        let direct = all.iter().flat_map(|set| &set.direct).flat_map(|pair| &pair.groups);
        Together::new(to_bare.chain(direct).flatten().map(|compared| Some(compared.p)))
    }
}

impl<'a> Row<'a> {
    fn bare(encoder: &'a Bare, frozen: &Bare) -> Result<Self> {
        Ok(Self {
            encoder: &encoder.encoder,
            module: None,
            groups: compared(&frozen.seen, &frozen.ndcg, &encoder.ndcg)?,
            on_top: None,
            spread: None,
            returned: None,
            cpu_seconds: encoder.cpu_seconds,
        })
    }

    fn trained(results: &Results, encoder: &'a Kept<Bare>, module: &'a str, frozen: &Bare) -> Result<Self> {
        let (runs, all) = (results.runs(encoder, module), results.by_query(encoder, module));
        let of_modules = mean(&runs.iter().map(|run| run.cpu_seconds).collect::<Vec<_>>());
        let encoder = &encoder.found;
        let is_frozen = encoder.encoder == frozen.encoder;
        let on_top = Compared::of(&encoder.ndcg, &all.per_query)?.context("no test query")?;
        let returned = runs.iter().filter(|run| run.returned).count();
        Ok(Self {
            encoder: &encoder.encoder,
            module: Some(module),
            groups: compared(&frozen.seen, &frozen.ndcg, &all.per_query)?,
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
