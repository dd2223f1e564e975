//! The function of the feed-forward.

use std::path::Path;

use super::definition::RawConfig;
use crate::{
    error::Error,
    model::{
        activation::{Activation, activation},
        architecture::definition::Architecture,
    },
};

impl RawConfig {
    /// The function of the feed-forward, and whether it is gated.
    pub(in crate::model) fn activation(
        &self,
        path: &Path,
        architecture: &Architecture,
    ) -> Result<(Activation, bool), Error> {
        if let Some(kind) = &self.feed_forward_type {
            return match kind.as_str() {
                "geglu" => Ok((Activation::Gelu, true)),
                "reglu" => Ok((Activation::Relu, true)),
                other => Err(Error::config(path, "feed_forward_type", "geglu or reglu", other)),
            };
        }
        let (function, gated) = match (&self.feed_forward_proj, &self.hidden_act) {
            (Some(name), _) => match name.strip_prefix("gated-") {
                // What T5 1.1 calls so.
                Some("gelu") => (Activation::GeluTanh, true),
                Some(name) => (activation(path, "feed_forward_proj", name)?, true),
                None => (activation(path, "feed_forward_proj", name)?, false),
            },
            (None, Some(name)) => (activation(path, "hidden_act", name)?, architecture.gated),
            (None, None) => (architecture.defaults.activation, architecture.gated),
        };
        // T5 says it twice.
        if let Some(name) = &self.dense_act_fn
            && activation(path, "dense_act_fn", name)? != function
        {
            return Err(Error::config(path, "dense_act_fn", "that of feed_forward_proj", name));
        }
        match self.is_gated_act {
            Some(said) if said != gated => {
                Err(Error::config(path, "is_gated_act", "that of feed_forward_proj", said))
            }
            _ => Ok((function, gated)),
        }
    }
}
