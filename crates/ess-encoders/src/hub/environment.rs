//! The variables that Python's programs heed.

use std::{ffi::OsString, path::PathBuf};

/// What the variables say of the hub; `None` and `false` where they say nothing.
pub(super) struct Environment {
    pub(super) cache: PathBuf,
    pub(super) endpoint: Option<String>,
    pub(super) token: Option<String>,
    pub(super) offline: bool,
}

impl Environment {
    /// The variables of this process.
    pub(super) fn read() -> Self {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(value: impl Fn(&str) -> Option<OsString>) -> Self {
        let variable = |name: &str| value(name).filter(|value| !value.is_empty());
        let text = |name: &str| variable(name)?.into_string().ok();
        let cache_home = || match variable("XDG_CACHE_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => std::env::home_dir().unwrap_or_default().join(".cache"),
        };
        let home = variable("HF_HOME").map_or_else(|| cache_home().join("huggingface"), PathBuf::from);
        let cache = variable("HF_HUB_CACHE").or_else(|| variable("HUGGINGFACE_HUB_CACHE"));
        let token_file = variable("HF_TOKEN_PATH").map_or_else(|| home.join("token"), PathBuf::from);
        let from_file = || Some(std::fs::read_to_string(token_file).ok()?.trim().to_owned());
        let is_set = |name: &str| {
            text(name).is_some_and(|value| {
                ["1", "yes", "on", "true"].contains(&value.to_ascii_lowercase().as_str())
            })
        };
        Self {
            cache: cache.map_or_else(|| home.join("hub"), PathBuf::from),
            endpoint: text("HF_ENDPOINT"),
            token: text("HF_TOKEN").or_else(from_file).filter(|token| !token.is_empty()),
            offline: is_set("HF_HUB_OFFLINE") || is_set("TRANSFORMERS_OFFLINE"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        Environment::from_variables(value)
    }

    #[test]
    fn the_cache_is_where_the_first_variable_says() {
        let all = [
            ("HF_HUB_CACHE", "/a", "/a"),
            ("HUGGINGFACE_HUB_CACHE", "/b", "/b"),
            ("HF_HOME", "/c", "/c/hub"),
            ("XDG_CACHE_HOME", "/d", "/d/huggingface/hub"),
        ];
        for first in 0..all.len() {
            let set: Vec<_> = all[first..].iter().map(|(name, value, _)| (*name, *value)).collect();
            assert_eq!(environment(&set).cache, Path::new(all[first].2));
        }
        assert!(environment(&[("HF_HUB_CACHE", "")]).cache.ends_with(".cache/huggingface/hub"));
    }

    #[test]
    fn offline_is_said_in_several_ways() {
        for name in ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"] {
            for (value, offline) in
                [("1", true), ("ON", true), ("Yes", true), ("true", true), ("0", false), ("", false)]
            {
                assert_eq!(environment(&[(name, value)]).offline, offline, "{name}={value}");
            }
        }
        assert!(!environment(&[]).offline);
    }

    #[test]
    fn the_server_and_the_token_are_those_named() {
        let home = tempfile::tempdir().unwrap();
        let at_home = ("HF_HOME", home.path().to_str().unwrap());
        assert_eq!((environment(&[at_home]).token, environment(&[at_home]).endpoint), (None, None));
        std::fs::write(home.path().join("token"), "kept\n").unwrap();
        std::fs::write(home.path().join("other"), "named").unwrap();
        let named = home.path().join("other");
        let named = ("HF_TOKEN_PATH", named.to_str().unwrap());
        assert_eq!(environment(&[at_home]).token.as_deref(), Some("kept"));
        assert_eq!(environment(&[at_home, named]).token.as_deref(), Some("named"));
        assert_eq!(environment(&[at_home, named, ("HF_TOKEN", "given")]).token.as_deref(), Some("given"));
        assert_eq!(
            environment(&[("HF_ENDPOINT", "http://mirror")]).endpoint.as_deref(),
            Some("http://mirror")
        );
    }
}
