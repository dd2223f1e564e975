//! The states of several modules in one state.

use std::collections::BTreeMap;

use ess_core::Encoding;

use crate::{
    error::Error,
    module::persistent::PersistentModule,
    store::{
        checksum::checksum,
        state::{HostTensor, ModuleDescription, ModuleState},
    },
};

/// The descriptions of modules, and all their tensors. The name of a tensor begins with the number of its module and
/// a dot.
pub(crate) fn join<'a, E: Encoding + 'a>(
    modules: impl IntoIterator<Item = &'a dyn PersistentModule<E>>,
) -> Result<(Vec<ModuleDescription>, BTreeMap<String, HostTensor>), Error> {
    let (mut descriptions, mut tensors) = (Vec::new(), BTreeMap::new());
    for (at, module) in modules.into_iter().enumerate() {
        let state = module.to_state()?;
        descriptions.push(state.description);
        tensors.extend(state.tensors.into_iter().map(|(name, tensor)| (format!("{at}.{name}"), tensor)));
    }
    Ok((descriptions, tensors))
}

/// The checksum of what a module of several maps by: its own values, and what each part maps by.
pub(crate) fn map_checksum<'a, E: Encoding + 'a>(
    own: String,
    modules: impl IntoIterator<Item = &'a dyn PersistentModule<E>>,
) -> Result<String, Error> {
    let mut parts = vec![own.into_bytes()];
    for module in modules {
        parts.push(module.map_checksum()?.into_bytes());
    }
    Ok(checksum(parts))
}

/// The modules, each built by `build`. A tensor of none of them is refused.
pub(crate) fn split<M>(
    state: &ModuleState,
    descriptions: Vec<ModuleDescription>,
    mut build: impl FnMut(&ModuleState) -> Result<M, Error>,
) -> Result<Vec<M>, Error> {
    let mut tensors = state.tensors.clone();
    let mut modules = Vec::with_capacity(descriptions.len());
    for (at, description) in descriptions.into_iter().enumerate() {
        let prefix = format!("{at}.");
        let own = tensors.extract_if(.., |name, _| name.starts_with(&prefix));
        let own = own.map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect();
        modules.push(build(&ModuleState { description, tensors: own })?);
    }
    if tensors.is_empty() {
        return Ok(modules);
    }
    let (kind, found) = (state.description.kind.clone(), tensors.into_keys().collect());
    Err(Error::TensorNames { kind, expected: Vec::new(), found })
}
