//! From what is to be encoded to a store file, part by part.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use ess_core::{Error, Ids, TokenStates};
use ess_data::{
    EmbeddingStore, MappedStore, Provenance, TokenStoreShape, write_store, write_store_in_batches,
    write_token_store, write_token_store_in_batches,
};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::{
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
};

/// What became of one file.
pub(super) struct Done {
    pub(super) rows: usize,
    pub(super) uploaded: Option<Uploaded>,
}

/// One file's share.
pub(super) struct Job<'a> {
    arguments: &'a Arguments,
    model: &'a Model,
    output: &'a Output,
    /// `corpus`, `passages` or `queries`.
    name: &'static str,
    /// The file to write.
    pub(super) out: PathBuf,
    pub(super) provenance: Provenance,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        arguments: &'a Arguments,
        model: &'a Model,
        output: &'a Output,
        name: &'static str,
        provenance: Provenance,
    ) -> Self {
        Self { arguments, model, output, name, out: arguments.file(name), provenance }
    }

    /// Encodes part by part what is not there yet, and puts the parts together; each part also goes to the `destination`. `read`
    /// gives all that is to be encoded, from its start each time, and `place` is where it comes from. What is there counts where
    /// it is of the same ids and inputs, by their checksums, the same model and the same settings.
    pub(super) fn encode<P: Iterator<Item = Result<Piece>>>(
        &self,
        place: &str,
        read: impl Fn() -> Result<P>,
        encode: impl Fn(&[Piece]) -> Result<Encoded, Error>,
        destination: Option<Destination>,
    ) -> Result<Done> {
        let of_piece = |piece: Piece| (piece.id, piece.checksum);
        let all = read()?.map(|piece| piece.map(of_piece)).collect::<Result<Vec<_>>>()?;
        let rows = self.arguments.shard.rows(all.len());
        let inputs = Inputs::new(all, rows.clone()).with_context(|| place.to_owned())?;
        let ids = &inputs.ids;
        let provenance = self.provenance_of(&inputs, 0..inputs.len());
        self.remove_partials()?;
        let mut upload = destination.map(|destination| destination.begin(ids.len())).transpose()?;
        if !self.is_whole(&self.out, ids.as_slice(), &provenance) {
            let pieces = read()?.skip(rows.start);
            let parts = self.parts(&inputs, pieces, encode, upload.as_mut())?;
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
        mut pieces: impl Iterator<Item = Result<Piece>>,
        encode: impl Fn(&[Piece]) -> Result<Encoded, Error>,
        mut upload: Option<&mut ItemUpload>,
    ) -> Result<Vec<PathBuf>> {
        let ids = &inputs.ids;
        let bar = self.progress_bar(ids.len());
        let mut parts = Vec::new();
        for first in (0..ids.len()).step_by(self.arguments.part) {
            let rows = first..ids.len().min(first + self.arguments.part);
            let wanted = &ids.as_slice()[rows.clone()];
            let pieces = pieces.by_ref().take(wanted.len()).collect::<Result<Vec<_>>>()?;
            let part = self.part(parts.len());
            let of_part = self.provenance_of(inputs, rows);
            if !self.is_whole(&part, wanted, &of_part) {
                let started = Instant::now();
                self.write(&part, &Ids::new(wanted.to_vec())?, &encode(&pieces)?, &of_part)?;
                self.say_rate(&bar, &Piece::texts(&pieces).0, started.elapsed());
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
