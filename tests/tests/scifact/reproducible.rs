//! The same seed gives the same module, bit for bit, on any number of threads.

use ess_search::ModuleState;
use ess_train::TrainerConfig;

use crate::{
    fitting::{a_few_steps, fit_linear},
    splits::SciFact,
};

/// Trains in a pool of its own, on batches that are drawn, so that the seed matters.
fn train(threads: usize, seed: u64) -> ModuleState {
    let config = TrainerConfig { batch_size: 256, seed, ..a_few_steps() };
    let split = SciFact::get().official();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| fit_linear(&split, config).trained.to_state().unwrap())
}

#[test]
fn one_seed_gives_one_module_on_any_number_of_threads() {
    let (one, two, again) = (train(1, 5), train(2, 5), train(2, 5));
    assert_eq!(one.description, two.description);
    let bits = |state: &ModuleState| -> Vec<(String, Vec<u32>)> {
        let of_tensor = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect();
        state.tensors.iter().map(|(name, tensor)| (name.clone(), of_tensor(tensor.values()))).collect()
    };
    assert!(bits(&one) == bits(&two), "1 thread and 2 threads give different parameters");
    assert!(bits(&two) == bits(&again), "two trainings on 2 threads give different parameters");
    assert!(bits(&two) != bits(&train(2, 6)), "another seed gives the same parameters");
}
