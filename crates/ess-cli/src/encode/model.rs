//! A loaded encoder, with the kind of encoding that was asked for.

use std::sync::Arc;

use ess_core::{Embeddings, Error, ItemEncoder, QueryEncoder, TokenStates};
use ess_data::Provenance;
use ess_encoders::{
    ColbertEncoder, LateChunker, LayerEncoder, RepresentationEncoder, SentenceEncoder, StaticEncoder,
    TokenCounter, TokenEncoder, TwoTowerEncoder,
};

use super::provenance::notes;

/// A loaded encoder, and where its embeddings will say that they come from.
pub(crate) struct Model {
    kind: Kind,
    // Of items and of queries.
    provenance: [Provenance; 2],
    // Items give token states as queries do, where those do.
    item_states: bool,
    // For passages that are pooled from the states of the whole item.
    chunker: Option<LateChunker>,
    // For the bar, with the most tokens of a text; none where there is no bar, or no tokenizer here.
    counter: Option<(TokenCounter, usize)>,
}

pub(super) enum Kind {
    One(Arc<SentenceEncoder>),
    Two(Box<TwoTowerEncoder>),
    Layers(LayerEncoder),
    Represented(Box<RepresentationEncoder>),
    States(TokenEncoder),
    Static(Box<StaticEncoder>),
    Colbert(Box<ColbertEncoder>),
    #[cfg(feature = "http")]
    Hosted(Box<ess_encoders::HttpEncoder>),
    /// Of files, whose paths stand in the place of texts.
    #[cfg(feature = "images")]
    Images(Box<ess_encoders::ImageFileEncoder>),
}

/// What a batch of texts became.
pub(crate) enum Encoded {
    Vectors(Embeddings),
    States(TokenStates),
}

impl Model {
    /// Pools passages from the states of whole items, by this.
    pub(super) fn with_chunker(self, chunker: Option<LateChunker>) -> Self {
        Self { chunker, ..self }
    }

    /// Counts tokens, for a bar.
    pub(super) fn with_counter(self) -> Result<Self, ess_encoders::Error> {
        Ok(Self { counter: self.kind.token_counter()?, ..self })
    }

    /// The tokens of texts as they are cut, where that is asked for and can be told.
    pub(crate) fn count_tokens(&self, texts: &[&str]) -> Option<usize> {
        let (counter, longest) = self.counter.as_ref()?;
        Some(counter.count(texts).ok()?.into_iter().map(|count| count.min(*longest)).sum())
    }

    /// An encoder with the provenance of its items and of its queries. What whoever uses the vectors must know is said.
    pub(super) fn new(kind: Kind, provenance: [Provenance; 2], item_states: bool) -> Self {
        let whole_rows = match &kind {
            Kind::Layers(_) => false,
            Kind::Represented(encoder) => encoder.blocks().len() == 1,
            _ => true,
        };
        for note in notes(&provenance, whole_rows) {
            note!("note: {note}");
        }
        Self { kind, provenance, item_states, chunker: None, counter: None }
    }

    /// The provenance of items, or of queries.
    pub(crate) fn provenance(&self, of_items: bool) -> Provenance {
        let mut provenance = self.provenance[usize::from(!of_items)].clone();
        if of_items {
            provenance.text = provenance.text.map(|cut| format!("title + \" \" + text, {cut}"));
            let vectors_alone = matches!(self.kind, Kind::States(_)) && !self.item_states;
            provenance.layers = provenance.layers.filter(|_| !vectors_alone);
        } else {
            provenance.text = provenance.text.map(|cut| format!("text, {cut}"));
        }
        provenance
    }

    /// The dimension of items' vectors.
    pub(crate) fn item_dim(&self) -> usize {
        match &self.kind {
            Kind::One(encoder) => ItemEncoder::dim(&**encoder),
            Kind::Two(encoder) => ItemEncoder::dim(&**encoder),
            Kind::Layers(encoder) => ItemEncoder::dim(encoder),
            Kind::Represented(encoder) => ItemEncoder::dim(&**encoder),
            Kind::States(encoder) => ItemEncoder::dim(encoder.encoder()),
            Kind::Static(encoder) => ItemEncoder::dim(&**encoder),
            Kind::Colbert(encoder) => QueryEncoder::dim(&**encoder),
            #[cfg(feature = "http")]
            Kind::Hosted(encoder) => ItemEncoder::dim(&**encoder),
            #[cfg(feature = "images")]
            Kind::Images(encoder) => ItemEncoder::dim(&**encoder),
        }
    }

    pub(crate) fn encode_items(&self, texts: &[&str]) -> Result<Encoded, Error> {
        match &self.kind {
            Kind::States(encoder) if self.item_states => encoder.encode_items(texts).map(Encoded::States),
            Kind::Colbert(encoder) => encoder.encode_items(texts).map(Encoded::States),
            _ => self.encode_passages(texts),
        }
    }

    /// One vector each, whatever is kept of whole items.
    pub(crate) fn encode_passages(&self, texts: &[&str]) -> Result<Encoded, Error> {
        let vectors = match &self.kind {
            Kind::One(encoder) => encoder.encode_items(texts),
            Kind::Two(encoder) => encoder.encode_items(texts),
            Kind::Layers(encoder) => encoder.encode_items(texts),
            Kind::Represented(encoder) => encoder.encode_items(texts),
            Kind::States(encoder) => encoder.encoder().encode_items(texts),
            Kind::Static(encoder) => encoder.encode_items(texts),
            Kind::Colbert(encoder) => encoder.encode_items(texts).map(|states| states.embeddings().clone()),
            #[cfg(feature = "http")]
            Kind::Hosted(encoder) => encoder.encode_items(texts),
            #[cfg(feature = "images")]
            Kind::Images(encoder) => encoder.encode_items(&paths(texts)),
        };
        vectors.map(Encoded::Vectors)
    }

    /// What pools passages from the states of whole items, where that was asked for.
    pub(crate) fn chunker(&self) -> Option<&LateChunker> {
        self.chunker.as_ref()
    }

    pub(crate) fn encode_queries(&self, texts: &[&str]) -> Result<Encoded, Error> {
        match &self.kind {
            Kind::One(encoder) => encoder.encode_queries(texts).map(Encoded::Vectors),
            Kind::Two(encoder) => encoder.encode_queries(texts).map(Encoded::Vectors),
            Kind::Layers(encoder) => encoder.encode_queries(texts).map(Encoded::Vectors),
            Kind::Represented(encoder) => encoder.encode_queries(texts).map(Encoded::Vectors),
            Kind::States(encoder) => encoder.encode_queries(texts).map(Encoded::States),
            Kind::Static(encoder) => encoder.encode_queries(texts).map(Encoded::Vectors),
            Kind::Colbert(encoder) => encoder.encode_queries(texts).map(Encoded::States),
            #[cfg(feature = "http")]
            Kind::Hosted(encoder) => encoder.encode_queries(texts).map(Encoded::Vectors),
            #[cfg(feature = "images")]
            Kind::Images(encoder) => encoder.encode_queries(&paths(texts)).map(Encoded::Vectors),
        }
    }
}

#[cfg(feature = "images")]
fn paths<'t>(texts: &[&'t str]) -> Vec<&'t std::path::Path> {
    texts.iter().map(|text| std::path::Path::new(*text)).collect()
}

impl Kind {
    /// What counts the tokens of texts, and the most of one.
    fn token_counter(&self) -> Result<Option<(TokenCounter, usize)>, ess_encoders::Error> {
        let of = |encoder: &SentenceEncoder| Ok(Some((encoder.token_counter()?, encoder.max_tokens())));
        match self {
            Self::One(encoder) => of(encoder),
            Self::Two(encoder) => {
                let item = encoder.item();
                Ok(Some((item.token_counter()?, item.max_tokens().unwrap_or(usize::MAX))))
            }
            Self::Layers(encoder) => of(encoder.encoder()),
            Self::Represented(encoder) => of(encoder.encoder()),
            Self::States(encoder) => of(encoder.encoder()),
            Self::Static(encoder) => {
                Ok(Some((encoder.token_counter()?, encoder.max_tokens().unwrap_or(usize::MAX))))
            }
            Self::Colbert(_) => Ok(None),
            #[cfg(feature = "http")]
            Self::Hosted(_) => Ok(None),
            #[cfg(feature = "images")]
            Self::Images(_) => Ok(None),
        }
    }
}
