//! JVM memory sizing.
