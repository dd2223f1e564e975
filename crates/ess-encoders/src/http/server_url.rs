//! The address of a server, which tells no secret.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};
use ureq::http::Uri;

use crate::error::Error;

/// The address of a server: `http://` or `https://`, a host, perhaps a port, a path and `?api-version=…`.
///
/// A name and a password before the host, and all other parameters, are refused: addresses are logged and stored, and keys
/// come from the environment alone.
///
/// ```
/// use ess_encoders::ServerUrl;
///
/// let url: ServerUrl = "https://api.openai.com/v1".parse()?;
/// assert_eq!(url.to_string(), "https://api.openai.com/v1");
/// assert!("https://me:secret@host/v1".parse::<ServerUrl>().is_err());
/// # Ok::<(), ess_encoders::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerUrl(String);

const EXPECTED: &str =
    "http:// or https://, a host, and neither a user nor a parameter other than api-version";

impl ServerUrl {
    /// The address at which an API is asked whose path on a bare host is `path`: `http://host` takes the whole path,
    /// `https://host/v1` its last part, and an address that ends with that part is taken as it is.
    pub(super) fn endpoint(&self, path: &str) -> String {
        let (address, query) = self.0.split_once('?').map_or((self.0.as_str(), None), |(a, q)| (a, Some(q)));
        let address = address.trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or(path);
        let host = address.find("://").map_or(0, |at| at + 3);
        let bare = !address[host..].contains('/');
        let whole = match bare {
            true => format!("{address}{path}"),
            false if address.rsplit('/').next() == Some(last) => address.to_owned(),
            false => format!("{address}/{last}"),
        };
        query.map_or(whole.clone(), |query| format!("{whole}?{query}"))
    }
}

impl ServerUrl {
    /// Whether it is on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        let uri = self.0.parse::<Uri>().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default().to_ascii_lowercase();
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || host.ends_with(".localhost") || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

impl FromStr for ServerUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |found: &str| {
            Err(Error::HttpSetting { name: "url", expected: EXPECTED.to_owned(), found: found.to_owned() })
        };
        let Ok(uri) = text.parse::<Uri>() else { return refuse("what is no address") };
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return refuse("an address of another kind");
        }
        if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return refuse("an address with a user, which is not shown here");
        }
        if uri.host().is_none_or(str::is_empty) {
            return refuse("an address without a host");
        }
        let parameters = uri.query().unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty());
        if parameters.into_iter().any(|parameter| !parameter.starts_with("api-version="))
            || text.contains('#')
        {
            return refuse("an address with parameters, which are not shown here");
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ServerUrl {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> Self {
        url.0
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_hold_a_secret_is_refused_and_not_repeated() {
        for url in [
            "https://me:hunter2@host/v1",
            "https://hunter2@host",
            "http://host/v1?key=hunter2",
            "http://host?api-version=1&token=hunter2",
            "http://host#hunter2",
            "ftp://hunter2/",
            "hunter2",
            "http://",
            "http://ho st/hunter2",
            "",
        ] {
            let error = url.parse::<ServerUrl>().unwrap_err();
            assert!(matches!(error, Error::HttpSetting { name: "url", .. }), "{url}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
            let json = serde_json::from_value::<ServerUrl>(url.into()).unwrap_err();
            assert!(!format!("{json} {json:?}").contains("hunter2"), "{json}");
        }
    }

    #[test]
    fn servers_on_this_machine_are_told_from_others() {
        for (url, is) in [
            ("http://127.0.0.1:8080", true),
            ("http://127.8.0.1/v1", true),
            ("http://[::1]:80", true),
            ("http://LOCALHOST:1/v1", true),
            ("http://127.0.0.1.example.com", false),
            ("https://api.openai.com/v1", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(url.parse::<ServerUrl>().unwrap().is_loopback(), is, "{url}");
        }
    }

    #[test]
    fn the_path_of_an_api_is_put_behind_what_the_address_has() {
        let path = "/v1/embeddings";
        for (url, endpoint) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/embeddings"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1/embeddings"),
            ("https://api.openai.com/v1", "https://api.openai.com/v1/embeddings"),
            ("https://api.openai.com/v1/embeddings", "https://api.openai.com/v1/embeddings"),
            ("https://a/openai/d/embeddings?api-version=1", "https://a/openai/d/embeddings?api-version=1"),
            ("http://[::1]:80", "http://[::1]:80/v1/embeddings"),
        ] {
            assert_eq!(url.parse::<ServerUrl>().unwrap().endpoint(path), endpoint);
        }
        assert_eq!("http://a".parse::<ServerUrl>().unwrap().endpoint("/embed"), "http://a/embed");
    }
}
