//! What config.json of DeBERTa says of its attention.

use std::path::Path;

use serde::Deserialize;

use super::activation::{Activation, activation};
use crate::{error::Error, transformer::disentangled::DistanceRows};

/// Which distances are compared with what.
#[derive(Clone, Debug)]
pub(crate) struct DisentangledConfig {
    /// Whether a query is compared with a key for the distance.
    pub(crate) content_to_position: bool,
    /// Whether a key is compared with a query for the distance.
    pub(crate) position_to_content: bool,
    /// Whether distances are projected as tokens are.
    pub(crate) shared: bool,
    /// Whether the table of distances is normalised.
    pub(crate) normalised: bool,
    pub(crate) rows: DistanceRows,
}

/// The convolution behind the first layer.
#[derive(Clone, Debug)]
pub(crate) struct ConvolutionConfig {
    pub(crate) kernel: usize,
    pub(crate) groups: usize,
    pub(crate) activation: Activation,
}

/// The fields as they stand in the file.
#[derive(Default, Deserialize)]
pub(super) struct RawDisentangled {
    relative_attention: Option<bool>,
    position_buckets: Option<i64>,
    max_relative_positions: Option<i64>,
    pos_att_type: Option<PairKinds>,
    share_att_key: Option<bool>,
    norm_rel_ebd: Option<String>,
    position_biased_input: Option<bool>,
    conv_kernel_size: Option<i64>,
    conv_groups: Option<usize>,
    conv_act: Option<String>,
}

/// Kinds in one text, `c2p|p2c`, or as a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum PairKinds {
    Text(String),
    List(Vec<String>),
}

const LARGEST: i64 = 1 << 30;
const MAX_KERNEL: i64 = 255;

impl RawDisentangled {
    /// Whether there is a table of positions beside the distances.
    pub(super) fn has_positions(&self) -> bool {
        self.position_biased_input.unwrap_or(true)
    }

    /// How many comparisons a score is the sum of. Scores are divided by its root, whether distances count or not.
    pub(super) fn comparisons(&self, path: &Path) -> Result<usize, Error> {
        let [content_to_position, position_to_content] = self.kinds(path)?;
        Ok(1 + usize::from(content_to_position) + usize::from(position_to_content))
    }

    /// How distances count in a model of `positions`, if they do.
    pub(super) fn read(&self, path: &Path, positions: usize) -> Result<Option<DisentangledConfig>, Error> {
        let [content_to_position, position_to_content] = self.kinds(path)?;
        let normalised = self.normalised(path)?;
        if self.relative_attention != Some(true) || !(content_to_position || position_to_content) {
            return Ok(None);
        }
        Ok(Some(DisentangledConfig {
            content_to_position,
            position_to_content,
            shared: self.share_att_key.unwrap_or(false),
            normalised,
            rows: self.rows(path, positions)?,
        }))
    }

    fn kinds(&self, path: &Path) -> Result<[bool; 2], Error> {
        let named: Vec<String> = match &self.pos_att_type {
            None => Vec::new(),
            Some(PairKinds::Text(text)) => {
                text.to_lowercase().split('|').map(|kind| kind.trim().to_owned()).collect()
            }
            Some(PairKinds::List(list)) => list.clone(),
        };
        const KNOWN: [&str; 2] = ["c2p", "p2c"];
        match named.iter().find(|kind| !kind.is_empty() && !KNOWN.contains(&kind.as_str())) {
            Some(other) => Err(Error::config(path, "pos_att_type", "c2p, p2c or both", other)),
            None => Ok(KNOWN.map(|known| named.iter().any(|kind| kind == known))),
        }
    }

    fn normalised(&self, path: &Path) -> Result<bool, Error> {
        let said = self.norm_rel_ebd.as_deref().unwrap_or("none").to_lowercase();
        let kinds: Vec<_> = said.split('|').map(str::trim).collect();
        match kinds.iter().find(|kind| !["none", "layer_norm", ""].contains(kind)) {
            Some(other) => Err(Error::config(path, "norm_rel_ebd", "none or layer_norm", other)),
            None => Ok(kinds.contains(&"layer_norm")),
        }
    }

    fn rows(&self, path: &Path, positions: usize) -> Result<DistanceRows, Error> {
        let positions = positions as i64;
        let farthest = self.max_relative_positions.filter(|&said| said >= 1).unwrap_or(positions);
        if farthest > LARGEST {
            return Err(Error::config(
                path,
                "max_relative_positions",
                format!("at most {LARGEST}"),
                farthest,
            ));
        }
        let buckets = self.position_buckets.unwrap_or(-1);
        if buckets <= 0 {
            return Ok(DistanceRows { span: farthest as usize, farthest: None });
        }
        if !(2..=LARGEST).contains(&buckets) {
            let expected = format!("-1, or between 2 and {LARGEST}");
            return Err(Error::config(path, "position_buckets", expected, buckets));
        }
        // What would be divided by the logarithm of 1, if a text is long enough.
        if farthest - 1 == buckets / 2 && positions - 1 > buckets / 2 {
            let expected = format!("another number than half of position_buckets {buckets} and 1");
            return Err(Error::config(path, "max_relative_positions", expected, farthest));
        }
        Ok(DistanceRows { span: buckets as usize, farthest: Some(farthest as usize) })
    }

    /// The convolution of a model of `dim` components, if there is one.
    pub(super) fn convolution(&self, path: &Path, dim: usize) -> Result<Option<ConvolutionConfig>, Error> {
        let kernel = self.conv_kernel_size.unwrap_or(0);
        if kernel <= 0 {
            return Ok(None);
        }
        if kernel > MAX_KERNEL || kernel % 2 == 0 {
            let expected = format!("an odd number of at most {MAX_KERNEL}");
            return Err(Error::config(path, "conv_kernel_size", expected, kernel));
        }
        let groups = self.conv_groups.unwrap_or(1);
        if groups == 0 || !dim.is_multiple_of(groups) {
            return Err(Error::config(
                path,
                "conv_groups",
                format!("a divisor of hidden_size {dim}"),
                groups,
            ));
        }
        let activation = activation(path, "conv_act", self.conv_act.as_deref().unwrap_or("tanh"))?;
        Ok(Some(ConvolutionConfig { kernel: kernel as usize, groups, activation }))
    }
}
