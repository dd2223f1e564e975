//! Relation models by name.

use std::sync::{Arc, LazyLock};

use ess_core::{NameError, NameTable};

use super::{
    by_row::ByRow, complex::Complex, config::ModelConfig, cp::Cp, definition::RelationModel,
    dist_mult::DistMult, mei::Mei, rotate::Rotate, simple::Simple,
};
use crate::error::Error;

/// Makes a model of its settings, or says what is wrong with them.
pub type BuildModel = fn(&ModelConfig) -> Result<Arc<dyn RelationModel>, Error>;

static TABLE: LazyLock<NameTable<BuildModel>> = LazyLock::new(ours);

fn ours() -> NameTable<BuildModel> {
    let table: NameTable<BuildModel> = NameTable::new();
    let add = |added: Result<bool, NameError>| assert!(added == Ok(true), "{added:?}");
    add(table
        .add::<DistMult>("dist_mult", |config| by_row(config, |config| Ok(DistMult { dim: config.dim }))));
    add(table
        .add::<Complex>("complex", |config| by_row(config, |config| Ok(Complex { half: config.half()? }))));
    add(table.add::<Rotate>("rotate", |config| by_row(config, |config| Ok(Rotate { half: config.half()? }))));
    add(table.add::<Cp>("cp", |config| by_row(config, |config| Ok(Cp { half: config.half()? }))));
    add(table.add::<Simple>("simple", |config| by_row(config, |config| Ok(Simple { half: config.half()? }))));
    add(table.add::<(Mei, Shared)>("mei", |config| mei(config, false)));
    add(table.add::<Mei>("meim", |config| mei(config, true)));
    table
}

/// Tells MEI from MEIM, which are one type.
struct Shared;

fn by_row<M: super::by_row::RowModel + 'static>(
    config: &ModelConfig,
    build: impl Fn(&ModelConfig) -> Result<M, Error>,
) -> Result<Arc<dyn RelationModel>, Error> {
    config.has_no_settings()?;
    config.has_no_core()?;
    Ok(Arc::new(ByRow(build(config)?)))
}

fn mei(config: &ModelConfig, independent: bool) -> Result<Arc<dyn RelationModel>, Error> {
    config.has_no_settings()?;
    let (partitions, orthogonality) = (config.partitions, config.orthogonality);
    Ok(Arc::new(Mei { partitions, size: config.partition_size()?, independent, orthogonality }))
}

/// Makes a relation model known by name, for settings and for saved sets of relations. `M` is the type of the model, which may
/// register again.
///
/// # Errors
/// [`Error::ModelName`] for a name that another type has, or that is not made of lower-case letters, digits and `_`.
pub fn register_relation_model<M: RelationModel + 'static>(
    name: &'static str,
    build: BuildModel,
) -> Result<(), Error> {
    match TABLE.add::<M>(name, build) {
        Ok(_) => Ok(()),
        Err(NameError::Taken) => Err(Error::ModelName { name, why: "another model has that name" }),
        Err(NameError::Malformed) => {
            Err(Error::ModelName { name, why: "a name has lower-case letters, digits and _ alone" })
        }
    }
}

/// The names of all relation models, those of this crate first.
pub fn relation_models() -> Vec<&'static str> {
    TABLE.names()
}

impl ModelConfig {
    /// The model of these settings.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] with the names that there are; [`Error::Config`] for a setting outside its range.
    pub fn build(&self) -> Result<Arc<dyn RelationModel>, Error> {
        self.check()?;
        let Some(build) = TABLE.find(&self.name) else {
            return Err(Error::UnknownModel { name: self.name.clone(), known: relation_models().join(", ") });
        };
        let model = build(self)?;
        Error::check_size("components of the entities of a relation model", self.dim, model.entity_dim())?;
        Ok(model)
    }
}
