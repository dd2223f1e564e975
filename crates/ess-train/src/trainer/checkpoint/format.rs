//! The bytes of the file of one run: the [`State`] as JSON, and behind it the parameters of the sides and of what was best on
//! dev as f32, the optimiser's state, and those that go with what was best.

use ess_files::Envelope;

use super::state::State;

const FORMAT: Envelope = Envelope::new(b"ESSTRAIN", 1, "a checkpoint of a training run of ESS");

/// The bytes of a state, of the parameters of each snapshot and of optimisers; or why there are none.
pub(super) fn compose(state: &State, values: &[Vec<f32>], optimizers: &[&[u8]]) -> Result<Vec<u8>, String> {
    let state = serde_json::to_vec(state).map_err(|error| error.to_string())?;
    Ok(FORMAT.seal(&state, |bytes| {
        bytes.extend(values.iter().flatten().flat_map(|value| value.to_le_bytes()));
        optimizers.iter().for_each(|state| bytes.extend_from_slice(state));
    }))
}

/// The state, and the bytes of parameters and optimisers behind it; or what is wrong with the file.
pub(super) fn parse(bytes: &[u8]) -> Result<(State, &[u8]), String> {
    let (state, numbers) = FORMAT.open(bytes).map_err(|error| error.to_string())?;
    Ok((serde_json::from_slice(state).map_err(|error| error.to_string())?, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_of_version_1_is_written_again_to_the_byte() {
        let golden = include_bytes!("../../../tests/golden/version-1.checkpoint");
        let (state, numbers) = FORMAT.open(golden).unwrap();
        assert!(parse(golden).is_ok());
        assert!(FORMAT.seal(state, |bytes| bytes.extend_from_slice(numbers)) == golden);
    }

    #[test]
    fn no_damaged_checkpoint_is_read() {
        let golden = include_bytes!("../../../tests/golden/version-1.checkpoint");
        let mut all = 0;
        for damaged in ess_testing::damage::mutations(golden, 2, ess_testing::damage::rounds(10_000)) {
            let is_damaged = damaged != golden;
            assert_eq!(parse(&damaged).is_err(), is_damaged);
            all += usize::from(is_damaged);
        }
        println!("{all} damaged checkpoints, all refused");
        assert!(all > 9000);
    }
}
