//! Index files of moved items that earlier releases wrote are searched with the modules of those releases.
//!
//! `tests/golden/moved_items` was written by `cargo test -p ess-cli --test cli earlier_indexes -- --ignored`, from the
//! state and by the checksum that releases before `PersistentModule::map_checksum` kept in index files. In `as_saved`
//! the module has every field that its kind has now. In `before_a_field` it was saved before its kind had `bias`.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use ess_core::{Embeddings, PersistentIndex};
use ess_data::EmbeddingStore;
use ess_index::{FlatIndex, IdentifiedIndex, IndexFile, ItemVectors, Opening};
use ess_search::{
    HostTensor, ItemSide, Linear, LinearConfig, ModuleState, OnDevice, PersistentModule, Registry,
    TrainableModule, TwoSided,
};

use crate::{program::run, small_data::SmallData};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/moved_items").join(name)
}

/// A linear map of items with the shift `by`, and the identity for queries.
fn shifted(by: f32) -> ModuleState {
    let (config, device) = (LinearConfig::new(4, 4), Device::flex());
    let mut linear = OnDevice::new(Linear::init(&config, &device).unwrap(), &device).to_state().unwrap();
    linear
        .tensors
        .insert("bias".to_owned(), HostTensor::new("bias", vec![4], vec![by, 0.0, 0.0, 0.0]).unwrap());
    let item_side = ItemSide::Map(Registry::default().build(&linear, &device).unwrap().into());
    TwoSided::new(Box::new(ess_core::Identity::new(4)), item_side).unwrap().to_state().unwrap()
}

/// The same state as a release wrote it that had no field `bias`.
fn without_the_field(mut state: ModuleState) -> ModuleState {
    let config = &mut state.description.config["item_side"]["map"]["config"];
    config.as_object_mut().unwrap().remove("bias").unwrap();
    state
}

/// The item side of a state, whose checksum earlier releases kept in index files.
fn item_side(state: &ModuleState) -> ModuleState {
    let description = serde_json::from_value(state.description.config["item_side"]["map"].clone()).unwrap();
    let own = |(name, tensor): (&String, &HostTensor)| {
        name.strip_prefix("item_side.").map(|name| (name.to_owned(), tensor.clone()))
    };
    ModuleState { description, tensors: state.tensors.iter().filter_map(own).collect() }
}

fn searched(index: &Path, module: &Path) -> crate::program::Outcome {
    let data = SmallData::new(4, 4);
    let queries = data.path("queries.safetensors");
    let flags = [Path::new("search"), "--index".as_ref(), index, "--queries".as_ref(), &queries];
    run("index", flags.into_iter().chain(["--module".as_ref(), module]))
}

#[test]
fn an_index_file_of_an_earlier_release_is_searched_with_its_module() {
    for name in ["as_saved", "before_a_field"] {
        let folder = golden(name);
        searched(&folder.join("moved.index"), &folder).succeeded();
        let another = tempfile::tempdir().unwrap();
        shifted(0.5).save(another.path()).unwrap();
        let refusal = ["moved.index", "expected items moved", "found items moved"];
        searched(&folder.join("moved.index"), another.path()).failed_with(&refusal);
    }
}

/// The module of an index is saved anew by a release with one more field: the index that is built now stays its own.
#[test]
fn an_index_file_of_this_release_survives_a_field_that_a_kind_is_given() {
    let (data, device) = (SmallData::new(4, 4), Device::flex());
    let [items, index, module] = ["corpus.safetensors", "items.index", "module"].map(|name| data.path(name));
    without_the_field(shifted(0.25)).save(&module).unwrap();
    let flags = ["build", "--items"].map(Path::new).into_iter().chain([items.as_path(), "--out".as_ref()]);
    run("index", flags.chain([index.as_path(), "--module".as_ref(), &module])).succeeded();
    let Some(ItemVectors::Moved(kept)) = IndexFile::open(&index, Opening::Mapped).unwrap().vectors().unwrap()
    else {
        panic!("the index says nothing of its items");
    };
    for state in [shifted(0.25), without_the_field(shifted(0.25))] {
        let sides = TwoSided::from_state(&state, &Registry::default(), &device).unwrap();
        assert_eq!(sides.item_side_checksum().unwrap().as_ref(), Some(&kept));
    }
}

#[test]
#[ignore = "writes golden files"]
fn write() {
    let data = SmallData::new(4, 4);
    let store = EmbeddingStore::open(data.path("corpus.safetensors")).unwrap();
    let items: Embeddings = store.to_embeddings().unwrap();
    for (name, state) in [("as_saved", shifted(0.25)), ("before_a_field", without_the_field(shifted(0.25)))] {
        std::fs::create_dir_all(golden(name)).unwrap();
        state.save(&golden(name)).unwrap();
        let sides = TwoSided::from_state(&state, &Registry::default(), &Device::flex()).unwrap();
        let index = FlatIndex::new(sides.map_items(&items).unwrap().unwrap()).unwrap();
        let index = IdentifiedIndex::new(index, store.ids().as_slice().to_vec()).unwrap();
        let vectors = ItemVectors::Moved(item_side(&state).checksum().unwrap());
        index.with_vectors(vectors).save(&golden(name).join("moved.index")).unwrap();
    }
}
