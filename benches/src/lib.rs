//! What the benches share: generated inputs with fixed seeds.
