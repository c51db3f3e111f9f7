//! The whole system on one machine: the embedded cloud and what runs on top of it.

pub mod bench;
pub mod cli;
pub mod cloud;
pub mod lambda;
pub mod sandbox;
pub mod seed;
pub mod system;
