//! A representation of one model: its settings checked, its vectors brought to what is stored.

use std::sync::Arc;

use ess_core::{Embeddings, Error as CoreError};

use super::{kind::RepresentationKind, settings::Representation, table::NamedKind};
use crate::{
    error::Error,
    sentence::{encoder::SentenceEncoder, head::normalize, side::Side},
};

/// What stands where in the rows of a [`RepresentationEncoder`](crate::RepresentationEncoder).
///
/// ```no_run
/// use std::sync::Arc;
/// use ess_encoders::{Representation, RepresentationEncoder, SentenceEncoder};
///
/// let model = Arc::new(SentenceEncoder::load("all-MiniLM-L6-v2")?);
/// let encoder = RepresentationEncoder::new(model, vec!["pooled".parse()?, "layer=at:4,prefix:128".parse()?])?;
/// let blocks = encoder.blocks();
/// assert_eq!((blocks[1].space.as_str(), blocks[1].dim), ("layer 4, mean, first 128", 128));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepresentedBlock {
    /// The representation.
    pub representation: Representation,
    /// The space in which its vectors lie; inner products with vectors of the same model and another space mean nothing.
    pub space: String,
    /// How many components it has.
    pub dim: usize,
}

/// A checked representation.
pub(super) struct Block {
    pub(super) settings: Representation,
    pub(super) kind: NamedKind,
    pub(super) layer: usize,
    /// `None` where vectors go through the model's dense layers and normalisation.
    own_dim: Option<usize>,
    pub(super) model: Arc<SentenceEncoder>,
}

impl Block {
    pub(super) fn new(model: &Arc<SentenceEncoder>, settings: Representation) -> Result<Self, Error> {
        let kind = NamedKind::find(&settings.name)?;
        refuse_unread(&settings, kind.get())?;
        kind.get().check(&settings, model)?;
        let layer = kind.get().layer(&settings, model);
        let own_dim = kind.get().dim(&settings, model);
        let block = Self { settings, kind, layer, own_dim, model: model.clone() };
        block.prompt(Side::Query)?;
        let whole = block.whole_dim();
        match block.settings.prefix {
            Some(prefix) if !(1..=whole).contains(&prefix) => {
                let (name, expected) = ("prefix", "1 to the dimension of the vectors");
                Err(CoreError::InvalidParameter { name, expected, found: format!("{prefix} of {whole}") }
                    .into())
            }
            _ => Ok(block),
        }
    }

    /// The dimension before a prefix is taken.
    fn whole_dim(&self) -> usize {
        self.own_dim.unwrap_or_else(|| self.model.dim())
    }

    pub(super) fn dim(&self) -> usize {
        self.settings.prefix.unwrap_or_else(|| self.whole_dim())
    }

    /// The dimension of the vectors that the kind gives.
    fn given_dim(&self) -> usize {
        self.own_dim.unwrap_or_else(|| self.model.pooled_dim())
    }

    pub(super) fn described(&self) -> RepresentedBlock {
        let space = self.kind.get().space(&self.settings, &self.model);
        let space = match self.settings.prefix {
            Some(prefix) if prefix < self.whole_dim() => format!("{space}, first {prefix}"),
            _ => space,
        };
        RepresentedBlock { representation: self.settings.clone(), space, dim: self.dim() }
    }

    /// What is put before each text.
    pub(super) fn prompt(&self, side: Side) -> Result<&str, CoreError> {
        let prompts = self.model.named_prompts();
        match (&self.settings.prompt_text, &self.settings.prompt) {
            (Some(_), Some(name)) => {
                let (parameter, expected) = ("prompt", "none beside prompt_text");
                Err(CoreError::InvalidParameter { name: parameter, expected, found: name.clone() })
            }
            (Some(text), None) => Ok(text),
            (None, Some(name)) => prompts.get(name).map(String::as_str).ok_or_else(|| {
                let known: Vec<_> = prompts.keys().map(String::as_str).collect();
                let found = format!("{name}; known are {}", known.join(", "));
                CoreError::InvalidParameter { name: "prompt", expected: "a prompt of the model", found }
            }),
            (None, None) => Ok(self.model.side_prompt(side)),
        }
    }

    /// Whether rows have unit norm: where the model's vectors are compared by their cosine.
    pub(super) fn has_unit_norm(&self) -> bool {
        self.model.normalizes() || self.model.similarity() == Some("cosine")
    }

    /// The rows of texts, `n × dim`, from the vectors of each: through the head, cut to the prefix, and their mean; each of them
    /// brought to unit norm, and the mean as well.
    pub(super) fn rows(&self, texts: &[Vec<Vec<f32>>]) -> Result<Vec<f32>, Error> {
        let each = self.finished(texts)?;
        let (dim, mut rows, mut next) = (self.dim(), Vec::with_capacity(texts.len() * self.dim()), 0);
        for text in texts {
            let count = text.len().max(1);
            let vectors = &each[next * dim..(next + count) * dim];
            next += count;
            if count == 1 {
                rows.extend_from_slice(vectors);
                continue;
            }
            let mut mean = vec![0.0; dim];
            for vector in vectors.chunks_exact(dim) {
                mean.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value / count as f32);
            }
            if self.has_unit_norm() {
                normalize(&mut mean);
            }
            rows.append(&mut mean);
        }
        Ok(rows)
    }

    /// Each vector of each text, finished, one after another. A text without any has a zero vector, and a vector of zeros, that of
    /// no token, stays one: dense layers would make the same vector of all of them.
    pub(super) fn finished(&self, texts: &[Vec<Vec<f32>>]) -> Result<Vec<f32>, Error> {
        let zero = vec![0.0; self.given_dim()];
        let none = std::slice::from_ref(&zero);
        let vectors: Vec<&[f32]> = texts
            .iter()
            .flat_map(|text| if text.is_empty() { none } else { text.as_slice() })
            .map(Vec::as_slice)
            .collect();
        self.check_dims(&vectors)?;
        let whole = match self.own_dim {
            None => self.model.embed(&vectors)?,
            Some(dim) => Embeddings::from_vec(vectors.concat(), dim)?,
        };
        let is_whole = self.own_dim.is_none() && self.dim() == self.whole_dim();
        let finish = |(given, vector): (&&[f32], &[f32])| {
            if given.iter().all(|value| *value == 0.0) {
                return vec![0.0; self.dim()];
            }
            let mut vector = vector[..self.dim()].to_vec();
            // What the model has normalised already keeps its bits.
            if self.has_unit_norm() && !(is_whole && self.model.normalizes()) {
                normalize(&mut vector);
            }
            vector
        };
        Ok(vectors.iter().zip(whole.rows()).flat_map(finish).collect())
    }

    /// A kind of a program's own may give what it did not promise.
    fn check_dims(&self, vectors: &[&[f32]]) -> Result<(), Error> {
        let expected = self.given_dim();
        match vectors.iter().find(|vector| vector.len() != expected) {
            None => Ok(()),
            Some(vector) => {
                let (what, found) = ("components of a representation's vector", vector.len());
                Err(CoreError::LengthMismatch { what, expected, found }.into())
            }
        }
    }
}

fn refuse_unread(settings: &Representation, kind: &dyn RepresentationKind) -> Result<(), CoreError> {
    const ALWAYS: [&str; 3] = ["prompt", "prompt_text", "prefix"];
    let given = settings.given();
    let read = |name: &str| ALWAYS.contains(&name) || kind.reads().contains(&name);
    match given.keys().find(|name| !read(name)) {
        None => Ok(()),
        Some(name) => {
            let all: Vec<_> = kind.reads().iter().chain(&ALWAYS).copied().collect();
            let found = format!("{name}; {} reads {}", kind.name(), all.join(", "));
            let expected = "settings that it reads";
            Err(CoreError::InvalidParameter { name: "representation", expected, found })
        }
    }
}
