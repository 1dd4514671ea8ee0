//! `fab add`, `fab remove` and `fab set`: what Fabrikate's do, with comments
//! kept and nothing lost.

mod component;
mod recorded;
mod values;
