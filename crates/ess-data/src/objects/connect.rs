//! The client of a store, by the scheme of its URL.

use std::sync::Arc;

use object_store::{
    ClientConfigKey, Error as StoreError, ObjectStore, ObjectStoreScheme, aws::AmazonS3Builder,
    azure::MicrosoftAzureBuilder, gcp::GoogleCloudStorageBuilder, http::HttpBuilder, local::LocalFileSystem,
};
use url::Position;

use super::{
    address::Address, error::ObjectError, failure::Failure, http_client::Connector, settings::ObjectSettings,
};
use crate::error::Error;

/// Values that are shorter are no secrets, and words of messages.
const SECRET_BYTES: usize = 6;

/// A builder with the settings, built: the builders have the same methods and no trait.
macro_rules! built {
    ($builder:expr, $address:expr, $settings:expr) => {{
        let mut builder = $builder;
        for (name, value) in &$settings.options {
            let key = name.to_ascii_lowercase().parse().map_err(|_| unknown($address, name))?;
            builder = builder.with_config(key, value);
        }
        let builder = builder.with_retry($settings.retry()).with_http_connector(Connector::new($settings));
        Arc::new(builder.build().map_err(|error| not_built($address, $settings, &error))?) as _
    }};
}

pub(super) fn connect(address: &Address, settings: &ObjectSettings) -> Result<Arc<dyn ObjectStore>, Error> {
    let url = address.url.as_str();
    Ok(match address.scheme {
        // What is there after a crash is whole, as of files that are written here.
        ObjectStoreScheme::Local => Arc::new(LocalFileSystem::new().with_fsync(true)),
        ObjectStoreScheme::AmazonS3 => built!(AmazonS3Builder::from_env().with_url(url), address, settings),
        ObjectStoreScheme::GoogleCloudStorage => {
            built!(GoogleCloudStorageBuilder::from_env().with_url(url), address, settings)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            built!(MicrosoftAzureBuilder::from_env().with_url(url), address, settings)
        }
        ObjectStoreScheme::Http => {
            let base = &address.url[..Position::BeforePath];
            // Whoever writes http means it.
            let allow_http = (address.url.scheme() == "http").to_string();
            let builder = HttpBuilder::new().with_url(base);
            built!(builder.with_config(ClientConfigKey::AllowHttp, allow_http), address, settings)
        }
        _ => {
            let (expected, found) = ("a store that keeps what is written", address.url.scheme().to_owned());
            return Err(ObjectError::Url { url: address.shown.clone(), expected, found }.into());
        }
    })
}

/// Why there is no client of the settings, which may quote one of them.
fn not_built(address: &Address, settings: &ObjectSettings, error: &StoreError) -> Error {
    let of_environment = std::env::vars_os().filter_map(|(name, value)| {
        let of_store =
            ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|start| name.to_string_lossy().starts_with(start));
        value.into_string().ok().filter(|_| of_store)
    });
    let values = settings.options.values().cloned().chain(of_environment);
    let failure = match Failure::of(error, None) {
        Failure::Refused(reason) => {
            let hide = |reason: String, value: String| reason.replace(&value, "…");
            Failure::Refused(values.filter(|value| value.len() >= SECRET_BYTES).fold(reason, hide))
        }
        other => other,
    };
    failure.at(&address.shown)
}

fn unknown(address: &Address, name: &str) -> ObjectError {
    ObjectError::Setting {
        url: address.shown.clone(),
        name: name.to_owned(),
        expected: "a name that object_store has for this kind of store, such as aws_region",
        found: "another name".to_owned(),
    }
}
