//! `pipit` as a person runs it: the built program on made-up recordings.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod average;
mod bad_input;
mod check;
mod counterexamples;
mod evaluate;
mod formats;
mod identify;
mod imagenet;
mod import;
mod outputs;
mod pretrain;
mod preview;
mod publish;
mod resume;
mod settings;
mod support;
mod torch;
mod train;
