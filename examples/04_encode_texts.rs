//! Encodes texts with a sentence-transformers model, keeps their embeddings, and searches them.
//!
//! `cargo run --release --features encoders --example 04_encode_texts -- path/to/all-MiniLM-L6-v2`

use ess_examples::scifact;
use ess_kit::{data::Dtype, prelude::*};

fn main() -> anyhow::Result<()> {
    let Some(model) = std::env::args_os().nth(1) else {
        anyhow::bail!("expected the folder of a sentence-transformers model");
    };
    let encoder = SentenceEncoder::load(model)?;

    // The first 200 abstracts of SciFact; `ess encode` does a whole folder, and goes on where it was interrupted.
    let mut items: Vec<Item> = read_records(scifact("corpus.jsonl.gz"))?;
    items.truncate(200);
    let texts: Vec<String> = items.iter().map(Item::title_and_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embeddings = encoder.encode_items(&texts)?;
    println!("{} abstracts, {} dimensions", embeddings.len(), embeddings.dim());

    // Encoded once: they are kept with their ids, and every task trains on them and searches them.
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("corpus.safetensors");
    let ids = Ids::new(items.iter().map(|item| item.id.clone()).collect())?;
    write_store(&path, &ids, &embeddings, Dtype::F16, &Provenance::default())?;
    let store = EmbeddingStore::open(&path)?;

    let index =
        IdentifiedIndex::new(FlatIndex::new(store.to_embeddings()?)?, store.ids().as_slice().to_vec())?;
    let query = "stem cells in tissue repair";
    let hits = index.search_ids(&encoder.encode_queries(&[query])?, 3)?;
    println!("{query}");
    for hit in &hits[0] {
        let title = items.iter().find(|item| item.id == hit.id).map_or("", |item| &item.title);
        println!("  {:.3}  {title}", hit.similarity);
    }
    Ok(())
}
