//! The flags of `ess encode`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use ess_encoders::{PassageSplitter, Precision, Representation};
use ess_files::Checksum;

use crate::{
    arguments::{device::DeviceArguments, paths, stored_as::StoredAs, url::is_url},
    engine::argument::EngineArgument,
};

use super::{hosted::HostedArguments, shard::Shard};

const EXAMPLES: &str = "\
Examples:
  ess encode --model path/to/all-MiniLM-L6-v2 --beir my-beir --out my
  ess encode --model sentence-transformers/all-MiniLM-L6-v2 --beir my-beir --out my      # built with the feature hub
  ess encode --model path/to/model --beir my-beir --out small --precision int8
  ess encode --model path/to/model --beir my-beir --out states --queries-only --states 5
  ess encode --model path/to/model --beir my-beir --out rich --representation pooled --representation layer=at:4,pooling:max
  ess encode --model path/to/model --beir my-beir --out my --upload pgvector=papers.json
  ess encode --model path/to/model --beir s3://bucket/corpus --out s3://bucket/my      # built with the feature object-store
  ess encode --model path/to/colbertv2.0 --beir my-beir --out tokens --dtype f16
  ess encode --model path/to/clip-vit-base-patch32 --images photos --out my      # built with the feature images
  ess encode --http https://api.openai.com/v1 --http-model text-embedding-3-small --http-key-env OPENAI_API_KEY \\
             --beir my-beir --out my      # built with the feature http";

/// Where files are made that go elsewhere, unless a flag says it.
const WORK: &str = "ess-work";

/// Encode the items and queries of a BEIR folder with a sentence-transformers or a ColBERT model, or images with CLIP.
///
/// Writes corpus.safetensors and queries.safetensors, for the programs that take `--embeddings DIR`; of a shard
/// corpus.2-of-4.safetensors and so on. Runs on all cores (RAYON_NUM_THREADS sets how many) and resumes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The model: a sentence-transformers folder, one of ColBERT or PyLate, which gives queries and items a vector for each token, or the name of one on the Hugging Face hub (build with --features hub),
    /// such as sentence-transformers/all-MiniLM-L6-v2, perhaps with @REVISION.
    #[arg(
        long,
        value_name = "DIR|NAME",
        required_unless_present_any = ["http", "http_settings"],
        conflicts_with_all = ["http", "http_settings"]
    )]
    pub(super) model: Option<String>,
    /// A folder with corpus.jsonl and queries.jsonl, plain, as .gz or as .zst; or as Parquet (build with --features parquet): corpus.parquet, or a folder corpus
    /// with .parquet files, and the same for queries. Or the URL of one on an object store, such as s3://bucket/folder
    /// (build with --features object-store).
    #[arg(long, value_name = "DIR", value_parser = paths::BEIR.read_or_url(), required_unless_present = "images")]
    pub(super) beir: Option<PathBuf>,
    /// Encode images instead of texts, into corpus.safetensors (build with --features images; --model is a folder of CLIP). Of a
    /// folder and those below it the files that end in .jpg, .jpeg, .png and .webp are read. A text file has a path on each line,
    /// from its own folder on. An image's id is its path from there. Queries are texts, by the same model: --beir DIR
    /// --queries-only. An image that was taken on its side, as EXIF notes it, is encoded upright.
    #[arg(
        long,
        value_name = "DIR|LIST",
        value_parser = paths::IMAGES.read(),
        conflicts_with_all = [
            "beir", "http", "http_settings", "layers", "max_tokens", "passages", "queries_only", "representations", "sparse", "states",
        ]
    )]
    pub(super) images: Option<PathBuf>,
    /// Encode the queries alone, where items are encoded already: rich encodings of queries search the items' plain vectors.
    #[arg(long, conflicts_with = "item_states")]
    pub(super) queries_only: bool,
    /// The folder to write to; or the URL of one on an object store, to which the files go once they are whole, and from which
    /// `ess fetch` takes them (build with --features object-store). Keys are those of the environment (AWS_ACCESS_KEY_ID, …).
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written_or_url())]
    pub(super) out: PathBuf,
    /// Also upload items to an engine as they are encoded, each in the row that it has in corpus.safetensors, so that `ess engine
    /// search` finds it. ENGINE is the name of one (build with --features pgvector, milvus or qdrant), and FILE has its settings
    /// as JSON, as for `ess engine upload`. A run that was stopped goes on where it was.
    #[arg(long, value_name = "ENGINE=FILE", conflicts_with_all = ["queries_only", "sparse"])]
    pub(super) upload: Option<EngineArgument>,
    /// Where files are made before they go to the URL of --out, and where a run that was stopped goes on. They stay there. Default: a
    /// folder of ess-work here, one for each URL.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    pub(super) work: Option<PathBuf>,
    /// Encode one share of several, so that several machines can do the work.
    #[arg(long, default_value = "1/1", value_name = "NUMBER/OF")]
    pub(super) shard: Shard,
    /// Layers whose poolings follow the sentence embedding, such as 3,5.
    #[arg(long, value_delimiter = ',', value_name = "LAYERS")]
    pub(super) layers: Vec<usize>,
    /// What of a text becomes its vector, in the place of the model's own; several are concatenated, and what they read in common
    /// is computed once. NAME or NAME=SETTING:VALUE,SETTING:VALUE. pooled is the model's own. layer pools the token states of a
    /// layer: at:LAYER, pooling:mean, cls, max, last_token or another. sentences is the mean of the embeddings of a text's
    /// sentences, of max_words:WORDS at most. late_chunks is the mean of passages that are pooled from the states of the whole
    /// text: max_words:WORDS, overlap:TOKENS of windows. All have prompt:NAME (of the model), prompt_text:"TEXT" and prefix:DIM
    /// (the first components alone).
    #[arg(long = "representation", value_name = "NAME[=SETTINGS]", conflicts_with_all = ["layers", "states"])]
    pub(super) representations: Vec<Representation>,
    /// Keep with each query the states of its tokens at this layer, for modules that read them; items stay one vector.
    #[arg(long, value_name = "LAYER", conflicts_with = "layers")]
    pub(super) states: Option<usize>,
    /// Keep the states of items' tokens too, which `train --module auto` compares with those of queries. They are large: an item of 200 tokens takes 200 times the room of its vector, and
    /// so does a part in memory; a smaller --part needs less.
    #[arg(long, requires = "states")]
    pub(super) item_states: bool,
    /// Also encode each item's title and the passages of its text by themselves, into passages.safetensors, which `train
    /// --module auto` searches beside the items.
    #[arg(long, conflicts_with_all = ["layers", "queries_only", "representations"])]
    pub(super) passages: bool,
    /// Pool passages from the token states of the whole item (late chunking), instead of encoding each by itself.
    #[arg(long, requires = "passages")]
    pub(super) late_chunks: bool,
    /// Words of a passage at most.
    #[arg(long, default_value_t = PassageSplitter::default().max_words, value_name = "WORDS")]
    pub(super) passage_words: usize,
    /// Encode with a learned sparse encoder (SPLADE, or sentence-transformers' SparseEncoder) into corpus.sparse and
    /// queries.sparse, for `index build` and `index search`. It does not resume.
    #[arg(
        long,
        conflicts_with_all = ["http", "http_settings", "layers", "representations", "states", "passages"]
    )]
    pub(super) sparse: bool,
    /// Cut texts to so many tokens, special ones counted. Default: what the model says.
    #[arg(long, value_name = "TOKENS")]
    pub(super) max_tokens: Option<usize>,
    #[command(flatten)]
    pub(super) hosted: HostedArguments,
    #[command(flatten)]
    pub(super) device: DeviceArguments,
    /// How finely the weights of a transformer's layers are kept: f32, bf16 (half the memory) or int8 (a quarter of it, and
    /// faster); on the CPU.
    #[arg(long, default_value_t, value_name = "PRECISION")]
    pub(super) precision: Precision,
    #[command(flatten)]
    pub(super) stored: StoredAs,
    /// Records in a part: the work that is lost at most when the program is stopped.
    #[arg(long, default_value_t = 2048, value_name = "RECORDS")]
    pub(super) part: usize,
}

impl Arguments {
    /// The file of this share of `corpus`, `passages` or `queries`.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(self.shard.file(name))
    }

    /// Where texts are.
    pub(super) fn beir(&self) -> Result<&Path> {
        self.beir.as_deref().context("--beir: expected a folder or a URL, found none")
    }

    /// The folder in which files are made: that of `--out`, or `--work` where that is a URL.
    pub(super) fn folder(&self) -> PathBuf {
        if !is_url(&self.out) {
            return self.out.clone();
        }
        let of_url = || {
            let url = self.out.to_string_lossy();
            let name = Checksum::of(url.trim_end_matches('/').as_bytes()).to_string();
            Path::new(WORK).join(name.rsplit(':').next().unwrap_or_default())
        };
        self.work.clone().unwrap_or_else(of_url)
    }
}
