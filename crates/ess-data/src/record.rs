//! One line of `corpus.jsonl` or `queries.jsonl`.

use serde::{Deserialize, Deserializer, Serialize};

/// A JSON record with an id; implement it for records with more fields than BEIR's.
///
/// ```
/// use ess_data::{Record, read_records};
///
/// #[derive(serde::Deserialize)]
/// struct Film { _id: String, year: u16 }
///
/// impl Record for Film {
///     const WHAT: &'static str = "film";
///
///     fn id(&self) -> &str {
///         &self._id
///     }
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("corpus.jsonl");
/// std::fs::write(&path, r#"{"_id": "f1", "year": 1927}"#).unwrap();
/// assert_eq!(read_records::<Film>(&path)?[0].year, 1927);
/// # Ok::<(), ess_data::Error>(())
/// ```
pub trait Record {
    /// What it is, for messages: "query" or "item".
    const WHAT: &'static str;

    /// Its id, distinct within a file.
    fn id(&self) -> &str;
}

impl<T: Record + ?Sized> Record for &T {
    const WHAT: &'static str = T::WHAT;

    fn id(&self) -> &str {
        (**self).id()
    }
}

/// A line of `corpus.jsonl`: `{"_id": …, "title": …, "text": …}`.
///
/// A missing or null title is read as an empty one; other fields are ignored.
///
/// ```
/// use ess_data::Item;
///
/// let item = Item { id: "d1".into(), title: "Tides".into(), text: "The moon pulls.".into() };
/// assert_eq!(item.title_and_text(), "Tides The moon pulls.");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The title, empty where there is none.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub title: String,
    /// The text.
    pub text: String,
}

impl Item {
    /// Title, one space and text: what BEIR gives to an encoder. The text alone when there is no title.
    pub fn title_and_text(&self) -> String {
        if self.title.is_empty() { self.text.clone() } else { format!("{} {}", self.title, self.text) }
    }
}

impl Record for Item {
    const WHAT: &'static str = "item";

    fn id(&self) -> &str {
        &self.id
    }
}

/// A line of `queries.jsonl`: `{"_id": …, "text": …}`; other fields are ignored.
///
/// ```
/// let query: ess_data::Query = serde_json::from_str(r#"{"_id": "q1", "text": "why tides?"}"#)?;
/// assert_eq!(query.text, "why tides?");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The text.
    pub text: String,
}

impl Record for Query {
    const WHAT: &'static str = "query";

    fn id(&self) -> &str {
        &self.id
    }
}

fn null_as_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
