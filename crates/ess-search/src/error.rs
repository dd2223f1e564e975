//! What can go wrong with a searching module.

use std::{
    fmt::{Debug, Display},
    path::{Path, PathBuf},
};

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name of a kind that another type has already.
    #[error("the name {kind:?} is taken by another kind of module")]
    KindTaken {
        /// The name.
        kind: &'static str,
    },
    /// A config that names something impossible.
    #[error("config of {kind}: {name} must be {expected}, found {found}")]
    Config {
        /// The kind of module.
        kind: &'static str,
        /// The parameter.
        name: &'static str,
        /// What would have been accepted.
        expected: String,
        /// What came.
        found: String,
    },
    /// A config that does not parse: a missing, unknown or mistyped field.
    #[error("config of {kind}: {cause}")]
    ConfigSyntax {
        /// The kind of module.
        kind: String,
        /// What the parser said.
        cause: serde_json::Error,
    },
    /// A module kind that the registry does not know.
    #[error("unknown kind of searching module {kind:?}; known: {}", known.join(", "))]
    UnknownKind {
        /// The kind found.
        kind: String,
        /// The kinds that the registry knows.
        known: Vec<String>,
    },
    /// A tensor that the module needs is not there, or one is there that it does not have.
    #[error("tensors of {kind}: expected {expected:?}, found {found:?}")]
    TensorNames {
        /// The kind of module.
        kind: String,
        /// The names that the module has.
        expected: Vec<String>,
        /// The names that came.
        found: Vec<String>,
    },
    /// A tensor of another shape than the config says.
    #[error("tensor {name:?}: expected shape {expected:?}, found {found:?}")]
    TensorShape {
        /// The tensor.
        name: String,
        /// The shape that the config says.
        expected: Vec<usize>,
        /// The shape that came.
        found: Vec<usize>,
    },
    /// A tensor with a NaN or an infinity.
    #[error("tensor {name:?}: value {index} is {value}, which is not a finite number")]
    NonFiniteTensor {
        /// The tensor.
        name: String,
        /// Which value, from 0, in row-major order.
        index: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// A module that has no part of that name.
    #[error("{kind} has no part {name:?}; its parts: {}", known.join(", "))]
    NoPart {
        /// The kind of module.
        kind: String,
        /// The name that was asked for.
        name: String,
        /// The names of its parts.
        known: Vec<String>,
    },
    /// A kind of module that can be searched with and not trained.
    #[error("a searching module of kind {kind:?} cannot be trained")]
    NotTrainable {
        /// The kind of module.
        kind: String,
    },
    /// Modules of a soup that are not all of the kind and config of the first.
    #[error("module {at} of a soup is of another kind, dimension or config than module 0")]
    NotOneKind {
        /// Which module, from 0.
        at: usize,
    },
    /// Offsets of items applied to other items than those that they were fitted to.
    #[error("offsets belong to items with checksum {expected}, but these have {found}")]
    OtherItems {
        /// The checksum of the items that the offsets were fitted to.
        expected: String,
        /// The checksum of the items that came.
        found: String,
    },
    /// A module of two sides where one of the query side alone is expected.
    #[error("the module trains items too; load it as a module of two sides")]
    TwoSided,
    /// A file that is not what it should be.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// A file that cannot be read.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Files(#[from] ess_files::Error),
    /// A device that cannot be opened.
    #[error("{device} cannot be opened: {message}")]
    DeviceUnavailable {
        /// The device asked for.
        device: String,
        /// What the driver said.
        message: String,
    },
    /// A module that another program's format cannot hold, or a format that no searching module is.
    #[error("{kind} cannot be expressed: {reason}")]
    NotExpressible {
        /// The kind of module, or what was read.
        kind: String,
        /// Why not.
        reason: &'static str,
    },
    /// The device could not give a tensor's values.
    #[error("device: {message}")]
    Device {
        /// What the device said.
        message: String,
    },
    /// The device has no room, for one tensor or for all together.
    #[error(
        "device: {message}; less at once needs less memory: a smaller batch, fewer similarities at once in an index, \
         no tensor beyond largest_tensor of ess-search"
    )]
    DeviceMemory {
        /// What the device said.
        message: String,
    },
    /// Embeddings or dimensions that do not fit.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
}

impl Error {
    /// A file that is not what it should be.
    pub(crate) fn format(path: &Path, expected: &str, found: impl Display) -> Self {
        Self::Format { path: path.to_owned(), expected: expected.to_owned(), found: found.to_string() }
    }

    /// What a device said, told apart by whether it lacked memory.
    pub(crate) fn of_device(error: impl Debug) -> Self {
        let message = format!("{error:?}");
        let lacks =
            ["OutOfMemory", "BufferTooBig", "ut of memory", "out of device memory", "allocate buffer"];
        if lacks.iter().any(|words| message.contains(words)) {
            Self::DeviceMemory { message }
        } else {
            Self::Device { message }
        }
    }
}

impl From<Error> for ess_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Core(error) => error,
            error => Self::external(error),
        }
    }
}
