//! The plan as a caller sees it.

mod bumps;
mod corpus;
mod docs;
mod edits;
mod fields;
mod hostile;
mod json;
mod read;
mod rules;
mod secrets;
mod speed;
