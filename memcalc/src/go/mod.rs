//! The few conventions of the originals' language (Go on amd64) that show in their results: number parsing with its
//! messages, quoting, format strings, and conversion of floating point numbers to integers.

mod cause;
mod float;
mod format;
mod number;
mod quote;

pub use cause::cause;
pub use float::{float, parse_float32, parse_float64, trunc};
pub use format::format_without_arguments;
pub use number::{ParseError, Reason, parse_bool, parse_int, parse_int_literal, parse_uint32};
pub use quote::{quote, quote_char};
