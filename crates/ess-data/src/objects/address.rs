//! URLs of folders of object stores.

use object_store::{ObjectStoreScheme, path::Path};
use url::Url;

use super::error::ObjectError;

const EXPECTED: &str = "a URL without user, password and query, such as s3://bucket/folder, gs://…, az://…, file:///…, https://…";

/// Where a folder is.
pub(super) struct Address {
    pub(super) scheme: ObjectStoreScheme,
    pub(super) url: Url,
    pub(super) path: Path,
    /// The URL as it may be shown.
    pub(super) shown: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, ObjectError> {
        let shown = shown(text);
        let refused = |found: String| ObjectError::Url { url: shown.clone(), expected: EXPECTED, found };
        let url = Url::parse(text).map_err(|error| refused(error.to_string()))?;
        if let Some(wrong) = wrong_with(&url) {
            return Err(refused(wrong.to_owned()));
        }
        let scheme = ObjectStoreScheme::parse(&url);
        let (scheme, path) = scheme.map_err(|_| refused(format!("the scheme {}", url.scheme())))?;
        Ok(Self { scheme, url, path, shown })
    }
}

/// What a URL has that belongs into the environment or nowhere, or misses.
fn wrong_with(url: &Url) -> Option<&'static str> {
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    if url.password().is_some() {
        Some("one with a password")
    } else if !url.username().is_empty() && !names_container(url.scheme()) {
        Some("one with a user")
    } else if url.query().is_some() || url.fragment().is_some() {
        Some("one with a query or a fragment")
    } else if url.scheme() == "file" {
        has_host.then_some("one with a host: a path begins with the third slash")
    } else {
        (!has_host).then_some("one without a bucket or a host")
    }
}

/// A URL without what may be secret in it, even where it cannot be parsed, and without a slash at its end.
pub(super) fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.rsplit('@').next().unwrap_or_default().to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let shown = match (authority.rsplit_once('@'), path.rsplit_once('@')) {
        (Some((user, host)), _) if names_container(scheme) => {
            format!("{scheme}://{}@{host}{path}", user.split(':').next().unwrap_or_default())
        }
        (Some((_, host)), _) => format!("{scheme}://{host}{path}"),
        // A password with a slash in it.
        (None, Some((_, behind))) if !has_port_or_none(authority) => format!("{scheme}://…@{behind}"),
        _ => format!("{scheme}://{rest}"),
    };
    match shown.trim_end_matches('/') {
        whole if whole.ends_with(':') => shown,
        whole => whole.to_owned(),
    }
}

/// Azure has the container where others have a user, and the account as the host.
fn names_container(scheme: &str) -> bool {
    matches!(scheme, "az" | "adl" | "azure" | "abfs" | "abfss")
}

fn has_port_or_none(authority: &str) -> bool {
    authority.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_refused_and_not_shown() {
        for (text, words) in [
            ("s3://KEY:SECRET@bucket/a", "s3://bucket/a: expected a URL"),
            ("s3://SECRET@bucket/a", "one with a user"),
            ("https://host/a?sig=SECRET", "https://host/a: expected a URL"),
            ("az://container:SECRET@account/a", "az://container@account/a"),
            ("s3://KEY:SE/CRET@bucket/a#SECRET", "expected a URL"),
            ("KEY:SECRET@bucket", "bucket: expected a URL"),
            ("ftp://host/a", "the scheme ftp"),
            ("s3://", "s3://: expected a URL"),
            ("file://here/a", "third slash"),
        ] {
            let Err(error) = Address::parse(text) else { panic!("{text} is an address") };
            let said = format!("{error} {error:?}");
            assert!(said.contains(words), "{text}: {said}");
            assert!(!said.contains("SECRET") && !said.contains("CRET") && !said.contains("KEY"), "{said}");
        }
    }

    #[test]
    fn the_path_is_what_stands_behind_the_bucket() {
        for (text, path, shown) in [
            ("s3://bucket/a/b/", "a/b", "s3://bucket/a/b"),
            ("gs://bucket", "", "gs://bucket"),
            ("az://container@account/a", "a", "az://container@account/a"),
            ("s3://bucket/a@b", "a@b", "s3://bucket/a@b"),
            ("file:///a/b", "a/b", "file:///a/b"),
            ("http://127.0.0.1:8080/a", "a", "http://127.0.0.1:8080/a"),
        ] {
            let address = Address::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((address.path.as_ref(), &*address.shown), (path, shown));
        }
    }
}
