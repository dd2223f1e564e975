//! The encoder that `--model` names, with the kind of encoding that was asked for.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use ess_core::{Embeddings, Error, ItemEncoder, QueryEncoder, TokenStates};
use ess_data::{Provenance, StoredRepresentation};
use ess_encoders::{
    ColbertEncoder, LateChunker, LayerEncoder, Precision, RepresentationEncoder, SentenceEncoder,
    StaticEncoder, TokenCounter, TokenEncoder, TwoTowerEncoder,
};

use crate::data::{model_folder::model_folder, similarity_note::similarity_note};

use super::arguments::Arguments;

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

enum Kind {
    One(Arc<SentenceEncoder>),
    Two(Box<TwoTowerEncoder>),
    Layers(LayerEncoder),
    Represented(Box<RepresentationEncoder>),
    States(TokenEncoder),
    Static(Box<StaticEncoder>),
    Colbert(Box<ColbertEncoder>),
    #[cfg(feature = "http")]
    Hosted(Box<ess_encoders::HttpEncoder>),
}

/// What a batch of texts became.
pub(crate) enum Encoded {
    Vectors(Embeddings),
    States(TokenStates),
}

impl Model {
    pub(crate) fn load(arguments: &Arguments, quiet: bool) -> Result<Self> {
        let mut model = Self::open(arguments, quiet)?;
        model.counter = (!quiet).then(|| model.kind.token_counter()).transpose()?.flatten();
        Ok(model)
    }

    /// The tokens of texts as they are cut, where that is asked for and can be told.
    pub(crate) fn count_tokens(&self, texts: &[&str]) -> Option<usize> {
        let (counter, longest) = self.counter.as_ref()?;
        Some(counter.count(texts).ok()?.into_iter().map(|count| count.min(*longest)).sum())
    }

    fn open(arguments: &Arguments, quiet: bool) -> Result<Self> {
        if arguments.hosted.given() {
            return Self::ask(arguments);
        }
        let name = arguments.model.as_deref().context("--model: expected a folder or a name, found none")?;
        let folder = model_folder(name, quiet)?;
        let device = match arguments.device.is_cpu() {
            true => None,
            false => Some(arguments.device.open()?).filter(|device| *device != Device::flex()),
        };
        let precision = arguments.precision;
        ensure!(
            device.is_none() || precision == Precision::F32,
            "--precision: expected f32 on a device, found {precision}"
        );
        let mut provenance = named(name, &folder)?;
        provenance.precision =
            Some(precision).filter(|own| *own != Precision::F32).map(|own| own.to_string());
        if StaticEncoder::is_folder(&folder) {
            return Self::load_static(arguments, &folder, device.as_ref(), provenance);
        }
        if ColbertEncoder::is_folder(&folder) {
            return Self::load_colbert(arguments, &folder, device.as_ref(), provenance);
        }
        if folder.join("router_config.json").is_file() {
            return Self::load_two(arguments, &folder, device.as_ref(), &provenance);
        }
        Self::load_one(arguments, &folder, device.as_ref(), &provenance)
    }

    #[cfg(not(feature = "http"))]
    fn ask(_arguments: &Arguments) -> Result<Self> {
        anyhow::bail!("--http is not in this build; build it with --features http")
    }

    #[cfg(feature = "http")]
    fn ask(arguments: &Arguments) -> Result<Self> {
        let of_folders = [
            ("--layers", !arguments.layers.is_empty()),
            ("--representation", !arguments.representations.is_empty()),
            ("--states", arguments.states.is_some()),
            ("--late-chunks", arguments.late_chunks),
            ("--max-tokens", arguments.max_tokens.is_some()),
            ("--device", !arguments.device.is_cpu()),
            ("--precision", arguments.precision != Precision::F32),
        ];
        for (flag, given) in of_folders {
            ensure!(!given, "{flag}: expected a model from a folder, found one at a server");
        }
        let encoder = ess_encoders::HttpEncoder::connect(arguments.hosted.config()?)?;
        let provenance = hosted_provenance(&encoder)?;
        Self::new(Kind::Hosted(Box::new(encoder)), [provenance.clone(), provenance], false)
    }

    fn load_static(
        arguments: &Arguments,
        folder: &Path,
        device: Option<&Device>,
        mut provenance: Provenance,
    ) -> Result<Self> {
        let of_transformers = [
            ("--layers", !arguments.layers.is_empty()),
            ("--representation", !arguments.representations.is_empty()),
            ("--states", arguments.states.is_some()),
            ("--late-chunks", arguments.late_chunks),
            ("--device", device.is_some()),
            ("--precision", arguments.precision != Precision::F32),
        ];
        for (flag, given) in of_transformers {
            ensure!(!given, "{flag}: expected a transformer, found a static model, which has none");
        }
        let mut encoder = StaticEncoder::load(folder)?;
        if let Some(tokens) = arguments.max_tokens {
            encoder = encoder.with_max_tokens(tokens).context("--max-tokens")?;
        }
        provenance.pooling = Some("mean".to_owned());
        provenance.normalized = Some(encoder.normalizes());
        provenance.similarity = encoder.similarity().map(str::to_owned);
        provenance.text = Some(match encoder.max_tokens() {
            Some(tokens) => format!("at most {tokens} tokens"),
            None => "all of it".to_owned(),
        });
        Self::new(Kind::Static(Box::new(encoder)), [provenance.clone(), provenance], false)
    }

    fn load_colbert(
        arguments: &Arguments,
        folder: &Path,
        device: Option<&Device>,
        mut provenance: Provenance,
    ) -> Result<Self> {
        let of_sentences = [
            ("--layers", !arguments.layers.is_empty()),
            ("--states", arguments.states.is_some()),
            ("--passages", arguments.passages),
            ("--max-tokens", arguments.max_tokens.is_some()),
        ];
        for (flag, given) in of_sentences {
            ensure!(
                !given,
                "{flag}: expected a sentence encoder, found ColBERT, whose tokens all have vectors"
            );
        }
        let encoder = match device {
            None => ColbertEncoder::load_at(folder, arguments.precision)?,
            Some(device) => ColbertEncoder::load_on(folder, device)?,
        };
        provenance.pooling = Some("mean of token vectors".to_owned());
        provenance.normalized = Some(false);
        // Beside MaxSim of the tokens.
        provenance.similarity = Some("dot".to_owned());
        let of = |tokens: usize| Provenance {
            text: Some(format!("at most {tokens} tokens")),
            ..provenance.clone()
        };
        let sides = [of(encoder.item_length()), of(encoder.query_length())];
        Self::new(Kind::Colbert(Box::new(encoder)), sides, true)
    }

    fn load_two(
        arguments: &Arguments,
        folder: &Path,
        device: Option<&Device>,
        provenance: &Provenance,
    ) -> Result<Self> {
        let of_one_encoder = [
            ("--layers", !arguments.layers.is_empty()),
            ("--representation", !arguments.representations.is_empty()),
            ("--states", arguments.states.is_some()),
            ("--late-chunks", arguments.late_chunks),
        ];
        for (flag, given) in of_one_encoder {
            ensure!(!given, "{flag}: expected a model with one encoder, found two");
        }
        let encoder = two_towers(folder, device, arguments)?;
        let provenance = [encoder.item(), encoder.query()].map(|encoder| described(provenance, encoder));
        Self::new(Kind::Two(Box::new(encoder)), provenance, false)
    }

    fn load_one(
        arguments: &Arguments,
        folder: &Path,
        device: Option<&Device>,
        provenance: &Provenance,
    ) -> Result<Self> {
        let (layers, states) = (&arguments.layers, arguments.states);
        let encoder = Arc::new(one_encoder(folder, device, arguments)?);
        let mut provenance = described(provenance, &encoder);
        let chunker = arguments.late_chunks.then(|| LateChunker::new(encoder.clone(), None)).transpose();
        let chunker = chunker.context("--late-chunks")?;
        let kind = match states {
            None if !arguments.representations.is_empty() => {
                let wanted = arguments.representations.clone();
                let encoder = RepresentationEncoder::new(encoder, wanted).context("--representation")?;
                represent(&mut provenance, &encoder);
                Kind::Represented(Box::new(encoder))
            }
            Some(layer) => Kind::States(TokenEncoder::new(encoder, layer).context("--states")?),
            None if layers.is_empty() => Kind::One(encoder),
            None => {
                // Of a vector with poolings behind it no cosine is meant.
                provenance.similarity = None;
                Kind::Layers(LayerEncoder::new(encoder, layers.clone()).context("--layers")?)
            }
        };
        provenance.layers = match states {
            Some(layer) => Some(vec![layer]),
            None => Some(layers.clone()).filter(|layers| !layers.is_empty()),
        };
        let mut model = Self::new(kind, [provenance.clone(), provenance], arguments.item_states)?;
        model.chunker = chunker;
        Ok(model)
    }

    fn new(kind: Kind, provenance: [Provenance; 2], item_states: bool) -> Result<Self> {
        let whole_rows = match &kind {
            Kind::Layers(_) => false,
            Kind::Represented(encoder) => encoder.blocks().len() == 1,
            _ => true,
        };
        for note in notes(&provenance, whole_rows) {
            note!("note: {note}");
        }
        Ok(Self { kind, provenance, item_states, chunker: None, counter: None })
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
        }
    }
}

impl Kind {
    /// What counts the tokens of texts, and the most of one.
    fn token_counter(&self) -> Result<Option<(TokenCounter, usize)>, ess_encoders::Error> {
        let of = |encoder: &SentenceEncoder| Ok(Some((encoder.token_counter()?, encoder.max_tokens())));
        match self {
            Self::One(encoder) => of(encoder),
            Self::Two(encoder) => of(encoder.item()),
            Self::Layers(encoder) => of(encoder.encoder()),
            Self::Represented(encoder) => of(encoder.encoder()),
            Self::States(encoder) => of(encoder.encoder()),
            Self::Static(encoder) => {
                Ok(Some((encoder.token_counter()?, encoder.max_tokens().unwrap_or(usize::MAX))))
            }
            Self::Colbert(_) => Ok(None),
            #[cfg(feature = "http")]
            Self::Hosted(_) => Ok(None),
        }
    }
}

fn one_encoder(folder: &Path, device: Option<&Device>, arguments: &Arguments) -> Result<SentenceEncoder> {
    let encoder = match device {
        None => SentenceEncoder::load_at(folder, arguments.precision)?,
        Some(device) => SentenceEncoder::load_on(folder, device)?,
    };
    Ok(match arguments.max_tokens {
        None => encoder,
        Some(tokens) => encoder.with_max_tokens(tokens).context("--max-tokens")?,
    })
}

fn two_towers(folder: &Path, device: Option<&Device>, arguments: &Arguments) -> Result<TwoTowerEncoder> {
    let encoder = match device {
        None => TwoTowerEncoder::load_at(folder, arguments.precision)?,
        Some(device) => TwoTowerEncoder::load_on(folder, device)?,
    };
    Ok(match arguments.max_tokens {
        None => encoder,
        Some(tokens) => encoder.with_max_tokens(tokens).context("--max-tokens")?,
    })
}

/// The model's name and a checksum of its settings and weights, so that parts of another model are not taken for this one's.
pub(super) fn named(model: &str, folder: &Path) -> Result<Provenance> {
    let path = folder.canonicalize().with_context(|| folder.display().to_string())?;
    let name = match Path::new(model).exists() {
        true => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        false => model.to_owned(),
    };
    let mut sums = Vec::new();
    checksums(&path, &path, &mut sums)?;
    sums.sort();
    let encoder = Some(format!("{name} {}", ess_files::Checksum::of(sums.join("\n").as_bytes())));
    Ok(Provenance { encoder, ..Provenance::default() })
}

/// The model's name, where it is, and a checksum of the settings that decide its vectors, so that parts made with others are
/// not taken for this one's.
#[cfg(feature = "http")]
fn hosted_provenance(encoder: &ess_encoders::HttpEncoder) -> Result<Provenance> {
    let config = encoder.config();
    let mut deciding = config.clone();
    (deciding.key_env, deciding.key_header, deciding.cache) = (None, None, None);
    deciding.limits = ess_encoders::HttpLimits::default();
    let sum = ess_files::Checksum::of(serde_json::to_string(&deciding)?.as_bytes());
    let cut = match config.max_text_chars {
        Some(chars) => format!("at most {chars} characters"),
        None => "all of it".to_owned(),
    };
    Ok(Provenance {
        encoder: Some(format!("{} by {} at {} {sum}", config.model, config.api, config.url)),
        normalized: Some(encoder.normalizes()).filter(|normalizes| *normalizes),
        similarity: Some(config.similarity.clone()),
        text: Some(cut),
        ..Provenance::default()
    })
}

/// The checksums of the settings and weights in a folder and those below it.
fn checksums(root: &Path, folder: &Path, sums: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            checksums(root, &path, sums)?;
        } else if path
            .extension()
            .is_some_and(|kind| kind == "json" || kind == "safetensors" || kind == "metadata")
        {
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            sums.push(format!("{name} {}", ess_files::Checksum::of(&bytes)));
        }
    }
    Ok(())
}

fn described(provenance: &Provenance, encoder: &SentenceEncoder) -> Provenance {
    let name = |mode: &_| serde_json::to_value(mode).ok()?.as_str().map(str::to_owned);
    let poolings: Option<Vec<String>> = encoder.poolings().iter().map(name).collect();
    let assumed = encoder.assumptions().to_vec();
    Provenance {
        pooling: poolings.map(|names| names.join(" + ")),
        normalized: Some(encoder.normalizes()),
        similarity: encoder.similarity().map(str::to_owned),
        assumed: Some(assumed).filter(|assumed| !assumed.is_empty()),
        text: Some(format!("at most {} tokens", encoder.max_tokens())),
        ..provenance.clone()
    }
}

/// What stands in the rows of chosen representations.
fn represent(provenance: &mut Provenance, encoder: &RepresentationEncoder) {
    let blocks = encoder.blocks();
    let stored = |block: &ess_encoders::RepresentedBlock| StoredRepresentation {
        name: block.representation.to_string(),
        space: block.space.clone(),
        dim: block.dim,
    };
    let is_one = blocks.len() == 1;
    provenance.representations = Some(blocks.iter().map(stored).collect());
    provenance.normalized = Some(encoder.has_unit_norm() && is_one);
    // Of several vectors in a row no cosine is meant.
    provenance.similarity = provenance.similarity.take().filter(|_| is_one);
}

/// What whoever uses the vectors must know of them; of the similarity only where rows are the model's vectors.
fn notes(provenance: &[Provenance; 2], whole_rows: bool) -> Vec<String> {
    let [items, queries] = provenance;
    let mut notes: Vec<_> =
        [items, queries].into_iter().flat_map(|side| side.assumed.iter().flatten()).cloned().collect();
    notes.dedup();
    if items.normalized != Some(true) && whole_rows {
        notes.extend(similarity_note(items.similarity.as_deref()));
    }
    notes
}
