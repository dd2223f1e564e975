//! The vectors of texts, from the cache or from the server.

use std::{
    ops::Range,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::{
    answer::MAX_DIM,
    api::{EmbeddingApi, TextRole},
    apis::NamedApi,
    cache::VectorCache,
    client::{Client, Expected},
    config::HttpConfig,
    prepared::{Prepared, request},
};
use crate::error::Error;

/// Vectors by the index of their text.
type Placed = Vec<(usize, Vec<f32>)>;

/// What gives vectors: a server, and the cache before it.
pub(super) struct ServedVectors {
    pub(super) config: HttpConfig,
    api: NamedApi,
    client: Client,
    cache: Option<Mutex<VectorCache>>,
    // The dimension of the vectors that come, from the first of them on.
    served: OnceLock<usize>,
}

impl ServedVectors {
    /// Checks the settings and opens the cache; nothing is asked for.
    pub(super) fn new(config: HttpConfig) -> Result<Self, Error> {
        config.check()?;
        let api = config.named_api()?;
        let client = Client::new(&config, api.get().path())?;
        let cache = config.cache.as_deref().map(VectorCache::open).transpose()?.map(Mutex::new);
        let served = OnceLock::new();
        if let Some(dimensions) = config.dimensions.filter(|_| api.get().takes_dimensions()) {
            served.get_or_init(|| dimensions);
        }
        Ok(Self { config, api, client, cache, served })
    }

    /// The components of each vector, where they were asked for or a vector has come.
    pub(super) fn dim(&self) -> Option<usize> {
        self.served.get().copied()
    }

    fn api(&self) -> &dyn EmbeddingApi {
        self.api.get()
    }

    /// The vectors of texts as the server gives them.
    pub(super) fn of(&self, texts: &[&str], role: TextRole) -> Result<Vec<Vec<f32>>, Error> {
        let prepared = Prepared::new(&self.config, self.api(), self.client.endpoint(), texts, role)?;
        let mut found = self.cached(&prepared)?;
        let missing: Vec<usize> = (0..found.len()).filter(|&at| found[at].is_none()).collect();
        for (at, vector) in self.ask(&prepared, &missing, role)? {
            found[at] = Some(vector);
        }
        let vector = |&index: &usize| found[index].clone().expect("cached or asked for");
        Ok(prepared.indices.iter().map(vector).collect())
    }

    /// The vectors that the cache has.
    fn cached(&self, prepared: &Prepared<'_>) -> Result<Vec<Option<Vec<f32>>>, Error> {
        let Some(cache) = &self.cache else { return Ok(vec![None; prepared.texts.len()]) };
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        let vectors = prepared.keys.iter().map(|key| cache.get(key)).collect::<Result<Vec<_>, _>>()?;
        drop(cache);
        for vector in vectors.iter().flatten() {
            self.check_dim(vector)
                .map_err(|reason| self.client.wrong_answer(&format!("kept in the cache: {reason}")))?;
        }
        Ok(vectors)
    }

    /// Asks for the texts of some indices, in several requests at once; what came before a failure is in the cache.
    fn ask(&self, prepared: &Prepared<'_>, missing: &[usize], role: TextRole) -> Result<Placed, Error> {
        let requests = self.requests(prepared, missing);
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (vectors, failure) = (Mutex::new(Vec::with_capacity(missing.len())), Mutex::new(None));
        let work = || {
            while let Some(range) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                match self.ask_once(prepared, &missing[range.clone()], role, &stop) {
                    Ok(Some(came)) => vectors.lock().unwrap_or_else(PoisonError::into_inner).extend(came),
                    Ok(None) => return,
                    Err(error) => {
                        stop.store(true, Ordering::Relaxed);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        return;
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.config.limits.concurrency.min(requests.len()) {
                scope.spawn(work);
            }
            work();
        });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(vectors.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// One request; the vectors by index. What came is in the cache.
    fn ask_once(
        &self,
        prepared: &Prepared<'_>,
        indices: &[usize],
        role: TextRole,
        stop: &AtomicBool,
    ) -> Result<Option<Placed>, Error> {
        let texts: Vec<&str> = indices.iter().map(|&index| prepared.texts[index].as_ref()).collect();
        let body = self.api().body(&request(&self.config, self.api(), &texts, role)).to_string();
        let checked = |answer: &[u8]| self.checked(self.api().vectors(answer)?, texts.len());
        let expected = Expected { texts: texts.len(), dim: self.served.get().copied() };
        let Some(vectors) = self.client.post(body.as_bytes(), expected, stop, checked)? else {
            return Ok(None);
        };
        if let Some(cache) = &self.cache {
            let kept: Vec<_> = indices
                .iter()
                .zip(&vectors)
                .map(|(&index, vector)| (prepared.keys[index], vector.as_slice()))
                .collect();
            cache.lock().unwrap_or_else(PoisonError::into_inner).append(&kept)?;
        }
        Ok(Some(indices.iter().copied().zip(vectors).collect()))
    }

    /// Which of the missing texts go together.
    fn requests(&self, prepared: &Prepared<'_>, missing: &[usize]) -> Vec<Range<usize>> {
        let most = self.config.limits.batch_texts.min(self.api().max_texts()).max(1);
        let (mut requests, mut start, mut chars) = (Vec::new(), 0, 0);
        for (at, &index) in missing.iter().enumerate() {
            let more = prepared.texts[index].chars().count();
            if at > start && (at - start == most || chars + more > self.config.limits.batch_chars) {
                requests.push(start..at);
                (start, chars) = (at, 0);
            }
            chars += more;
        }
        requests.extend((start < missing.len()).then_some(start..missing.len()));
        requests
    }

    /// The vectors of an answer, where they are what was asked for.
    fn checked(&self, vectors: Vec<Vec<f32>>, texts: usize) -> Result<Vec<Vec<f32>>, String> {
        if vectors.len() != texts {
            return Err(format!("expected {texts} embeddings, found {}", vectors.len()));
        }
        let dim = vectors[0].len();
        if !(1..=MAX_DIM).contains(&dim) {
            return Err(format!("expected embeddings of 1 to {MAX_DIM} components, found {dim}"));
        }
        for (at, vector) in vectors.iter().enumerate() {
            if vector.len() != dim {
                return Err(format!("embedding {at} has {} components, others {dim}", vector.len()));
            }
            if let Some(component) = vector.iter().position(|component| !component.is_finite()) {
                return Err(format!("embedding {at}, component {component} is {}", vector[component]));
            }
        }
        // The first answer that is right otherwise says what the others must have.
        self.served.get_or_init(|| dim);
        self.check_dim(&vectors[0]).map(|()| vectors)
    }

    fn check_dim(&self, vector: &[f32]) -> Result<(), String> {
        match *self.served.get_or_init(|| vector.len()) {
            expected if expected == vector.len() => Ok(()),
            expected => Err(format!("expected embeddings of {expected} components, found {}", vector.len())),
        }
    }
}
