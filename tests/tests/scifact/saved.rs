//! A module in a folder is the module that was trained.

use burn::tensor::Device;
use ess_core::Identity;
use ess_search::Registry;

use crate::{
    fitting::{a_few_steps, fit_linear},
    measuring::run,
    splits::SciFact,
};

#[test]
fn a_loaded_module_finds_the_same_hits_with_the_same_similarities() {
    let split = SciFact::get().official();
    let trained = fit_linear(&split, a_few_steps()).trained;
    let folder = tempfile::tempdir().unwrap();
    trained.to_state().unwrap().save(folder.path()).unwrap();
    let loaded = Registry::default().load(folder.path(), &Device::flex()).unwrap();
    let found = run(&split.test, &loaded);
    assert_eq!(found, run(&split.test, &trained));
    assert_ne!(found, run(&split.test, &Identity::new(384)), "training must have changed the hits");
}
