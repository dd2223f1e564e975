#![no_main]
//! Folders of searching modules: the manifest, and the weights that it names.

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_fuzz::Folder;
use ess_search::Registry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|parts: (&[u8], &[u8])| {
    let folder = Folder::new();
    let (manifest, weights) = parts;
    let name = std::str::from_utf8(manifest).ok().and_then(|text| {
        let start = text.find("weights-")?;
        text[start..].split_once('"').map(|(name, _)| name)
    });
    if let Some(name) = name.filter(|name| !name.contains(['/', '\0']) && name.len() < 200) {
        folder.file(name, weights);
    }
    folder.file("module.json", manifest);
    let _ = Registry::<Embeddings>::default().load(folder.path(), &Device::flex());
});
