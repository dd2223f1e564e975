//! `ess encode --sparse`: texts as weights of terms.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use ess_core::QueryEncoder;
use ess_data::{Item, Query, Record};
use ess_encoders::SparseEncoder;
use ess_lexical::{SparseVectors, SparseVectorsFile};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    arguments::Arguments,
    provenance::named,
    published::{self, Published},
};
use crate::{
    data::{beir_input::BeirInput, model_folder::model_folder},
    output::options::Output,
};

#[derive(Serialize)]
struct Report {
    /// None where queries alone were encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<usize>,
    queries: usize,
    dim: usize,
    /// Components of an item that are not 0, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    item_terms: Option<f64>,
    query_terms: f64,
    made_by: String,
    /// None where they went to no object store.
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Published>,
    seconds: f64,
}

/// Encodes items and queries, or the queries alone.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    ensure!(arguments.shard.is_all(), "--shard: expected 1/1 with --sparse, found a share");
    ensure!(arguments.device.is_cpu(), "--device: expected the CPU, on which sparse encoders run");
    let started = Instant::now();
    let [items, queries] =
        ["corpus", "queries"].map(|name| arguments.folder().join(format!("{name}.sparse")));
    let written: Vec<PathBuf> = match arguments.queries_only {
        true => vec![queries.clone()],
        false => vec![items.clone(), queries.clone()],
    };
    let _locks = output.lock_files(&written.iter().map(|path| ("--out", &**path)).collect::<Vec<_>>())?;
    let name = arguments.model.as_deref().context("--model: expected a folder or a name, found none")?;
    let folder = model_folder(name, output.quiet)?;
    let mut encoder = SparseEncoder::load_at(&folder, arguments.precision)?;
    if let Some(tokens) = arguments.max_tokens {
        encoder = encoder.with_max_tokens(tokens).context("--max-tokens")?;
    }
    let made_by = named(name, &folder)?.encoder.unwrap_or_default();
    let job = Job { arguments, output, made_by: &made_by };
    let done = (!arguments.queries_only)
        .then(|| {
            let text = |item: Item| (item.title_and_text(), item.id);
            job.encode("corpus", &items, text, |texts| Ok(encoder.encode_items(texts)?))
        })
        .transpose()?;
    let text = |query: Query| (query.text, query.id);
    let asked = job.encode("queries", &queries, text, |texts| Ok(encoder.encode_queries(texts)?))?;
    let mean = |(rows, terms): (usize, usize)| terms as f64 / rows as f64;
    output.write(&Report {
        items: done.map(|(rows, _)| rows),
        queries: asked.0,
        dim: encoder.dim(),
        item_terms: done.map(mean),
        query_terms: mean(asked),
        made_by: made_by.clone(),
        published: published::publish(arguments, &written)?,
        seconds: started.elapsed().as_secs_f64(),
    })
}

struct Job<'a> {
    arguments: &'a Arguments,
    output: &'a Output,
    made_by: &'a str,
}

impl Job<'_> {
    /// Encodes a file's records part by part; how many they are, and how many components of theirs are not 0.
    fn encode<R: Record + DeserializeOwned>(
        &self,
        name: &'static str,
        out: &Path,
        text: impl Fn(R) -> (String, String),
        encode: impl Fn(&[&str]) -> Result<SparseVectors>,
    ) -> Result<(usize, usize)> {
        let input = BeirInput::find(self.arguments.beir()?, &format!("{name}.jsonl"))?;
        let records = input.records::<R>()?.map(|record| record.map(&text));
        let (texts, ids): (Vec<_>, Vec<_>) = records.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let bar = self.output.bar(texts.len()).with_message(name);
        let (mut rows, mut dim) = (Vec::with_capacity(texts.len()), 0);
        for part in texts.chunks(self.arguments.part) {
            let vectors = encode(&part.iter().map(String::as_str).collect::<Vec<_>>())?;
            dim = vectors.dim();
            rows.extend((0..part.len()).map(|row| vectors.row(row).collect::<Vec<_>>()));
            bar.inc(part.len() as u64);
        }
        bar.finish();
        let terms = rows.iter().map(Vec::len).sum();
        let vectors = SparseVectors::new(dim.max(1), &rows).with_context(|| input.to_string())?;
        let made_by = Some(self.made_by.to_owned());
        SparseVectorsFile { vectors, ids, made_by }.save(out)?;
        Ok((rows.len(), terms))
    }
}
