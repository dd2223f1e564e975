//! Engines that settings call by name.

use serde::de::DeserializeOwned;

use crate::{engine::Engine, error::Error, settings::EngineSettings};

/// An engine that programs call by its name, once [`register_engine`](crate::register_engine) has made it known.
///
/// ```
/// use std::{
///     collections::BTreeMap,
///     sync::{Mutex, PoisonError},
/// };
///
/// use ess_core::{Effort, Embeddings, Hit, Index, TopK};
/// use ess_engines::{
///     Admitted, Engine, EngineSettings, Error, Extent, NamedEngine, Upload, UploadRecord, engines, open_engine,
///     register_engine,
/// };
///
/// /// Items in the memory of this process.
/// struct Shelf {
///     name: String,
///     rows: Mutex<BTreeMap<i64, Vec<f32>>>,
/// }
///
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct ShelfConfig {
///     name: String,
/// }
///
/// impl NamedEngine for Shelf {
///     const NAME: &'static str = "shelf";
///     type Config = ShelfConfig;
///
///     fn open(config: ShelfConfig, _: &EngineSettings) -> Result<Self, Error> {
///         Ok(Self { name: config.name, rows: Mutex::default() })
///     }
/// }
///
/// impl Shelf {
///     fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<i64, Vec<f32>>) -> T) -> T {
///         act(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner))
///     }
/// }
///
/// impl Engine for Shelf {
///     fn dim(&self) -> usize {
///         2
///     }
///
///     fn exact(&self) -> bool {
///         true
///     }
///
///     fn place(&self) -> Option<String> {
///         Some(format!("shelf {}", self.name))
///     }
///
///     fn extent(&self) -> Result<Extent, Error> {
///         Ok(self.with(|rows| Extent {
///             items: rows.len(),
///             next_row: rows.last_key_value().map_or(0, |(row, _)| *row as usize + 1),
///         }))
///     }
///
///     fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
///         let numbered = (first_row as i64..).zip(items.rows().map(<[f32]>::to_vec));
///         self.with(|rows| rows.extend(numbered));
///         Ok(())
///     }
///
///     fn delete(&self, deleted: &[i64]) -> Result<(), Error> {
///         self.with(|rows| rows.retain(|row, _| !deleted.contains(row)));
///         Ok(())
///     }
///
///     fn search(
///         &self,
///         queries: &Embeddings,
///         k: usize,
///         _: &Effort,
///         _: Option<&Admitted>,
///     ) -> Result<Vec<Vec<Hit>>, Error> {
///         let product = |query: &[f32], item: &[f32]| query.iter().zip(item).map(|(q, i)| q * i).sum();
///         let answer = |query: &[f32]| {
///             let mut best = TopK::new(k);
///             self.with(|rows| {
///                 rows.iter().for_each(|(&row, item)| best.push(Hit::new(row as usize, product(query, item))));
///             });
///             best.into_sorted()
///         };
///         Ok(queries.rows().map(answer).collect())
///     }
/// }
///
/// register_engine::<Shelf>()?;
/// assert!(engines().contains(&"shelf"));
/// let settings = serde_json::json!({ "name": "papers", "requests": { "batch": 100 } });
/// let opened = open_engine("shelf", settings)?;
/// assert_eq!((opened.name, opened.place.as_deref()), ("shelf", Some("shelf papers")));
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8]])?;
/// let keep = |_: &UploadRecord| Ok(()); // Nobody goes on with this one.
/// let mut upload = Upload::begin(opened.index.clone(), UploadRecord::default(), items.len(), keep)?;
/// assert!(upload.store(0, &items, "a checksum of the vectors")?);
/// assert_eq!(upload.finish()?.rows(), 2);
/// let hits = opened.index.search(&Embeddings::from_rows(&[[0.0, 1.0]])?, 1)?;
/// assert_eq!(hits[0][0].item, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait NamedEngine: Engine + Sized + 'static {
    /// The name: lower-case letters, digits and `_`.
    const NAME: &'static str;

    /// Where items are kept, as data. It should refuse fields that it does not know.
    type Config: DeserializeOwned;

    /// Opens what the config names, and makes it where it is not there.
    ///
    /// # Errors
    /// Those of the engine; [`Error::Collection`] for what is there and has another dimension or similarity.
    fn open(config: Self::Config, settings: &EngineSettings) -> Result<Self, Error>;
}
