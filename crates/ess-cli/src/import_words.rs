//! `ess import-words`: makes a static encoder of the vectors of words.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_encoders::{StaticEncoder, WordVectors, WordsConfig};
use ess_files::FolderLock;
use serde::Serialize;

use crate::{arguments::paths, data::item_texts::sampled_item_texts, output::options::Output};

const EXAMPLES: &str = "\
Examples:
  ess import-words --words glove.6B.300d.txt --out glove
  ess import-words --words cc.en.300.bin --max-words 200000 --beir my-beir --sif 0.001 --remove-component --out fasttext-sif
  ess encode --model fasttext-sif --beir my-beir --out my";

/// Make a static encoder of the vectors of words: GloVe, word2vec (text and binary), fastText (.vec and .bin).
///
/// A text's embedding is the mean of its words' vectors. Writes a folder that encode takes as --model, and that Model2Vec loads.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file of word vectors, not compressed; its format is told from its content. Of fastText's .bin come the vectors of its
    /// words, with their n-grams in them; other words are left out of texts.
    #[arg(long, value_name = "FILE", value_parser = paths::WORDS.read())]
    words: PathBuf,
    /// The folder to write to.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
    /// Take the first words alone; files list frequent words first.
    #[arg(long, value_name = "WORDS")]
    max_words: Option<usize>,
    /// A BEIR folder whose items say how frequent each word is, and what is removed. Default: counts of the file, else Zipf's law.
    #[arg(long, value_name = "DIR", value_parser = paths::BEIR.read())]
    beir: Option<PathBuf>,
    /// Items that are looked at at most, evenly spread.
    #[arg(long, default_value_t = 20_000, value_name = "ITEMS", requires = "beir")]
    sample: usize,
    /// How much less frequent words weigh: a in a / (a + frequency), 0.001 in the paper (SIF). Default: all weigh the same.
    #[arg(long, value_name = "NUMBER")]
    sif: Option<f64>,
    /// Remove the first principal component of the items' embeddings from all embeddings, as SIF does.
    #[arg(long, requires = "beir")]
    remove_component: bool,
    /// Whether texts are turned to lower case. Default: where no word has an upper-case letter.
    #[arg(long, value_name = "true|false")]
    lowercase: Option<bool>,
    /// Scale embeddings to unit norm.
    #[arg(long)]
    normalize: bool,
}

#[derive(Serialize)]
struct Report {
    words: usize,
    dim: usize,
    config: WordsConfig,
    sample: usize,
    seconds: f64,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let started = Instant::now();
    for (flag, value) in [("--max-words", arguments.max_words.unwrap_or(1)), ("--sample", arguments.sample)] {
        ensure!(value > 0, "{flag}: expected at least 1, found 0");
    }
    let config = WordsConfig {
        sif: arguments.sif,
        remove_component: arguments.remove_component,
        lowercase: arguments.lowercase,
        normalize: arguments.normalize,
    };
    // Before the work, so that a second program is refused at once.
    let mut out = FolderLock::acquire(&arguments.out)?;
    let sampled = |folder| sampled_item_texts(folder, arguments.sample);
    let texts = arguments.beir.as_deref().map(sampled).transpose()?.unwrap_or_default();
    let sample: Vec<&str> = texts.iter().map(String::as_str).collect();
    let words = match arguments.max_words {
        Some(most) => WordVectors::open_first(&arguments.words, most)?,
        None => WordVectors::open(&arguments.words)?,
    };
    let (count, dim) = (words.len(), words.dim());
    let encoder = StaticEncoder::from_words(words, &config, &sample).context("the encoder of these words")?;
    encoder.save_in(&mut out)?;
    let report =
        Report { words: count, dim, config, sample: sample.len(), seconds: started.elapsed().as_secs_f64() };
    say!("{}: {count} words, {dim} components, in {:.1} s", arguments.out.display(), report.seconds);
    output.write(&report)
}
