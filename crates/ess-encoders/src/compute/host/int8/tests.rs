//! Kernels of every instruction set against sums of whole numbers.

use proptest::prelude::*;

use super::{sizes::STEP, *};

const ROOMS: [Room; 2] = [Room::SixteenBits, Room::ThirtyTwoBits];

/// Whether a kernel has room for codes of weights: those for 16 bits suit every kernel.
fn fits(instructions: Instructions, room: Room) -> bool {
    room == Room::SixteenBits || instructions.room() == room
}

proptest! {
    #[test]
    fn every_kernel_gives_the_sums_of_the_plain_form(
        n in 0_usize..30,
        steps in 1_usize..9,
        // Codes at the ends of what a channel may have, where 16 bits would overflow first.
        extreme: bool,
        seed in 0_u32..999,
    ) {
        let depth = steps * STEP;
        let random = |i: usize| ((i as u32).wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(40_503)) >> 16;
        let codes: Vec<u8> = (0..n * depth).map(|i| if extreme { 255 } else { random(i) as u8 }).collect();
        let weight: Vec<f32> = (0..COLUMNS * depth)
            .map(|i| if extreme { 1.0 - 2.0 * (i / depth % 2) as f32 } else { random(i + 7) as f32 - 32_000.0 })
            .collect();
        // The tile unit takes two strips at a time: the test below compares it.
        let vectors = Instructions::available().into_iter().filter(|instructions| instructions.tiles().is_none());
        let vectors = Vec::from_iter(vectors);
        for room in ROOMS {
            let plain = *vectors.last().unwrap();
            let panels = Int8Panels::for_instructions(&weight, [COLUMNS, depth], plain, room);
            let strip = &panels.codes[..COLUMNS * depth];
            let mut expected = vec![[7; COLUMNS]; n];
            portable::products(strip, &codes, &mut expected);
            for instructions in vectors.iter().filter(|instructions| fits(**instructions, room)) {
                let mut found = vec![[9; COLUMNS]; n];
                instructions.products(strip, &codes, &mut found);
                prop_assert_eq!(&found, &expected, "{:?}, {:?}", instructions, room);
            }
            for (row, column) in (0..n).flat_map(|row| (0..COLUMNS).map(move |column| (row, column))) {
                let code = |input: usize| {
                    panels.codes[input / QUAD * QUAD * COLUMNS + column * QUAD + input % QUAD]
                };
                let sum: i64 = (0..depth).map(|i| i64::from(codes[row * depth + i]) * i64::from(code(i))).sum();
                prop_assert_eq!(i64::from(expected[row][column]), sum);
            }
        }
    }

    #[test]
    fn products_are_near_those_in_f32_and_rows_do_not_know_each_other(
        n in 1_usize..70,
        d_in in 1_usize..90,
        d_out in 1_usize..50,
        seed in 0_u32..99,
    ) {
        let number = |i: usize| (((i as u32).wrapping_mul(2_654_435_761) ^ seed) % 997) as f32 / 500.0 - 1.0;
        let weight: Vec<f32> = (0..d_out * d_in).map(number).collect();
        let rows: Vec<f32> = (0..n * d_in).map(|i| number(i + 5)).collect();
        let bias: Vec<f32> = (0..d_out).map(|i| number(i + 9)).collect();
        let store = |result: &mut [f32], sums: [f32; GROUP]| result.copy_from_slice(&sums[..result.len()]);
        let run = |panels: &Int8Panels, rows: &[f32]| {
            let mut results = vec![9.0; rows.len() / d_in * d_out];
            panels.run(&mut results, rows, &bias, store);
            results
        };
        let panels = Int8Panels::new(&weight, [d_out, d_in]);
        let found = run(&panels, &rows);
        for (row, found) in rows.chunks_exact(d_in).zip(found.chunks_exact(d_out)) {
            prop_assert_eq!(&run(&panels, row), found);
            for (found, (weights, bias)) in found.iter().zip(weight.chunks_exact(d_in).zip(&bias)) {
                let expected = bias + row.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>();
                // Half a code of either side, times what it is multiplied with: at most 1/50 · d_in of their size.
                prop_assert!((found - expected).abs() < 0.01 * d_in as f32 + 0.02, "{found}, expected {expected}");
            }
        }
        let available = Instructions::available();
        let of = |instructions, room| {
            run(&Int8Panels::for_instructions(&weight, [d_out, d_in], instructions, room), &rows)
        };
        for room in ROOMS {
            let plain = of(*available.last().unwrap(), room);
            for &instructions in available.iter().filter(|instructions| fits(**instructions, room)) {
                prop_assert_eq!(&of(instructions, room), &plain, "{:?}, {:?}", instructions, room);
            }
            if room == available[0].room() {
                prop_assert_eq!(&found, &plain);
            }
        }
        let (kept, shape) = panels.to_rows();
        prop_assert_eq!(shape, [d_out, d_in]);
        for (kept, weight) in kept.chunks_exact(d_in).zip(weight.chunks_exact(d_in)) {
            let scale = Channel::round(weight, panels.instructions.room()).scale;
            for (kept, weight) in kept.iter().zip(weight) {
                prop_assert!((kept - weight).abs() <= 0.501 * scale);
            }
        }
    }
}

#[test]
fn what_is_not_finite_gives_no_number_in_its_row_or_column_alone() {
    let store = |result: &mut [f32], sums: [f32; GROUP]| result.copy_from_slice(&sums[..result.len()]);
    let mut results = [0.0; 4];
    Int8Panels::new(&[1.0; 6], [2, 3]).run(
        &mut results,
        &[1.0, f32::NAN, 1.0, 1.0, 1.0, 1.0],
        &[0.0; 2],
        store,
    );
    assert!(results[..2].iter().all(|x| x.is_nan()) && results[2..].iter().all(|x| (x - 3.0).abs() < 0.1));
    let weight = [1.0, f32::INFINITY, 1.0, 1.0, 1.0, 1.0];
    Int8Panels::new(&weight, [2, 3]).run(&mut results, &[1.0; 6], &[0.0; 2], store);
    assert!(results[0].is_nan() && results[2].is_nan() && results[1].is_finite() && results[3].is_finite());
}
