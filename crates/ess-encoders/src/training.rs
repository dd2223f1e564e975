//! Training of transformers on texts: the layers with their gradients, the optimiser, the steps, and the file of what is under way.

pub(crate) mod adamw;
pub(crate) mod block;
pub(crate) mod cached_pass;
pub(crate) mod checkpoint;
pub(crate) mod course;
pub(crate) mod draws;
pub(crate) mod layout;
pub(crate) mod network;
pub(crate) mod progressed;
pub(crate) mod saving;
pub(crate) mod shape;
pub(crate) mod state;
pub(crate) mod steps;
pub(crate) mod text_network;
pub(crate) mod texts;
pub(crate) mod weights_of_step;
