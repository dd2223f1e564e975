//! The settings of a relation model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Which relation model, and how large.
///
/// ```
/// use ess_relations::ModelConfig;
///
/// let meim: ModelConfig = serde_json::from_str(r#"{"name": "meim", "dim": 300, "partitions": 3}"#).unwrap();
/// assert_eq!(meim.build()?.shared_len(), 3 * 100 * 100 * 100);
/// # Ok::<(), ess_relations::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// `dist_mult`, `complex`, `rotate`, `cp`, `simple`, `mei`, `meim`, or a name of
    /// [`register_relation_model`](crate::register_relation_model). Default: `complex`.
    pub name: String,
    /// The components of an entity's encoding, `d`: all of them, so twice the complex numbers of ComplEx and RotatE, and the
    /// two vectors of CP and SimplE together. Default: 200.
    pub dim: usize,
    /// The partitions of `mei` and `meim`, `K`, of `d / K` components each; 1 for all others. Default: 1.
    pub partitions: usize,
    /// The weight of the penalty that keeps the matrices of `mei` and `meim` near orthogonal; 0 for all others. Default: 0.
    pub orthogonality: f32,
    /// What a model of one's own takes besides. Default: nothing.
    pub settings: BTreeMap<String, f64>,
}

impl Default for ModelConfig {
    fn default() -> Self {
        let (name, settings) = ("complex".to_owned(), BTreeMap::new());
        Self { name, dim: 200, partitions: 1, orthogonality: 0.0, settings }
    }
}

impl ModelConfig {
    /// The largest dimension and number of partitions.
    pub const MAX: usize = 1 << 16;

    /// Fails unless all is in its range.
    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found| Err(Error::Config { name, expected, found });
        if !(1..=Self::MAX).contains(&self.dim) {
            return refuse("dim", "from 1 to 65536", self.dim.to_string());
        }
        if self.partitions == 0 || self.partitions > Self::MAX {
            return refuse("partitions", "from 1 to 65536", self.partitions.to_string());
        }
        if !(self.orthogonality >= 0.0 && self.orthogonality.is_finite()) {
            return refuse("orthogonality", "a finite number of at least 0", self.orthogonality.to_string());
        }
        Ok(())
    }

    /// Half of the dimension, for models of two vectors or of complex numbers.
    pub(super) fn half(&self) -> Result<usize, Error> {
        let found = self.dim.to_string();
        match self.dim.is_multiple_of(2) {
            true => Ok(self.dim / 2),
            false => Err(Error::Config { name: "dim", expected: "even for this model", found }),
        }
    }

    /// The components of a partition, `d / K`; the core has its cube.
    pub(super) fn partition_size(&self) -> Result<usize, Error> {
        const MAX_SIZE: usize = 512;
        let size = self.dim / self.partitions;
        if size * self.partitions != self.dim {
            let found = format!("{} in {} partitions", self.dim, self.partitions);
            return Err(Error::Config { name: "dim", expected: "a multiple of the partitions", found });
        }
        if size > MAX_SIZE {
            let expected = "so many that a partition has at most 512 components";
            return Err(Error::Config { name: "partitions", expected, found: self.partitions.to_string() });
        }
        Ok(size)
    }

    /// Fails for settings that only other models have.
    pub(super) fn has_no_core(&self) -> Result<(), Error> {
        let refuse = |name, found| Err(Error::Config { name, expected: "left out for this model", found });
        match () {
            () if self.partitions != 1 => refuse("partitions", self.partitions.to_string()),
            () if self.orthogonality != 0.0 => refuse("orthogonality", self.orthogonality.to_string()),
            () => Ok(()),
        }
    }

    /// Fails for settings of one's own.
    pub(super) fn has_no_settings(&self) -> Result<(), Error> {
        match self.settings.keys().next() {
            None => Ok(()),
            Some(found) => Err(Error::Config {
                name: "settings",
                expected: "empty for this model",
                found: found.clone(),
            }),
        }
    }
}
