//! The encoder that `--model` names, or the one at a server, opened with the kind of encoding that was asked for.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use ess_data::Provenance;
use ess_encoders::{
    ColbertEncoder, LateChunker, LayerEncoder, Precision, RepresentationEncoder, SentenceEncoder,
    StaticEncoder, TokenEncoder, TwoTowerEncoder,
};

use crate::data::model_folder::model_folder;

use super::{
    arguments::Arguments,
    model::{Kind, Model},
    provenance::{described, described_tower, named, represent},
};

/// Loads the model; one that counts tokens for a bar, unless it is to be quiet.
pub(super) fn load(arguments: &Arguments, quiet: bool) -> Result<Model> {
    let model = open(arguments, quiet)?;
    if quiet { Ok(model) } else { Ok(model.with_counter()?) }
}

fn open(arguments: &Arguments, quiet: bool) -> Result<Model> {
    if arguments.hosted.given() {
        return ask(arguments);
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
    #[cfg(feature = "images")]
    if arguments.images.is_some() {
        return load_images(arguments, &folder, device.is_some(), provenance);
    }
    provenance.precision = Some(precision).filter(|own| *own != Precision::F32).map(|own| own.to_string());
    if StaticEncoder::is_folder(&folder) {
        return load_static(arguments, &folder, device.as_ref(), provenance);
    }
    if ColbertEncoder::is_folder(&folder) {
        return load_colbert(arguments, &folder, device.as_ref(), provenance);
    }
    if TwoTowerEncoder::is_folder(&folder) {
        return load_two(arguments, &folder, device.as_ref(), &provenance);
    }
    load_one(arguments, &folder, device.as_ref(), &provenance)
}

/// Refuses flags that were given and that the model has nothing for.
fn refuse(arguments: &Arguments, on_device: bool, flags: &[&str], but: &str) -> Result<()> {
    let given = [
        ("--layers", !arguments.layers.is_empty()),
        ("--representation", !arguments.representations.is_empty()),
        ("--states", arguments.states.is_some()),
        ("--passages", arguments.passages),
        ("--late-chunks", arguments.late_chunks),
        ("--max-tokens", arguments.max_tokens.is_some()),
        ("--device", on_device),
        ("--precision", arguments.precision != Precision::F32),
    ];
    let refused = given.iter().find(|(flag, given)| *given && flags.contains(flag));
    refused.map_or(Ok(()), |(flag, _)| anyhow::bail!("{flag}: expected {but}"))
}

#[cfg(not(feature = "http"))]
fn ask(_arguments: &Arguments) -> Result<Model> {
    anyhow::bail!("--http is not in this build; build it with --features http")
}

#[cfg(feature = "http")]
fn ask(arguments: &Arguments) -> Result<Model> {
    let of_folders = [
        "--layers",
        "--representation",
        "--states",
        "--late-chunks",
        "--max-tokens",
        "--device",
        "--precision",
    ];
    let on_device = !arguments.device.is_cpu();
    refuse(arguments, on_device, &of_folders, "a model from a folder, found one at a server")?;
    let encoder = ess_encoders::HttpEncoder::connect(arguments.hosted.config()?)?;
    let provenance = super::provenance::hosted_provenance(&encoder)?;
    Ok(Model::new(Kind::Hosted(Box::new(encoder)), [provenance.clone(), provenance], false))
}

#[cfg(feature = "images")]
fn load_images(
    arguments: &Arguments,
    folder: &Path,
    on_device: bool,
    mut provenance: Provenance,
) -> Result<Model> {
    let but = "the CPU and f32, in which images are encoded";
    refuse(arguments, on_device, &["--device", "--precision"], but)?;
    let encoder = ess_encoders::ImageFileEncoder::load(folder)?;
    provenance.normalized = Some(encoder.encoder().normalizes());
    provenance.similarity = encoder.encoder().similarity().map(str::to_owned);
    Ok(Model::new(Kind::Images(Box::new(encoder)), [provenance.clone(), provenance], false))
}

fn load_static(
    arguments: &Arguments,
    folder: &Path,
    device: Option<&Device>,
    mut provenance: Provenance,
) -> Result<Model> {
    let of_transformers =
        ["--layers", "--representation", "--states", "--late-chunks", "--device", "--precision"];
    let but = "a transformer, found a static model, which has none";
    refuse(arguments, device.is_some(), &of_transformers, but)?;
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
    Ok(Model::new(Kind::Static(Box::new(encoder)), [provenance.clone(), provenance], false))
}

fn load_colbert(
    arguments: &Arguments,
    folder: &Path,
    device: Option<&Device>,
    mut provenance: Provenance,
) -> Result<Model> {
    let of_sentences =
        ["--layers", "--representation", "--states", "--passages", "--late-chunks", "--max-tokens"];
    let but = "a sentence encoder, found ColBERT, whose tokens all have vectors";
    refuse(arguments, device.is_some(), &of_sentences, but)?;
    let encoder = match device {
        None => ColbertEncoder::load_at(folder, arguments.precision)?,
        Some(device) => ColbertEncoder::load_on(folder, device)?,
    };
    provenance.pooling = Some("mean of token vectors".to_owned());
    provenance.normalized = Some(false);
    // Beside MaxSim of the tokens.
    provenance.similarity = Some("dot".to_owned());
    let of =
        |tokens: usize| Provenance { text: Some(format!("at most {tokens} tokens")), ..provenance.clone() };
    let sides = [of(encoder.item_length()), of(encoder.query_length())];
    Ok(Model::new(Kind::Colbert(Box::new(encoder)), sides, true))
}

fn load_two(
    arguments: &Arguments,
    folder: &Path,
    device: Option<&Device>,
    provenance: &Provenance,
) -> Result<Model> {
    let of_one_encoder = ["--layers", "--representation", "--states", "--late-chunks"];
    refuse(arguments, device.is_some(), &of_one_encoder, "a model with one encoder, found two")?;
    let mut encoder = match device {
        None => TwoTowerEncoder::load_at(folder, arguments.precision)?,
        Some(device) => TwoTowerEncoder::load_on(folder, device)?,
    };
    if let Some(tokens) = arguments.max_tokens {
        encoder = encoder.with_max_tokens(tokens).context("--max-tokens")?;
    }
    let provenance = [encoder.item(), encoder.query()].map(|tower| described_tower(provenance, tower));
    Ok(Model::new(Kind::Two(Box::new(encoder)), provenance, false))
}

fn load_one(
    arguments: &Arguments,
    folder: &Path,
    device: Option<&Device>,
    provenance: &Provenance,
) -> Result<Model> {
    let (layers, states) = (&arguments.layers, arguments.states);
    let mut encoder = match device {
        None => SentenceEncoder::load_at(folder, arguments.precision)?,
        Some(device) => SentenceEncoder::load_on(folder, device)?,
    };
    if let Some(tokens) = arguments.max_tokens {
        encoder = encoder.with_max_tokens(tokens).context("--max-tokens")?;
    }
    let encoder = Arc::new(encoder);
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
    let sides = [provenance.clone(), provenance];
    Ok(Model::new(kind, sides, arguments.item_states).with_chunker(chunker))
}
