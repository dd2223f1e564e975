//! What is larger than the device can hold at once is cut, or refused with words.

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::Embeddings;
use ess_search::{DeviceEncoding, embeddings_from_tensor, largest_tensor};
use ess_train::{Items, Judgement, LossBatch, LossConfig, LossValue};

use crate::{
    agreement::{COMPUTED, close},
    devices::{cpu, gpu},
    task::embeddings,
};

/// One number more than a tensor may have, for devices on which that is no gigabyte.
fn too_many() -> Option<usize> {
    let largest = largest_tensor(&gpu());
    assert!(largest >= 1 << 24, "a device of wgpu has at least 64 MiB in a buffer, found {largest} numbers");
    (largest <= 1 << 26).then_some(largest + 1)
}

#[test]
fn a_tensor_that_is_too_large_is_an_error() {
    let Some(count) = too_many() else { return };
    let tensor = Tensor::<2>::from_data(TensorData::new(vec![0.5_f32; count], [count, 1]), &gpu());
    let error = embeddings_from_tensor(tensor * 2.0).unwrap_err().to_string();
    assert!(error.contains("largest_tensor"), "{error}");
}

/// Two queries against more items than one tensor holds.
#[test]
fn items_that_are_too_many_for_one_tensor_come_in_blocks() {
    const DIM: usize = 64;
    let Some(count) = too_many() else { return };
    let rows = count.div_ceil(DIM) + 100;
    let few = embeddings(997, DIM, 3);
    let values = few.as_slice().iter().cycle().take(rows * DIM).copied().collect();
    let many = Embeddings::from_vec(values, DIM).unwrap();
    let softmax = |device: &Device| -> LossValue {
        let items = Items::new(&many, device);
        if *device == gpu() {
            assert_eq!(
                items.blocks().iter().map(|block| block.first).collect::<Vec<_>>(),
                [0, (count - 1) / DIM]
            );
        }
        let relevant: [&[Judgement]; 2] =
            [&[Judgement { item: 5, grade: 1 }], &[Judgement { item: rows - 1, grade: 1 }]];
        let queries = embeddings(2, DIM, 4).to_tensors(device);
        LossConfig::default()
            .build()
            .unwrap()
            .evaluate(queries, &LossBatch::new(relevant.to_vec()), &items)
            .unwrap()
    };
    let (expected, found) = (softmax(&cpu()), softmax(&gpu()));
    assert!(
        (expected.loss - found.loss).abs() < 1e-4 * expected.loss,
        "{} and {}",
        expected.loss,
        found.loss
    );
    let read = |value: LossValue| embeddings_from_tensor(value.gradient).unwrap().as_slice().to_vec();
    close("gradient", &read(expected), &read(found), 50.0 * COMPUTED);
}
