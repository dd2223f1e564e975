//! The bytes of the file of one run.
//!
//! `ESSTRAIN`, the version and the length of what follows as u32 and u64 (little-endian), the [`State`] as JSON, the
//! parameters of the sides and of what was best on dev as f32, the optimiser's state, those that go with what was best, and
//! an XXH3 checksum of all of it as text.

use ess_files::Checksum;

use super::state::State;

const MAGIC: &[u8; 8] = b"ESSTRAIN";
const VERSION: u32 = 1;
/// Bytes of magic, version and length.
const HEAD: usize = 8 + 4 + 8;
/// Bytes of a checksum as text.
const CHECKSUM: usize = 24;

/// The bytes of a state, of the parameters of each snapshot and of optimisers; or why there are none.
pub(super) fn compose(state: &State, values: &[Vec<f32>], optimizers: &[&[u8]]) -> Result<Vec<u8>, String> {
    let state = serde_json::to_vec(state).map_err(|error| error.to_string())?;
    let mut bytes =
        [&MAGIC[..], &VERSION.to_le_bytes(), &(state.len() as u64).to_le_bytes(), &state].concat();
    bytes.extend(values.iter().flatten().flat_map(|value| value.to_le_bytes()));
    optimizers.iter().for_each(|state| bytes.extend_from_slice(state));
    let checksum = Checksum::of(&bytes).to_string();
    bytes.extend_from_slice(checksum.as_bytes());
    Ok(bytes)
}

/// The state, and the bytes of parameters and optimisers behind it; or what is wrong with the file.
pub(super) fn parse(bytes: &[u8]) -> Result<(State, &[u8]), String> {
    let Some((body, checksum)) = bytes.len().checked_sub(CHECKSUM).map(|end| bytes.split_at(end)) else {
        return Err("it is too short".to_owned());
    };
    let Some((head, behind)) = body.split_at_checked(HEAD).filter(|(head, _)| head.starts_with(MAGIC)) else {
        return Err("it is no checkpoint of a training run".to_owned());
    };
    if head[8..12] != VERSION.to_le_bytes() {
        return Err(format!("its version is not {VERSION}"));
    }
    if Checksum::of(body).to_string().as_bytes() != checksum {
        return Err("its checksum is another one".to_owned());
    }
    let mut length = [0; 8];
    length.copy_from_slice(&head[12..]);
    let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
    let Some((state, numbers)) = behind.split_at_checked(length) else {
        return Err("it ends before what it announces".to_owned());
    };
    Ok((serde_json::from_slice(state).map_err(|error| error.to_string())?, numbers))
}
