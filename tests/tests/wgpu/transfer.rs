//! What is trained on one device and saved is loaded on the other, and ranks the same.

use burn::tensor::Device;
use ess_core::{Embeddings, Hit, Index, SearchModule};
use ess_index::FlatIndex;
use ess_search::Registry;
use ess_train::{Progress, RecipeConfig, Trainer, TrainerConfig};

use crate::{
    devices::{cpu, gpu},
    task::{self, DIM},
};

/// Trains a module on a device until it has left the identity, and saves it.
fn trained_on(device: &Device, folder: &std::path::Path) -> Vec<Vec<Hit>> {
    let config = TrainerConfig { max_steps: 20, learning_rate: 1e-2, ..TrainerConfig::default() };
    let measure = config.measure;
    let trainer = Trainer::new(config).unwrap().with_progress(Progress::Silent);
    let (embeddings, queries) = (task::items(), task::queries());
    let items = task::on(&embeddings, device);
    let dev = ess_train::DevSet::new(&queries, &items, measure).unwrap();
    let recipe = RecipeConfig::named("mlp").unwrap().build(DIM, DIM, 1).unwrap();
    let module = recipe.train(&trainer, &items, &queries, &dev).unwrap().module;
    module.to_state().unwrap().save(folder).unwrap();
    assert_ne!(&module.apply(queries.encodings()).unwrap(), queries.encodings());
    ranking(&module, queries.encodings())
}

fn ranking(module: &dyn SearchModule, queries: &Embeddings) -> Vec<Vec<Hit>> {
    FlatIndex::new(task::items()).unwrap().search(&module.apply(queries).unwrap(), 10).unwrap()
}

/// The same items in the same order, but where two are as near to the query as rounding can tell.
fn assert_same(expected: &[Vec<Hit>], found: &[Vec<Hit>]) {
    for (query, (expected, found)) in expected.iter().zip(found).enumerate() {
        for (rank, (e, f)) in expected.iter().zip(found).enumerate() {
            let apart = (e.similarity - f.similarity).abs();
            assert!(apart < 1e-5, "query {query}, rank {rank}: {e:?} and {f:?}");
            let tied = expected.iter().filter(|hit| (hit.similarity - e.similarity).abs() < 1e-5).count() > 1;
            assert!(e.item == f.item || tied || rank == 9, "query {query}, rank {rank}: {e:?} and {f:?}");
        }
    }
}

#[test]
fn from_the_gpu_to_the_cpu_and_back() {
    for (home, abroad) in [(gpu(), cpu()), (cpu(), gpu())] {
        let folder = tempfile::tempdir().unwrap();
        let expected = trained_on(&home, folder.path());
        let loaded = Registry::default().load(folder.path(), &abroad).unwrap();
        assert_same(&expected, &ranking(&loaded, task::queries().encodings()));
        // And home again, by way of the other device's memory.
        loaded.to_state().unwrap().save(folder.path()).unwrap();
        let returned = Registry::default().load(folder.path(), &home).unwrap();
        assert_eq!(expected, ranking(&returned, task::queries().encodings()));
    }
}
