//! The same f_search on a wgpu device, checked against the CPU.
