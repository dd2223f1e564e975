//! Layers that share their weights (ALBERT).

/// Which of the `groups` of `layers` a layer is in.
///
/// Rounded as the library rounds it: by whole numbers some layers would be in the group behind.
pub(crate) fn group_of(layer: usize, layers: usize, groups: usize) -> usize {
    (layer as f64 / (layers as f64 / groups as f64)) as usize
}

#[cfg(test)]
mod tests {
    use super::group_of;

    #[test]
    fn layers_are_divided_evenly_and_rounded_as_in_python() {
        let of =
            |layers, groups| (0..layers).map(|layer| group_of(layer, layers, groups)).collect::<Vec<_>>();
        assert_eq!(of(7, 3), [0, 0, 0, 1, 1, 2, 2]);
        assert_eq!(of(4, 1), [0; 4]);
        // int(9 / (18 / 14)) is 6, and 9 * 14 // 18 would be 7.
        assert_eq!(of(18, 14), [0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 10, 10, 11, 12, 13]);
    }
}
