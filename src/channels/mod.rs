//! How a message leaves: one file per channel. A channel knows its own limits and turns the words of
//! `model` into its own; it does not know who asked for a message, nor the rows it is kept in.

pub mod telegram;
