//! Rotary positions as config.json has them: how fast each pair of components turns.

use std::{f64::consts::PI, path::Path};

use serde_json::{Map, Value};

use super::settings::rotary::ROTARY;
use crate::{error::Error, transformer::attention_shape::Rotary};

/// What the settings of rotary positions are read with.
pub(crate) struct RotarySettings<'s> {
    /// config.json.
    pub(crate) path: &'s Path,
    /// `rope_parameters` of transformers 5 or `rope_scaling` of those before, of one kind of layer.
    pub(crate) settings: Map<String, Value>,
    /// The base, where the settings do not say it.
    pub(crate) theta: f64,
    pub(crate) head_dim: usize,
    /// `max_position_embeddings`.
    pub(crate) positions: usize,
}

impl RotarySettings<'_> {
    /// The frequencies, scaled as the settings say.
    ///
    /// `dynamic` scaling begins behind the model's last position, to which texts are cut: it changes none of them.
    pub(crate) fn rotary(&self) -> Result<Rotary, Error> {
        ROTARY.check(self.path, &self.settings)?;
        let kind = ["rope_type", "type"].iter().find_map(|name| self.settings.get(*name));
        let kind = kind.and_then(Value::as_str).unwrap_or("default");
        let theta = self.number("rope_theta", Some(self.theta))?;
        if theta <= 1.0 {
            return Err(self.refuse("rope_theta", "a number above 1", theta));
        }
        let dim = self.head_dim as f64;
        let plain: Vec<f64> =
            (0..self.head_dim / 2).map(|pair| theta.powf(-2.0 * pair as f64 / dim)).collect();
        let (frequencies, scale) = match kind {
            "default" | "dynamic" => (plain, 1.0),
            "linear" => {
                let factor = self.positive("factor", None)?;
                (plain.iter().map(|frequency| frequency / factor).collect(), 1.0)
            }
            "llama3" => (self.llama3(&plain)?, 1.0),
            "yarn" => self.yarn(&plain, theta)?,
            "ntk" => (self.ntk(&plain, theta)?, 1.0),
            other => {
                return Err(self.refuse("rope_type", "default, linear, dynamic, ntk, yarn or llama3", other));
            }
        };
        let frequencies = frequencies.into_iter().map(|frequency| frequency as f32).collect();
        Ok(Rotary { frequencies, scale: scale as f32, by_length: kind == "dynamic" })
    }

    /// Slow pairs are slowed down by a factor, fast ones stay, with a smooth passage between (Llama 3.1).
    fn llama3(&self, plain: &[f64]) -> Result<Vec<f64>, Error> {
        let factor = self.positive("factor", None)?;
        let (low, high) = (self.positive("low_freq_factor", None)?, self.positive("high_freq_factor", None)?);
        if high <= low {
            return Err(self.refuse("high_freq_factor", format!("more than low_freq_factor {low}"), high));
        }
        let length = self.original()?;
        let scaled = |frequency: &f64| {
            let turns = length * frequency / (2.0 * PI);
            let smooth = ((turns - low) / (high - low)).clamp(0.0, 1.0);
            (1.0 - smooth) * frequency / factor + smooth * frequency
        };
        Ok(plain.iter().map(scaled).collect())
    }

    /// The base times the factor, or every pair by a share of it that grows with the pair's number (GTE).
    fn ntk(&self, plain: &[f64], theta: f64) -> Result<Vec<f64>, Error> {
        let factor = self.positive("factor", None)?;
        let half = plain.len() as f64;
        // Without stretching nothing is scaled.
        if factor <= 1.0 {
            return Ok(plain.to_vec());
        }
        if !self.has("mixed_b") {
            let scaled = |pair: usize| (theta * factor).powf(-(pair as f64) / half) / factor.powf(1.0 / half);
            return Ok((0..plain.len()).map(scaled).collect());
        }
        let power = self.number("mixed_b", None)?;
        let share = factor.ln() / half.powf(power);
        let scaled =
            |(pair, frequency): (usize, &f64)| frequency / (share * (pair as f64 + 1.0).powf(power)).exp();
        Ok(plain.iter().enumerate().map(scaled).collect())
    }

    /// Peng et al., "YaRN" (2023): the same by a pair's number, and attention is sharpened.
    fn yarn(&self, plain: &[f64], theta: f64) -> Result<(Vec<f64>, f64), Error> {
        let length = self.original()?;
        let factor = self.positive("factor", Some(self.positions as f64 / length))?;
        let sharper = |by: f64| if factor <= 1.0 { 1.0 } else { 0.1 * by * factor.ln() + 1.0 };
        let given = |name| self.number(name, Some(0.0));
        let scale = match (given("attention_factor")?, given("mscale")?, given("mscale_all_dim")?) {
            (scale, _, _) if self.has("attention_factor") => scale,
            (_, all, each) if all != 0.0 && each != 0.0 => sharper(all) / sharper(each),
            _ => sharper(1.0),
        };
        let dim = self.head_dim as f64;
        let pair_of = |turns: f64| dim * (length / (turns * 2.0 * PI)).ln() / (2.0 * theta.ln());
        let (fast, slow) = (self.positive("beta_fast", Some(32.0))?, self.positive("beta_slow", Some(1.0))?);
        let (mut first, mut last) = (pair_of(fast), pair_of(slow));
        if self.truncates()? {
            (first, last) = (first.floor(), last.ceil());
        }
        let (first, mut last) = (first.max(0.0), last.min(dim - 1.0));
        if first == last {
            last += 0.001;
        }
        let scaled = plain.iter().enumerate().map(|(pair, frequency)| {
            let slowed = ((pair as f64 - first) / (last - first)).clamp(0.0, 1.0);
            frequency / factor * slowed + frequency * (1.0 - slowed)
        });
        Ok((scaled.collect(), scale))
    }

    /// Whether the pairs between which YaRN passes over are whole numbers; null says no, as false does.
    fn truncates(&self) -> Result<bool, Error> {
        match self.settings.get("truncate") {
            None | Some(Value::Bool(true)) => Ok(true),
            Some(Value::Bool(false) | Value::Null) => Ok(false),
            Some(other) => Err(self.refuse("truncate", "true or false", other)),
        }
    }

    /// The positions that the model was trained on before its positions were scaled.
    fn original(&self) -> Result<f64, Error> {
        self.positive("original_max_position_embeddings", Some(self.positions as f64))
    }

    fn has(&self, name: &str) -> bool {
        self.settings.get(name).is_some_and(|value| !value.is_null())
    }

    fn number(&self, name: &'static str, default: Option<f64>) -> Result<f64, Error> {
        let expected = "a number";
        match (self.settings.get(name), default) {
            (None | Some(Value::Null), Some(default)) => Ok(default),
            (None, None) => Err(self.refuse(name, expected, "none")),
            (Some(value), _) => value.as_f64().ok_or_else(|| self.refuse(name, expected, value)),
        }
    }

    fn positive(&self, name: &'static str, default: Option<f64>) -> Result<f64, Error> {
        let number = self.number(name, default)?;
        match number.is_finite() && number > 0.0 {
            true => Ok(number),
            false => Err(self.refuse(name, "a number above 0", number)),
        }
    }

    fn refuse(&self, field: &'static str, expected: impl Into<String>, found: impl ToString) -> Error {
        Error::config(self.path, field, expected, found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rotary(settings: Value) -> Result<Rotary, Error> {
        let Value::Object(settings) = settings else { panic!("settings are an object") };
        let path = Path::new("config.json");
        RotarySettings { path, settings, theta: 10_000.0, head_dim: 8, positions: 64 }.rotary()
    }

    #[test]
    fn scaled_frequencies_lie_between_the_plain_ones_and_those_divided_by_the_factor() {
        let plain = rotary(json!({})).unwrap().frequencies;
        assert!(
            plain.iter().zip([1.0, 0.1, 0.01, 0.001]).all(|(f, e)| (f / e - 1.0).abs() < 1e-6),
            "{plain:?}"
        );
        let dynamic = rotary(json!({"type": "dynamic", "factor": 4.0})).unwrap();
        assert_eq!((dynamic.frequencies, dynamic.by_length), (plain.clone(), true));
        let llama = json!({"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                           "original_max_position_embeddings": 32});
        let yarn = json!({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32});
        for settings in [json!({"rope_type": "linear", "factor": 4.0}), llama, yarn] {
            let scaled = rotary(settings).unwrap().frequencies;
            assert!(scaled.iter().zip(&plain).all(|(s, p)| (p / 4.001..p * 1.001).contains(s)), "{scaled:?}");
            assert!((scaled[3] * 4.0 / plain[3] - 1.0).abs() < 1e-5, "{scaled:?}");
        }
    }

    #[test]
    fn pairs_are_whole_numbers_unless_yarn_is_told_otherwise_and_null_is_no() {
        let of = |truncate: Value| {
            let mut settings =
                json!({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096});
            settings["truncate"] = truncate;
            rotary(settings).unwrap().frequencies
        };
        assert_eq!(of(Value::Null), of(false.into()));
        assert_ne!(of(false.into()), of(true.into()));
    }

    #[test]
    fn what_would_give_other_vectors_is_refused_by_name() {
        let refused = [
            (json!({"rope_type": "longrope"}), "rope_type"),
            (json!({"rope_type": "linear"}), "factor"),
            (json!({"rope_type": "linear", "factor": 0}), "factor"),
            (json!({"rope_theta": "large"}), "rope_theta"),
            (json!({"rope_theta": 0}), "rope_theta"),
            (json!({"partial_rotary_factor": 0.5}), "partial_rotary_factor"),
            (json!({"short_factor": [1.0]}), "short_factor"),
            (json!({"rope_type": "yarn", "factor": 2.0, "truncate": "no"}), "truncate"),
        ];
        for (settings, named) in refused {
            let error = rotary(settings.clone()).unwrap_err().to_string();
            assert!(error.contains(named), "{settings}: {error}");
        }
    }
}
