//! Tests of the calculators: recorded vectors, properties, the program.

mod fit;
mod golden;
