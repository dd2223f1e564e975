//! The variables that Python's programs heed.

use std::{ffi::OsString, path::PathBuf};

use super::{ENDPOINT, Hub, TIME_LIMIT};

impl Hub {
    /// What the usual variables say: the cache is `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `HF_HOME`/hub, else
    /// ~/.cache/huggingface/hub (`XDG_CACHE_HOME` heeded); `HF_ENDPOINT` is the server; `HF_HUB_OFFLINE` or
    /// `TRANSFORMERS_OFFLINE` set to 1, yes, on or true looks in the cache alone; `HF_TOKEN`, else the file `HF_TOKEN_PATH`,
    /// else `HF_HOME`/token, for models that ask for one.
    pub fn from_env() -> Self {
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
            endpoint: text("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned()),
            token: text("HF_TOKEN").or_else(from_file).filter(|token| !token.is_empty()),
            offline: is_set("HF_HUB_OFFLINE") || is_set("TRANSFORMERS_OFFLINE"),
            progress: false,
            time_limit: TIME_LIMIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn hub(variables: &[(&str, &str)]) -> Hub {
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        Hub::from_variables(value)
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
            assert_eq!(hub(&set).cache, Path::new(all[first].2));
        }
        assert!(hub(&[("HF_HUB_CACHE", "")]).cache.ends_with(".cache/huggingface/hub"));
    }

    #[test]
    fn offline_is_said_in_several_ways() {
        for name in ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"] {
            for (value, offline) in
                [("1", true), ("ON", true), ("Yes", true), ("true", true), ("0", false), ("", false)]
            {
                assert_eq!(hub(&[(name, value)]).offline, offline, "{name}={value}");
            }
        }
        assert!(!hub(&[]).offline);
    }

    #[test]
    fn the_server_and_the_token_are_those_named() {
        let home = tempfile::tempdir().unwrap();
        let at_home = ("HF_HOME", home.path().to_str().unwrap());
        assert_eq!((hub(&[at_home]).token, hub(&[at_home]).endpoint), (None, ENDPOINT.to_owned()));
        std::fs::write(home.path().join("token"), "kept\n").unwrap();
        std::fs::write(home.path().join("other"), "named").unwrap();
        let named = home.path().join("other");
        let named = ("HF_TOKEN_PATH", named.to_str().unwrap());
        assert_eq!(hub(&[at_home]).token.as_deref(), Some("kept"));
        assert_eq!(hub(&[at_home, named]).token.as_deref(), Some("named"));
        assert_eq!(hub(&[at_home, named, ("HF_TOKEN", "given")]).token.as_deref(), Some("given"));
        assert_eq!(hub(&[("HF_ENDPOINT", "http://mirror")]).endpoint, "http://mirror");
    }
}
