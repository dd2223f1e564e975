//! From records to store files, part by part.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use ess_core::{Error, Ids, TokenStates};
use ess_data::{
    EmbeddingStore, Item, MappedStore, Provenance, Query, Record, StoredRepresentation, TokenStoreShape,
    write_store, write_store_in_batches, write_token_store, write_token_store_in_batches,
};
use ess_encoders::PassageSplitter;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    data::beir_input::BeirInput,
    engine::{
        destination::Destination,
        item_upload::{ItemUpload, Uploaded},
    },
    output::options::Output,
};

use super::{
    arguments::Arguments,
    inputs::Inputs,
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

/// What became of one file.
struct Done {
    rows: usize,
    uploaded: Option<Uploaded>,
}

/// Encodes both files of the folder, or the queries alone. Items also go to the `destination`.
pub(crate) fn run(
    arguments: &Arguments,
    model: &Model,
    destination: Option<Destination>,
    output: &Output,
) -> Result<()> {
    let started = Instant::now();
    let items = match arguments.queries_only {
        true => None,
        false => Some(Job::new(arguments, model, output, "corpus", model.provenance(true))?),
    };
    let whole = |item: Item| vec![Piece::whole(item.id.clone(), &item.title_and_text())];
    let encode_items =
        |job: &Job<'_>| job.encode(whole, |pieces| model.encode_items(&Piece::texts(pieces).0), destination);
    let items_done = items.as_ref().map(encode_items).transpose()?;
    let (items_done, uploaded) = items_done.map_or((None, None), |done| (Some(done.rows), done.uploaded));
    let passages_done = arguments.passages.then(|| passages(arguments, model, output)).transpose()?;
    let queries = Job::new(arguments, model, output, "queries", model.provenance(false))?;
    let text = |query: Query| vec![Piece::whole(query.id, &query.text)];
    let queries_done =
        queries.encode(text, |pieces| model.encode_queries(&Piece::texts(pieces).0), None)?.rows;
    output.write(&Report {
        items: items_done,
        uploaded,
        passages: passages_done,
        queries: queries_done,
        dim: MappedStore::open(&queries.out)?.dim(),
        item_provenance: items.map(|items| items.provenance),
        query_provenance: queries.provenance,
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
    let job = Job {
        name: "passages",
        out: arguments.file("passages"),
        ..Job::new(arguments, model, output, "corpus", provenance)?
    };
    let done = match model.chunker() {
        None => {
            let encode = |pieces: &[Piece]| model.encode_passages(&Piece::texts(pieces).0);
            job.encode(|item: Item| Piece::passages(&splitter, &item), encode, None)?
        }
        Some(chunker) => {
            let late = |pieces: &[Piece]| Piece::encode_late(chunker, &splitter, pieces);
            job.encode(|item: Item| Piece::late(&splitter, &item), late, None)?
        }
    };
    Ok(done.rows)
}

/// One file's share.
struct Job<'a> {
    arguments: &'a Arguments,
    model: &'a Model,
    output: &'a Output,
    /// `corpus`, `passages` or `queries`.
    name: &'static str,
    input: BeirInput,
    /// The file to write.
    out: PathBuf,
    provenance: Provenance,
}

impl<'a> Job<'a> {
    fn new(
        arguments: &'a Arguments,
        model: &'a Model,
        output: &'a Output,
        name: &'static str,
        provenance: Provenance,
    ) -> Result<Self> {
        let input = BeirInput::find(&arguments.beir, &format!("{name}.jsonl"))?;
        let out = arguments.file(name);
        Ok(Self { arguments, model, output, name, input, out, provenance })
    }

    /// Encodes part by part what is not there yet, and puts the parts together; each part also goes to the `destination`. `pieces`
    /// gives those of a record. What is there counts where it is of the same ids and texts, by their checksums, the
    /// same model and the same settings.
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
                Err(error) => vec![Err(error)],
            }))
        };
        let of_piece = |piece: Piece| (piece.id, piece.checksum);
        let all = read()?.map(|piece| piece.map(of_piece)).collect::<Result<Vec<_>, _>>()?;
        let rows = self.arguments.shard.rows(all.len());
        let inputs = Inputs::new(all, rows.clone()).with_context(|| self.input.to_string())?;
        let ids = &inputs.ids;
        let provenance = self.provenance_of(&inputs, 0..inputs.len());
        self.remove_partials()?;
        let mut upload = destination.map(|destination| destination.begin(ids.len())).transpose()?;
        if !self.is_whole(&self.out, ids.as_slice(), &provenance) {
            let records = read()?.skip(rows.start);
            let parts = self.parts(&inputs, records, encode, upload.as_mut())?;
            self.join(ids, &parts, &provenance)?;
        }
        self.remove_parts()?;
        let uploaded = upload.map(|upload| {
            let bar = self.output.bar(ids.len()).with_message("uploaded");
            upload.finish(&self.out, self.arguments.part, &bar)
        });
        Ok(Done { rows: ids.len(), uploaded: uploaded.transpose()? })
    }

    /// Encodes the parts that are not there yet, and uploads each as soon as it is on the disk; the files of all.
    fn parts(
        &self,
        inputs: &Inputs,
        mut records: impl Iterator<Item = Result<Piece, ess_data::Error>>,
        encode: impl Fn(&[Piece]) -> Result<Encoded, Error>,
        mut upload: Option<&mut ItemUpload>,
    ) -> Result<Vec<PathBuf>> {
        let ids = &inputs.ids;
        let bar = self.progress_bar(ids.len());
        let mut parts = Vec::new();
        for first in (0..ids.len()).step_by(self.arguments.part) {
            let rows = first..ids.len().min(first + self.arguments.part);
            let wanted = &ids.as_slice()[rows.clone()];
            let records = records.by_ref().take(wanted.len()).collect::<Result<Vec<_>, _>>()?;
            let part = self.part(parts.len());
            let of_part = self.provenance_of(inputs, rows);
            if !self.is_whole(&part, wanted, &of_part) {
                let started = Instant::now();
                self.write(&part, &Ids::new(wanted.to_vec())?, &encode(&records)?, &of_part)?;
                self.say_rate(&bar, &Piece::texts(&records).0, started.elapsed());
            }
            if let Some(upload) = upload.as_deref_mut() {
                upload.send(first, &MappedStore::open(&part)?, 0..wanted.len())?;
            }
            bar.inc(wanted.len() as u64);
            parts.push(part);
        }
        bar.finish();
        Ok(parts)
    }

    /// Tokens per second, beside the bar.
    fn say_rate(&self, bar: &ProgressBar, texts: &[&str], time: Duration) {
        if let Some(tokens) = self.model.count_tokens(texts) {
            let rate = tokens as f64 / time.as_secs_f64().max(1e-9);
            bar.set_message(format!("{} {} tokens/s", self.name, HumanCount(rate as u64)));
        }
    }

    fn provenance_of(&self, inputs: &Inputs, rows: Range<usize>) -> Provenance {
        Provenance { inputs: Some(inputs.checksum(rows)), ..self.provenance.clone() }
    }

    fn parts_folder(&self) -> PathBuf {
        self.arguments.folder().join("parts")
    }

    fn part(&self, number: usize) -> PathBuf {
        let file = self.arguments.shard.file(self.name);
        self.parts_folder().join(format!("{number}-by-{}.{file}", self.arguments.part))
    }

    /// Whether a name is that of a part of this file, of whatever size.
    fn is_part(&self, name: &str) -> bool {
        let file = self.arguments.shard.file(self.name);
        name.strip_suffix(&format!(".{file}")).is_some_and(|part| part.contains("-by-"))
    }

    /// Removes what a run that was killed left half written; other shards may be at work beside this one.
    fn remove_partials(&self) -> Result<()> {
        let file = self.arguments.shard.file(self.name);
        ess_files::remove_partials(&self.arguments.folder(), |name| name == file)?;
        ess_files::remove_partials(&self.parts_folder(), |name| self.is_part(name))?;
        Ok(())
    }

    /// Removes the parts, those of runs with another size of part too.
    fn remove_parts(&self) -> Result<()> {
        let folder = self.parts_folder();
        let Ok(entries) = std::fs::read_dir(&folder) else {
            return Ok(());
        };
        for entry in entries {
            let path = entry?.path();
            if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| self.is_part(name)) {
                std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
            }
        }
        // Parts of other shards may still be there.
        let _ = std::fs::remove_dir(&folder);
        Ok(())
    }

    /// Whether a file is there, undamaged, and what this run would write.
    fn is_whole(&self, path: &Path, ids: &[String], provenance: &Provenance) -> bool {
        EmbeddingStore::open(path).is_ok_and(|store| {
            let same_kind = store.dtype() == self.arguments.stored.dtype && store.provenance() == provenance;
            same_kind && store.ids().as_slice() == ids
        })
    }

    fn write(&self, path: &Path, ids: &Ids, encoded: &Encoded, provenance: &Provenance) -> Result<()> {
        let dtype = self.arguments.stored.dtype;
        match encoded {
            Encoded::Vectors(vectors) => write_store(path, ids, vectors, dtype, provenance)?,
            Encoded::States(states) => write_token_store(path, ids, states, dtype, provenance)?,
        }
        Ok(())
    }

    fn join(&self, ids: &Ids, parts: &[PathBuf], provenance: &Provenance) -> Result<()> {
        let dtype = self.arguments.stored.dtype;
        let stores = parts.iter().map(MappedStore::open).collect::<Result<Vec<_>, _>>()?;
        let first = stores.first().context("a shard without records")?;
        let dim = first.dim();
        let Some(token_dim) = first.token_dim() else {
            let batches = stores.iter().map(MappedStore::to_embeddings);
            return Ok(write_store_in_batches(&self.out, ids, dim, dtype, provenance, batches)?);
        };
        let tokens = stores.iter().filter_map(MappedStore::token_count).sum();
        let prompt_tokens = first.token_states(0..1).map(|states| TokenStates::prompt_tokens(&states))?;
        let shape = TokenStoreShape { dim, token_dim, tokens, prompt_tokens };
        let batches = || stores.iter().map(MappedStore::to_token_states);
        Ok(write_token_store_in_batches(&self.out, ids, shape, dtype, provenance, batches)?)
    }

    fn progress_bar(&self, records: usize) -> ProgressBar {
        let template = "{msg} {wide_bar} {human_pos}/{human_len}, {per_sec}, {eta} left";
        let style = ProgressStyle::with_template(template).expect("a valid template");
        self.output.bar(records).with_style(style).with_message(self.name)
    }
}
