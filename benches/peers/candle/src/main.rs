//! Encodes texts by candle on one thread whenever `benches/compare.py` asks: the CPU time of all, tokenizing counted.
//!
//! It says and is asked what `benches/peers/encode.py` says and is asked.

use std::{
    cmp::Reverse,
    fs,
    io::BufRead,
    path::{Path, PathBuf},
};

use anyhow::{Context, Error, Result, ensure};
use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config, DTYPE};
use clap::Parser;
use cpu_time::ProcessTime;
use serde::Deserialize;
use serde_json::json;
use tokenizers::{Encoding, Tokenizer, TruncationParams};

/// As in Cargo.toml.
const NAME: &str = "candle 0.11.1";

/// Encodes texts by candle whenever a line of standard input asks for it.
#[derive(Parser)]
struct Arguments {
    /// A sentence-transformers folder of a BERT.
    #[arg(long)]
    model: PathBuf,
    /// A file with a JSON list of texts.
    #[arg(long)]
    texts: PathBuf,
    /// Texts are cut to so many tokens.
    #[arg(long, default_value_t = 256)]
    max_tokens: usize,
}

#[derive(Deserialize)]
struct Asked {
    batch: usize,
    /// Where the vectors are written, in `f32`, little-endian.
    save: Option<PathBuf>,
}

struct Encoder {
    model: BertModel,
    tokenizer: Tokenizer,
    texts: Vec<String>,
}

impl Encoder {
    fn load(arguments: &Arguments) -> Result<Self> {
        let Arguments { model: folder, texts, max_tokens } = arguments;
        let config: Config = serde_json::from_slice(&read(&folder.join("config.json"))?)?;
        let weights = read(&folder.join("model.safetensors"))?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DTYPE, &Device::Cpu)?;
        let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).map_err(Error::msg)?;
        let truncation = TruncationParams { max_length: *max_tokens, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(Error::msg)?;
        tokenizer.with_padding(None);
        let texts = serde_json::from_slice(&read(texts)?)?;
        Ok(Self { model: BertModel::load(weights, &config)?, tokenizer, texts })
    }

    fn encodings(&self) -> Result<Vec<Encoding>> {
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        self.tokenizer.encode_batch_fast(texts, true).map_err(Error::msg)
    }

    /// The vector of each text; batches are sorted by length, and padded to the longest of each.
    fn encode(&self, batch: usize) -> Result<Vec<Vec<f32>>> {
        ensure!(batch > 0, "batch: expected at least 1, found 0");
        let encodings = self.encodings()?;
        let mut order: Vec<usize> = (0..encodings.len()).collect();
        order.sort_by_key(|&text| Reverse(encodings[text].len()));
        let mut vectors = vec![Vec::new(); encodings.len()];
        for texts in order.chunks(batch) {
            let of_batch: Vec<&Encoding> = texts.iter().map(|&text| &encodings[text]).collect();
            for (&text, vector) in texts.iter().zip(self.encode_batch(&of_batch)?) {
                vectors[text] = vector;
            }
        }
        Ok(vectors)
    }

    /// The mean of the states of each text's tokens, of unit norm; the first is the longest.
    fn encode_batch(&self, texts: &[&Encoding]) -> Result<Vec<Vec<f32>>> {
        let ids = padded(texts, Encoding::get_ids)?;
        let mask = padded(texts, Encoding::get_attention_mask)?;
        let states = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let weights = mask.to_dtype(DTYPE)?.unsqueeze(2)?;
        let pooled = states.broadcast_mul(&weights)?.sum(1)?.broadcast_div(&weights.sum(1)?)?;
        let norms = pooled.sqr()?.sum_keepdim(1)?.sqrt()?;
        Ok(pooled.broadcast_div(&norms)?.to_vec2()?)
    }
}

/// A row of each text, with zeros behind it.
fn padded(texts: &[&Encoding], of: fn(&Encoding) -> &[u32]) -> Result<Tensor> {
    let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
    let mut numbers = Vec::with_capacity(texts.len() * longest);
    for (row, &text) in texts.iter().enumerate() {
        numbers.extend_from_slice(of(text));
        numbers.resize((row + 1) * longest, 0);
    }
    Ok(Tensor::from_vec(numbers, (texts.len(), longest), &Device::Cpu)?)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

fn main() -> Result<()> {
    let encoder = Encoder::load(&Arguments::parse())?;
    let tokens: Vec<usize> = encoder.encodings()?.iter().map(Encoding::len).collect();
    println!("{}", json!({ "name": NAME, "tokens": tokens }));
    for line in std::io::stdin().lock().lines() {
        let asked: Asked = serde_json::from_str(&line?)?;
        let started = ProcessTime::now();
        let vectors = encoder.encode(asked.batch)?;
        let seconds = started.elapsed().as_secs_f64();
        if let Some(path) = asked.save {
            let bytes: Vec<u8> = vectors.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
            fs::write(&path, bytes).with_context(|| path.display().to_string())?;
        }
        println!("{}", json!({ "seconds": seconds }));
    }
    Ok(())
}
