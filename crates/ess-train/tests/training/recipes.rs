//! What every recipe promises, and what each has of its own.

mod equal_members;
mod every_recipe;
mod own_promises;
mod parts;
mod seeds;
mod task;
