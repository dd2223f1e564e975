//! What can go wrong when a model is loaded or a text is encoded.

use std::path::{Path, PathBuf};

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that the operating system did not give.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A JSON file that does not parse.
    #[error("{path}: {cause}", path = path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: serde_json::Error,
    },
    /// A model folder without a file that it needs.
    #[error("{folder}: no {file} in this model folder; {advice}", folder = folder.display())]
    MissingFile {
        /// The model folder.
        folder: PathBuf,
        /// The file that was looked for.
        file: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A value in a model's configuration that this crate does not support or that makes no sense.
    #[error("{path}: {field}: expected {expected}, found {found}", path = path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// What would have been accepted.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A setting that would change vectors and is not heeded here, or is not known at all.
    #[error("{path}: {name}: {reason}", path = path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// The setting.
        name: String,
        /// What is accepted, or what it may have been meant for.
        reason: String,
    },
    /// A cross-encoder or a ColBERT model with an adapter (PEFT), without which the weights are those of another model.
    #[error(
        "{path}: an adapter, which is not applied here; merge it in Python with \
         `model.transformers_model.merge_and_unload()` and save the model",
        path = path.display()
    )]
    Adapter {
        /// The adapter's file.
        path: PathBuf,
    },
    /// A weight file that is torn, or that is neither one of safetensors nor one of `torch.save`.
    #[error("{path}: not a whole file of weights: {reason}", path = path.display())]
    MalformedWeights {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file of `torch.save` whose program asks for something that tensors do not need. Nothing of such a file is run.
    #[error(
        "{path}: it asks for {found}, which tensors do not need; load the model in Python if you trust it, and save it with \
         `model.save_pretrained(folder)`",
        path = path.display()
    )]
    Pickle {
        /// The file.
        path: PathBuf,
        /// The instruction, or the function.
        found: String,
    },
    /// A tensor that the model needs and the weights do not have.
    #[error("{path}: no tensor {name:?}", path = path.display())]
    MissingTensor {
        /// The file, or the folder of a model in several files.
        path: PathBuf,
        /// The tensor's name.
        name: String,
    },
    /// A tensor that the configuration does not ask for, in a part that is all of one layer.
    #[error("{path}: tensor {name:?}: the configuration beside it does not ask for it", path = path.display())]
    UnexpectedTensor {
        /// The folder.
        path: PathBuf,
        /// The tensor's name.
        name: String,
    },
    /// A tensor of another shape than the configuration says.
    #[error("{path}: tensor {name:?}: expected shape {expected:?}, found {found:?}", path = path.display())]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor of another type than f32, f16 or bf16.
    #[error("{path}: tensor {name:?}: expected f32, f16 or bf16, found {found}", path = path.display())]
    TensorType {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
        /// The type in the file.
        found: String,
    },
    /// A weight that is a NaN or an infinity.
    #[error("{path}: tensor {name:?}: entry {at} is {value}, which is not a finite number", path = path.display())]
    NonFiniteWeight {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
        /// The entry, from 0.
        at: usize,
        /// The value.
        value: f32,
    },
    /// A tokenizer file that does not load, or a text that it refuses.
    #[error("{path}: {reason}", path = path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What the tokenizer said.
        reason: String,
    },
    /// A tokenizer that gives ids which the model's table does not have.
    #[error("{path}: the tokenizer's largest token id is {largest}, the model has {vocabulary} tokens", path = path.display())]
    Vocabulary {
        /// The tokenizer file.
        path: PathBuf,
        /// The largest id of the tokenizer.
        largest: usize,
        /// The rows of the model's token table.
        vocabulary: usize,
    },
    /// A file that is no image: torn, of another format, animated, too large, or of colours that are not read.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A model that the hub, or its cache, does not give.
    #[error("model {name:?} from {place}: {reason}")]
    Hub {
        /// The model's name.
        name: String,
        /// The server, or the cache folder.
        place: String,
        /// Why not.
        reason: String,
    },
    /// A file of the hub's cache that is not what the hub has under its name.
    #[error("{path}: damaged: its checksum should be {expected}, it is {found}; remove it to have it fetched again", path = path.display())]
    HubChecksum {
        /// The file.
        path: PathBuf,
        /// The checksum that the hub gave.
        expected: String,
        /// The checksum of the file.
        found: String,
    },
    /// A file of word vectors that is of no known format, torn, or not what its own counts say.
    #[error("{path}: {place}: expected {expected}, found {found}", path = path.display())]
    WordVectors {
        /// The file.
        path: PathBuf,
        /// The line, the word or the part.
        place: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A setting of an encoder over HTTP that makes no sense.
    #[error("{name}: expected {expected}, found {found}")]
    HttpSetting {
        /// The setting.
        name: &'static str,
        /// What would have been accepted.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A variable of the environment that should hold a server's key.
    #[error("the variable {variable}, which should hold the server's key: {reason}")]
    HttpKey {
        /// The variable, where its name is of upper-case letters, digits and `_`: another text may be a key in the wrong place.
        variable: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A text that is not sent to a server.
    #[error("text {at} of the batch, from 0: {reason}")]
    HttpText {
        /// Its position in the batch, from 0.
        at: usize,
        /// Why it is not sent.
        reason: &'static str,
    },
    /// A server that cannot be reached, or whose answer ends in the middle.
    #[error("{server}: no whole answer in {tries} tries: {reason}")]
    HttpTransport {
        /// The address that was asked.
        server: String,
        /// What happened at the last try.
        reason: String,
        /// How often it was asked.
        tries: usize,
    },
    /// A server that takes longer than the time limit.
    #[error("{server}: no answer within the time limit in {tries} tries: {reason}")]
    HttpTimeLimit {
        /// The address that was asked.
        server: String,
        /// Which limit it was.
        reason: String,
        /// How often it was asked.
        tries: usize,
    },
    /// A server that refuses a request.
    #[error("{server}: status {status} after {tries} tries: {reason}")]
    HttpStatus {
        /// The address that was asked.
        server: String,
        /// The status of the last answer.
        status: u16,
        /// What the server said.
        reason: String,
        /// How often it was asked.
        tries: usize,
    },
    /// An answer that is not what was asked for: no JSON, or vectors of another number, order or dimension, or that are not
    /// finite.
    #[error("{server}: {reason}")]
    HttpAnswer {
        /// The address that was asked.
        server: String,
        /// What was expected, and what came.
        reason: String,
    },
    /// A file that is no cache of vectors of this version.
    #[error("{path}: expected a cache of vectors, version {expected}, found {found}", path = path.display())]
    HttpCache {
        /// The file.
        path: PathBuf,
        /// The version that is read.
        expected: u32,
        /// What the file is.
        found: String,
    },
    /// A Burn device that failed.
    #[error("device: {0}")]
    Device(String),
    /// An encoder that cannot be trained on texts.
    #[error("an encoder to be trained must have {expected}, found {found}")]
    NotTrainable {
        /// What can be trained.
        expected: &'static str,
        /// What the model has.
        found: String,
    },
    /// A text without letters, to be trained on.
    #[error("the text of {side} {at} (from 0) is empty")]
    EmptyText {
        /// `query` or `item`.
        side: &'static str,
        /// Its row, from 0.
        at: usize,
    },
    /// A query to be trained on whose relevant items could stand beside no other.
    #[error("query {query} (from 0) has nothing that its relevant items can be compared with: {reason}")]
    NoNegative {
        /// The query's row, from 0.
        query: usize,
        /// Why not.
        reason: &'static str,
    },
    /// Training that failed.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Training(#[from] ess_train::Error),
    /// A file that cannot be written.
    #[error(transparent)]
    Files(#[from] ess_files::Error),
    /// A failure of the traits that the encoders implement.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
}

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            error => Self::external(error),
        }
    }
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }

    pub(crate) fn config(
        path: &Path,
        field: &'static str,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> Self {
        Self::Config { path: path.to_owned(), field, expected: expected.into(), found: found.to_string() }
    }
}
