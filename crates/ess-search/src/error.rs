//! The error of this crate.

use std::{
    fmt::{Debug, Display},
    path::{Path, PathBuf},
};

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name of a kind is that of another type.
    #[error("the name {kind:?} is taken by another kind of module")]
    KindTaken {
        /// The name.
        kind: &'static str,
    },
    /// A setting is outside its range.
    #[error("config of {kind}: {name} must be {expected}, found {found}")]
    Config {
        /// The kind of module.
        kind: &'static str,
        /// The setting.
        name: &'static str,
        /// The accepted values.
        expected: String,
        /// The value found.
        found: String,
    },
    /// A config does not parse: a field is missing, unknown or of another type.
    #[error("config of {kind}: {cause}")]
    ConfigSyntax {
        /// The kind of module.
        kind: String,
        /// What the parser said.
        cause: serde_json::Error,
    },
    /// The registry does not know the kind of a module.
    #[error("unknown kind of searching module {kind:?}; known: {}", known.join(", "))]
    UnknownKind {
        /// The kind found.
        kind: String,
        /// The kinds that the registry knows.
        known: Vec<String>,
    },
    /// The tensors of a module do not have the expected names.
    #[error("tensors of {kind}: expected {expected:?}, found {found:?}")]
    TensorNames {
        /// The kind of module.
        kind: String,
        /// The names that the kind requires.
        expected: Vec<String>,
        /// The names found.
        found: Vec<String>,
    },
    /// A tensor does not have the shape that the config requires.
    #[error("tensor {name:?}: expected shape {expected:?}, found {found:?}")]
    TensorShape {
        /// The tensor.
        name: String,
        /// The shape that the config requires.
        expected: Vec<usize>,
        /// The shape found.
        found: Vec<usize>,
    },
    /// A tensor contains a NaN or an infinity.
    #[error("tensor {name:?}: value {index} is {value}, which is not a finite number")]
    NonFiniteTensor {
        /// The tensor.
        name: String,
        /// The index of the value, from 0, in row-major order.
        index: usize,
        /// NaN or an infinity.
        value: f32,
    },
    /// A module has no part of this name.
    #[error("{kind} has no part {name:?}; its parts: {}", known.join(", "))]
    NoPart {
        /// The kind of module.
        kind: String,
        /// The name requested.
        name: String,
        /// The names of its parts.
        known: Vec<String>,
    },
    /// Modules of this kind can search but cannot be trained.
    #[error("a searching module of kind {kind:?} cannot be trained")]
    NotTrainable {
        /// The kind of module.
        kind: String,
    },
    /// The modules of a soup differ in kind or config.
    #[error("module {at} of a soup is of another kind, dimension or config than module 0")]
    NotOneKind {
        /// The index of the module that differs from the first, from 0.
        at: usize,
    },
    /// Offsets are applied to other items than those that they were fitted to.
    #[error("offsets belong to items with checksum {expected}, but these have {found}")]
    OtherItems {
        /// The checksum of the items that the offsets were fitted to.
        expected: String,
        /// The checksum of the items found.
        found: String,
    },
    /// A module of two sides is loaded where a module of the query side is expected.
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
    /// A file cannot be read.
    #[error("{path}: {cause}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file or a folder cannot be written.
    #[error(transparent)]
    Files(#[from] ess_files::Error),
    /// A device cannot be opened.
    #[error("{device} cannot be opened: {message}")]
    DeviceUnavailable {
        /// The device requested.
        device: String,
        /// What the driver said.
        message: String,
    },
    /// A module cannot be expressed in the format of another program, or a file of that format is not a searching
    /// module.
    #[error("{kind} cannot be expressed: {reason}")]
    NotExpressible {
        /// The kind of module, or the format that was read.
        kind: String,
        /// The reason.
        reason: &'static str,
    },
    /// The device failed.
    #[error("device: {message}")]
    Device {
        /// What the device said.
        message: String,
    },
    /// The device has not enough memory.
    #[error(
        "device: {message}; less at once needs less memory: a smaller batch, fewer similarities at once in an index, \
         no tensor beyond largest_tensor of ess-search"
    )]
    DeviceMemory {
        /// What the device said.
        message: String,
    },
    /// Embeddings or dimensions do not fit.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
}

impl Error {
    /// A file that is not what it should be.
    pub(crate) fn format(path: &Path, expected: &str, found: impl Display) -> Self {
        Self::Format { path: path.to_owned(), expected: expected.to_owned(), found: found.to_string() }
    }

    /// The error of a device, with lack of memory as a variant of its own.
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
