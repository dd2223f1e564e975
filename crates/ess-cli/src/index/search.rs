//! `ess index search`

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_core::{Effort, Index, QueryEncoder, SearchParams, Searcher};
use ess_index::TokenSearch;
use ess_lexical::{SparseIndex, SparseIndexFile};

use crate::{arguments::paths, data::dataset::open_searchable, output::options::Output};

use super::{
    answers::Answers,
    file::{IndexArguments, TOKENS},
    queries::QueryArguments,
    texts::TextArguments,
    tokens,
};

const EXAMPLES: &str = "\
Examples:
  ess index search --index target/scifact.index --queries data/scifact/minilm/queries.safetensors -k 5
  ess index search --index target/bm25.index --text 'statins lower cholesterol'
  ess index search --index target/scifact.index --queries data/scifact/minilm/queries.safetensors \\
      --module target/linear --ef-search 64 --write-run linear.run
  ess index search --index target/tokens.index --queries tokens/queries.safetensors --nprobe 8 --rescore 512";

/// Search an index, with or without a searching module.
///
/// A BM25 index is asked by texts (--beir or --text), others by encoded queries (--queries), an index of sparse vectors by sparse
/// ones.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("queries", |queries| queries.required(false).required_unless_present_any(["beir", "text"])))]
pub(crate) struct Search {
    #[command(flatten)]
    index: IndexArguments,
    #[command(flatten)]
    queries: QueryArguments,
    #[command(flatten)]
    texts: TextArguments,
    /// The items that it was built from, for a module that reads what a first pass finds.
    #[arg(long, value_name = "STORE", requires = "module", value_parser = paths::STORE.read())]
    items: Option<PathBuf>,
    /// The number of hits for each query.
    #[arg(short, long, default_value_t = 10)]
    k: usize,
    /// The candidates that a graph search keeps; the index's default if not given.
    #[arg(long, alias = "candidates")]
    ef_search: Option<usize>,
    /// The lists of an IVF-PQ index that are looked into, of an index of tokens for each token; the index's default if not given.
    #[arg(long, alias = "probes")]
    nprobe: Option<usize>,
    /// The candidates that are compared exactly; the index's default if not given.
    #[arg(long, alias = "refine")]
    rescore: Option<usize>,
    /// The cosine with a query's token from which on a centroid of an index of tokens counts, where more items are found than
    /// compared; -1 counts all; the index's default if not given.
    #[arg(long, value_name = "COSINE", allow_negative_numbers = true)]
    centroid_threshold: Option<f32>,
    /// Print the hits of at most so many queries; --json has them too.
    #[arg(long, default_value_t = 3)]
    show: usize,
    /// Write all hits as a TREC run file.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    write_run: Option<PathBuf>,
}

impl Search {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let run = self.write_run.as_deref().map(|path| ("--write-run", path));
        let _locks = output.lock_files(run.as_slice())?;
        let answers = match self.index.is_sparse()? {
            true => self.answer_texts()?,
            false => self.answer_embeddings()?,
        };
        answers.write("index", self.k, self.show, self.write_run.as_deref(), output)
    }

    fn answer_embeddings(&self) -> Result<Answers> {
        self.texts.refuse("encoded queries by --queries, for this index is of embeddings")?;
        let file = self.index.open()?;
        let ids = file.ids::<String>()?;
        if file.kind() == TOKENS {
            let index = file.token_index()?;
            let settings = self.token_settings(index.settings())?;
            let start = Instant::now();
            let (queries, hits) = tokens::search(&index, self.queries.path()?, self.k, &settings)?;
            return Ok(Answers { queries, hits, ids, seconds: start.elapsed().as_secs_f64() });
        }
        self.refuse_threshold()?;
        let index = file.index()?;
        let items = self.items.as_deref().map(open_searchable).transpose()?;
        let queries = self.queries.read(self.queries.module(&file)?.as_ref(), &*index, items.as_ref())?;
        let effort = Effort { ef_search: self.ef_search, nprobe: self.nprobe, rescore: self.rescore };
        self.check_effort(&*index)?;
        let start = Instant::now();
        let asked = queries.mapped.as_ref().unwrap_or(&queries.encoded);
        let hits = index.search_with(asked, self.k, &SearchParams::from(effort))?;
        Ok(Answers { queries: queries.ids, hits, ids, seconds: start.elapsed().as_secs_f64() })
    }

    fn answer_texts(&self) -> Result<Answers> {
        self.refuse_threshold()?;
        for (flag, given) in
            [("--ef-search", self.ef_search), ("--nprobe", self.nprobe), ("--rescore", self.rescore)]
        {
            ensure!(
                given.is_none(),
                "{flag}: expected no such setting for an exact lexical index; leave the flag out"
            );
        }
        let file = self.index.open_sparse()?;
        let (index, ids) = (file.index()?, file.ids()?);
        let Some(bm25) = file.bm25()? else {
            self.texts.refuse(
                "sparse vectors by --queries, for this index was saved without an encoder of texts",
            )?;
            return self.answer_sparse(&file, &index, ids);
        };
        self.queries.refuse("texts by --beir or --text, for this index is lexical")?;
        let (queries, texts) = self.texts.read()?;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let start = Instant::now();
        let mut hits = index.search(&bm25.encode_queries(&texts)?, self.k)?;
        let seconds = start.elapsed().as_secs_f64();
        // Items without a term of the query are no answers.
        hits.iter_mut().for_each(|hits| hits.retain(|hit| hit.similarity > 0.0));
        Ok(Answers { queries, hits, ids, seconds })
    }

    fn answer_sparse(
        &self,
        file: &SparseIndexFile,
        index: &SparseIndex,
        ids: Option<Vec<String>>,
    ) -> Result<Answers> {
        let asked = self.queries.sparse()?.context("expected sparse vectors by --queries, found none")?;
        if asked.made_by.as_deref() != file.made_by() {
            let [queries, items] =
                [asked.made_by.as_deref(), file.made_by()].map(|by| by.unwrap_or("nobody knows what"));
            note!("queries were encoded by {queries}, and items by {items}");
        }
        let start = Instant::now();
        let hits = index.search(&asked.vectors, self.k)?;
        Ok(Answers { queries: asked.ids, hits, ids, seconds: start.elapsed().as_secs_f64() })
    }

    fn refuse_threshold(&self) -> Result<()> {
        ensure!(
            self.centroid_threshold.is_none(),
            "--centroid-threshold: expected an index of the kind tokens, found one without this setting; leave the flag out"
        );
        Ok(())
    }

    /// How an index of tokens is searched: as it says itself, but for what the flags say.
    fn token_settings(&self, own: TokenSearch) -> Result<TokenSearch> {
        for (flag, given) in
            [("--ef-search", self.ef_search.is_some()), ("--module", self.queries.names_module())]
        {
            ensure!(
                !given,
                "{flag}: expected an index of embeddings, found one of token vectors; leave the flag out"
            );
        }
        Ok(TokenSearch {
            nprobe: self.nprobe.unwrap_or(own.nprobe),
            candidates: self.rescore.unwrap_or(own.candidates),
            centroid_score_threshold: self.centroid_threshold.or(own.centroid_score_threshold),
        })
    }

    /// Refuses a setting that this kind of index does not have, since it would change nothing.
    fn check_effort(&self, index: &dyn Index) -> Result<()> {
        let known = index.efforts(self.k.max(1));
        let has =
            |setting: fn(&Effort) -> Option<usize>| known.iter().any(|effort| setting(effort).is_some());
        for (flag, given, has, kind) in [
            ("--ef-search", self.ef_search, has(|effort| effort.ef_search), "graph"),
            ("--nprobe", self.nprobe, has(|effort| effort.nprobe), "ivf-pq"),
            ("--rescore", self.rescore, has(|effort| effort.rescore), "ivf-pq"),
        ] {
            ensure!(
                has || given.is_none(),
                "{flag}: expected an index of the kind {kind}, found one without this setting; leave the flag out"
            );
        }
        Ok(())
    }
}
