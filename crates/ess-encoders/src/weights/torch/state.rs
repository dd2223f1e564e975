//! From the objects of a program to named tensors.

use std::{collections::HashMap, path::Path};

use super::{
    machine::{self, Made},
    objects::{Global, Object, STORAGES},
    tensor::TensorView,
};
use crate::{error::Error, weights::values::NumberKind};

/// The tensors of a program that makes one dictionary of them.
pub(super) fn tensors(path: &Path, program: &[u8]) -> Result<HashMap<String, TensorView>, Error> {
    of(path, &machine::run(path, program, 0)?)
}

/// The tensors of what a program made; whatever else stands in its dictionary is no weight.
pub(super) fn of(path: &Path, made: &Made<'_>) -> Result<HashMap<String, TensorView>, Error> {
    let malformed = |reason: String| Error::MalformedWeights { path: path.to_owned(), reason };
    let Object::Dict(all) = made.result else {
        return Err(malformed("its program makes no dictionary of tensors".to_owned()));
    };
    let mut tensors = HashMap::new();
    for pair in made.held(all).chunks_exact(2) {
        let (Some(name), Object::Tensor(described)) = (made.text(&pair[0]), pair[1]) else { continue };
        let view =
            tensor(made, described).map_err(|reason| malformed(format!("tensor {name:?}: {reason}")))?;
        tensors.insert(name.to_owned(), view);
    }
    Ok(tensors)
}

/// A storage as its description has it: its class, its key, and what follows the key.
pub(super) fn storage<'m>(made: &'m Made<'_>, described: usize) -> Option<(usize, &'m str, &'m [Object])> {
    match made.held(described) {
        [kind, Object::Global(Global::Storage(class)), key, rest @ ..]
            if made.text(kind) == Some("storage") =>
        {
            Some((*class, made.text(key)?, rest))
        }
        _ => None,
    }
}

fn tensor(made: &Made<'_>, described: usize) -> Result<TensorView, &'static str> {
    let [Object::Storage(storage_at), Object::Int(offset), Object::Tuple(shape), Object::Tuple(strides), ..] =
        made.held(described)
    else {
        return Err("not described as tensors are");
    };
    let (class, key, rest) =
        storage(made, *storage_at).ok_or("its storage is not described as storages are")?;
    // A view of another storage, which older files may have: (its own key, where it starts, how long it is).
    if matches!(rest.get(2), Some(view) if *view != Object::None) {
        return Err("its storage is a view of another one");
    }
    let kind = match STORAGES[class] {
        "FloatStorage" => Some(NumberKind::F32),
        "HalfStorage" => Some(NumberKind::F16),
        "BFloat16Storage" => Some(NumberKind::Bf16),
        _ => None,
    };
    let sizes = |of: usize| {
        let size = |object: &Object| match object {
            Object::Int(size) => usize::try_from(*size).map_err(|_| "a size is negative"),
            _ => Err("a size is not a number"),
        };
        made.held(of).iter().map(size).collect::<Result<Vec<_>, _>>()
    };
    let offset = usize::try_from(*offset).map_err(|_| "it starts before its storage")?;
    let names = [key.to_owned(), STORAGES[class].to_owned()];
    TensorView::new(names, kind, offset, sizes(*shape)?, sizes(*strides)?)
}
