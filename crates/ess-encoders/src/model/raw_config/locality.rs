//! How far attention reaches in each layer, and how rotary positions turn there.

use std::path::Path;

use serde_json::Value;

use super::definition::{RawConfig, Settings};
use crate::{
    error::Error,
    model::{
        architecture::definition::{Architecture, GlobalFirst},
        layer_pattern::LayerPattern,
    },
};

const LAYER_TYPES: [&str; 2] = ["full_attention", "sliding_attention"];

impl RawConfig {
    /// How far local attention reaches, and in which layers it is local.
    pub(in crate::model) fn locality(
        &self,
        path: &Path,
        architecture: &Architecture,
    ) -> Result<(usize, LayerPattern), Error> {
        let reach = self.reach(path, architecture)?;
        if let Some(types) = &self.layer_types {
            let local = self.listed_layers(path, types)?;
            return match reach {
                Some(reach) => Ok((reach, LayerPattern::Listed(local))),
                None if local.contains(&true) => {
                    let expected = "a window for sliding_attention in layer_types";
                    Err(Error::config(path, "sliding_window", expected, "none"))
                }
                None => Ok((0, LayerPattern::All(false))),
            };
        }
        let Some(reach) = reach else { return Ok((0, LayerPattern::All(false))) };
        let pattern = match architecture.defaults.global_every {
            Some((every, global)) => {
                let every = self.global_attn_every_n_layers.unwrap_or(every);
                if every == 0 {
                    return Err(Error::config(path, "global_attn_every_n_layers", "at least 1", 0));
                }
                let first = if global == GlobalFirst::First { 0 } else { every - 1 };
                LayerPattern::ButEvery { every, first }
            }
            None if self.use_sliding_window.is_some() => {
                LayerPattern::From(self.max_window_layers.unwrap_or(28))
            }
            None => LayerPattern::All(true),
        };
        Ok((reach, pattern))
    }

    fn listed_layers(&self, path: &Path, types: &[String]) -> Result<Vec<bool>, Error> {
        if types.len() != self.num_hidden_layers {
            let expected = format!("one for each of the {} layers", self.num_hidden_layers);
            return Err(Error::config(path, "layer_types", expected, types.len()));
        }
        let is_local = |name: &String| match LAYER_TYPES.iter().position(|known| known == name) {
            Some(at) => Ok(at == 1),
            None => Err(Error::config(path, "layer_types", LAYER_TYPES.join(" or "), name)),
        };
        types.iter().map(is_local).collect()
    }

    /// The largest distance at which a token sees another where attention is local.
    fn reach(&self, path: &Path, architecture: &Architecture) -> Result<Option<usize>, Error> {
        let is_modern =
            architecture.defaults.global_every.is_some_and(|(_, global)| global == GlobalFirst::First);
        if is_modern {
            return Ok(Some(self.local_attention.unwrap_or(128) / 2));
        }
        // Qwen has a window only where it says that it is used.
        let has_switch = architecture.settings.applied.contains(&"use_sliding_window");
        let window = match self.sliding_window {
            _ if has_switch && self.use_sliding_window != Some(true) => None,
            Some(said) => said,
            None => architecture.defaults.window,
        };
        let on_both_sides = self.use_bidirectional_attention == Some(true);
        match window {
            Some(0) if !on_both_sides => Err(Error::config(path, "sliding_window", "at least 1", 0)),
            Some(window) => {
                let reach = if on_both_sides { window / 2 } else { window - 1 };
                // The library reaches one further, on each side, where the file says that the model is not causal.
                Ok(Some(reach + usize::from(!self.is_causal())))
            }
            None => Ok(None),
        }
    }

    /// The settings of rotary positions of global or local layers, and their base where these do not say it.
    pub(in crate::model) fn rotary_settings(
        &self,
        path: &Path,
        architecture: &Architecture,
        local: bool,
    ) -> Result<(Settings, f64), Error> {
        let [global_theta, local_theta] = architecture.defaults.theta;
        let Some((_, global)) = architecture.defaults.global_every else {
            // An empty one says nothing.
            let scaling = self.rope_scaling.as_ref().filter(|scaling| !scaling.is_empty());
            let settings = scaling.or(self.rope_parameters.as_ref());
            return Ok((settings.cloned().unwrap_or_default(), self.rope_theta.unwrap_or(global_theta)));
        };
        let mut settings = Settings::new();
        for (name, of_type) in self.rope_parameters.iter().flatten() {
            let Some(at) = LAYER_TYPES.iter().position(|known| known == name) else {
                return Err(Error::config(path, "rope_parameters", LAYER_TYPES.join(" and "), name));
            };
            match of_type {
                Value::Object(of_type) if (at == 1) == local => settings.extend(of_type.clone()),
                Value::Object(_) | Value::Null => {}
                other => return Err(Error::config(path, "rope_parameters", "an object", other)),
            }
        }
        // Gemma scales the positions of its global layers alone.
        if !local || global == GlobalFirst::First {
            settings.extend(self.rope_scaling.clone().unwrap_or_default());
        }
        // transformers 5 looks for it beside the kinds of layers, transformers 4 inside.
        if let Some(said) = settings.get("truncate").filter(|said| **said != Value::Bool(true)) {
            let expected =
                "true where kinds of layers have positions of their own: releases of transformers differ";
            return Err(Error::config(path, "truncate", expected, said));
        }
        let theta = match local {
            false => self.rope_theta.unwrap_or(global_theta),
            true => self.rope_local_base_freq.unwrap_or(local_theta),
        };
        Ok((settings, theta))
    }
}
