//! What `torch.save` writes, read without running anything of it.
//!
//! A file is a pickle, which is a program for a small machine, and the storages that its tensors look into. The machine
//! here knows what tensors need: containers, texts, numbers, and a handful of named functions that it does itself.
//! Everything else is refused by name.

mod legacy;
mod machine;
mod objects;
mod opcodes;
mod span;
mod state;
mod tensor;
mod zip;

use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use self::{
    span::{Content, MAX_PICKLE_BYTES, Span, read_span},
    tensor::TensorView,
    zip::StoredZip,
};
use super::values;
use crate::error::Error;

const ZIP: &[u8] = b"PK\x03\x04";

/// A file of `torch.save` whose program has been read, and whose storages lie inside it.
pub(crate) struct TorchFile {
    path: PathBuf,
    tensors: HashMap<String, TensorView>,
    /// Where each storage lies.
    storages: HashMap<String, Span>,
}

impl TorchFile {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::io(path))?;
        let mut first = [0; 4];
        let is_zip = file.read_exact(&mut first).is_ok() && first == ZIP;
        let (tensors, storages) = match is_zip {
            true => Self::from_zip(path, &mut file)?,
            false => legacy::read(path, &mut file)?,
        };
        let read = Self { path: path.to_owned(), tensors, storages };
        read.tensors.iter().try_for_each(|(name, tensor)| read.check(name, tensor))?;
        Ok(read)
    }

    fn from_zip(path: &Path, file: &mut File) -> Result<Content, Error> {
        let zip = StoredZip::open(path, file)?;
        let malformed =
            |reason: &str| Error::MalformedWeights { path: path.to_owned(), reason: reason.to_owned() };
        let mut programs = zip.names().filter_map(|name| name.strip_suffix("data.pkl"));
        let (Some(root), None) = (programs.next(), programs.next()) else {
            return Err(malformed("it has not one data.pkl"));
        };
        let root = root.to_owned();
        if let Some(order) = zip.find(&format!("{root}byteorder"))
            && read_span(path, file, order, 16)? != b"little"
        {
            return Err(malformed("its numbers are not little-endian"));
        }
        let program = zip.find(&format!("{root}data.pkl")).ok_or_else(|| malformed("it has no data.pkl"))?;
        let program = read_span(path, file, program, MAX_PICKLE_BYTES)?;
        let tensors = state::tensors(path, &program)?;
        let data = format!("{root}data/");
        let storages =
            zip.entries().filter_map(|(name, span)| Some((name.strip_prefix(&data)?.to_owned(), span)));
        Ok((tensors, storages.collect()))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.tensors.keys().cloned()
    }

    pub(crate) fn shape(&self, name: &str) -> Result<Vec<usize>, Error> {
        Ok(self.tensor(name)?.shape.clone())
    }

    pub(crate) fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        let tensor = self.tensor(name)?;
        values::check_shape(&self.path, name, shape, &tensor.shape)?;
        let kind = tensor.kind.ok_or_else(|| Error::TensorType {
            path: self.path.clone(),
            name: name.to_owned(),
            found: tensor.class.clone(),
        })?;
        let storage = self.storage(name, tensor)?;
        let width = kind.bytes() as u64;
        let span = Span {
            start: storage.start + tensor.offset as u64 * width,
            length: tensor.extent() as u64 * width,
        };
        let mut file = File::open(&self.path).map_err(Error::io(&self.path))?;
        let bytes = read_span(&self.path, &mut file, span, u64::MAX)?;
        let values = tensor.in_rows(kind.decode(&bytes));
        values::check_finite(&self.path, name, values)
    }

    /// Refuses a tensor that looks beyond its storage.
    fn check(&self, name: &str, tensor: &TensorView) -> Result<(), Error> {
        // Tensors of other numbers are passed by, until one is asked for.
        let Some(kind) = tensor.kind else { return Ok(()) };
        let held = self.storage(name, tensor)?.length / kind.bytes() as u64;
        if tensor.end() as u64 > held {
            let reason = format!("tensor {name:?} ends at number {} of a storage of {held}", tensor.end());
            return Err(Error::MalformedWeights { path: self.path.clone(), reason });
        }
        Ok(())
    }

    fn storage(&self, name: &str, tensor: &TensorView) -> Result<Span, Error> {
        self.storages.get(&tensor.storage).copied().ok_or_else(|| Error::MalformedWeights {
            path: self.path.clone(),
            reason: format!("tensor {name:?} has no storage {:?}", tensor.storage),
        })
    }

    fn tensor(&self, name: &str) -> Result<&TensorView, Error> {
        let missing = || Error::MissingTensor { path: self.path.clone(), name: name.to_owned() };
        self.tensors.get(name).ok_or_else(missing)
    }
}
