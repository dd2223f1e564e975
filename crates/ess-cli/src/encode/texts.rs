//! The items and queries of a BEIR folder.

use std::time::Instant;

use anyhow::{Context, Result};
use ess_core::Error;
use ess_data::{Item, MappedStore, Provenance, Query, Record, StoredRepresentation};
use ess_encoders::PassageSplitter;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    data::beir_input::BeirInput,
    engine::{destination::Destination, item_upload::Uploaded},
    output::options::Output,
};

use super::{
    arguments::Arguments,
    job::{Done, Job},
    model::{Encoded, Model},
    piece::Piece,
    published::{self, Published},
    written::written_files,
};

#[derive(Serialize)]
struct Report {
    /// None where queries alone were encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<usize>,
    /// None where they went to no engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    uploaded: Option<Uploaded>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passages: Option<usize>,
    queries: usize,
    dim: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_provenance: Option<Provenance>,
    query_provenance: Provenance,
    /// None where they went to no object store.
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Published>,
    seconds: f64,
}

/// Encodes both files of the folder, or the queries alone. Items also go to the `destination`.
pub(super) fn run(
    arguments: &Arguments,
    model: &Model,
    destination: Option<Destination>,
    output: &Output,
) -> Result<()> {
    let started = Instant::now();
    let items = match arguments.queries_only {
        true => None,
        false => Some(Texts::new(arguments, model, output, "corpus", model.provenance(true))?),
    };
    let whole = |item: Item| vec![Piece::whole(item.id.clone(), &item.title_and_text())];
    let encode_items = |items: &Texts<'_>| {
        items.encode(whole, |pieces| model.encode_items(&Piece::texts(pieces).0), destination)
    };
    let items_done = items.as_ref().map(encode_items).transpose()?;
    let (items_done, uploaded) = items_done.map_or((None, None), |done| (Some(done.rows), done.uploaded));
    let passages_done = arguments.passages.then(|| passages(arguments, model, output)).transpose()?;
    let queries = Texts::new(arguments, model, output, "queries", model.provenance(false))?;
    let text = |query: Query| vec![Piece::whole(query.id, &query.text)];
    let queries_done =
        queries.encode(text, |pieces| model.encode_queries(&Piece::texts(pieces).0), None)?.rows;
    output.write(&Report {
        items: items_done,
        uploaded,
        passages: passages_done,
        queries: queries_done,
        dim: MappedStore::open(&queries.job.out)?.dim(),
        item_provenance: items.map(|items| items.job.provenance),
        query_provenance: queries.job.provenance,
        published: published::publish(arguments, &written_files(arguments))?,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Encodes each item's title and the passages of its text by themselves.
fn passages(arguments: &Arguments, model: &Model, output: &Output) -> Result<usize> {
    let splitter = PassageSplitter { max_words: arguments.passage_words, ..PassageSplitter::default() };
    let splitter = PassageSplitter { min_words: splitter.min_words.min(splitter.max_words), ..splitter };
    splitter.check().context("--passage-words")?;
    let mut provenance = Provenance { layers: None, representations: None, ..model.provenance(true) };
    let limit = provenance.text.map_or_else(String::new, |limit| format!("; {limit}"));
    let passages = format!("passages of at most {} words", splitter.max_words);
    provenance.text = Some(format!("title, and {passages} of the text{limit}"));
    if let Some(chunker) = model.chunker() {
        let text = format!("{passages} of title + \" \" + text, read as a whole{limit}");
        provenance.text = Some(text);
        provenance.normalized = Some(chunker.has_unit_norm());
        let (name, space, dim) = (chunker.name(), "embedding".to_owned(), chunker.encoder().dim());
        provenance.representations = Some(vec![StoredRepresentation { name, space, dim }]);
    }
    let texts = Texts {
        job: Job::new(arguments, model, output, "passages", provenance),
        input: input(arguments, "corpus")?,
    };
    let done = match model.chunker() {
        None => {
            let encode = |pieces: &[Piece]| model.encode_passages(&Piece::texts(pieces).0);
            texts.encode(|item: Item| Piece::passages(&splitter, &item), encode, None)?
        }
        Some(chunker) => {
            let late = |pieces: &[Piece]| Piece::encode_late(chunker, &splitter, pieces);
            texts.encode(|item: Item| Piece::late(&splitter, &item), late, None)?
        }
    };
    Ok(done.rows)
}

/// The file of a folder that a job encodes.
struct Texts<'a> {
    job: Job<'a>,
    input: BeirInput,
}

fn input(arguments: &Arguments, name: &str) -> Result<BeirInput> {
    BeirInput::find(arguments.beir()?, &format!("{name}.jsonl"))
}

impl<'a> Texts<'a> {
    fn new(
        arguments: &'a Arguments,
        model: &'a Model,
        output: &'a Output,
        name: &'static str,
        provenance: Provenance,
    ) -> Result<Self> {
        let input = input(arguments, name)?;
        Ok(Self { job: Job::new(arguments, model, output, name, provenance), input })
    }

    /// Encodes the file; `pieces` gives those of a record.
    fn encode<R: Record + DeserializeOwned>(
        &self,
        pieces: impl Fn(R) -> Vec<Piece>,
        encode: impl Fn(&[Piece]) -> Result<Encoded, Error>,
        destination: Option<Destination>,
    ) -> Result<Done> {
        let read = || -> Result<_> {
            let records = self.input.records::<R>()?.map(|record| record.map(&pieces));
            Ok(records.flat_map(|pieces| match pieces {
                Ok(pieces) => pieces.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(anyhow::Error::from(error))],
            }))
        };
        self.job.encode(&self.input.to_string(), read, encode, destination)
    }
}
