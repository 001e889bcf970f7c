//! Progress of long work: one bar a layer on a terminal, nothing elsewhere.

use std::collections::BTreeMap;
use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Told about layers that are being built.
pub trait Progress: Sync {
    /// A layer of about this many bytes is being built.
    fn layer_started(&self, _name: &str, _bytes: u64) {}
    /// This many bytes of it more are done.
    fn layer_advanced(&self, _name: &str, _bytes: u64) {}
    /// It is done.
    fn layer_finished(&self, _name: &str) {}
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {}

/// Bars on standard error.
#[derive(Default)]
pub struct Bars {
    all: MultiProgress,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Progress for Bars {
    fn layer_started(&self, name: &str, bytes: u64) {
        let style =
            ProgressStyle::with_template("  {msg:<24} {bar:30} {decimal_bytes:>10} / {decimal_total_bytes:<10}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = self.all.add(ProgressBar::new(bytes).with_style(style).with_message(name.to_owned()));
        if let Ok(mut bars) = self.bars.lock() {
            bars.insert(name.to_owned(), bar);
        }
    }

    fn layer_advanced(&self, name: &str, bytes: u64) {
        if let Ok(bars) = self.bars.lock()
            && let Some(bar) = bars.get(name)
        {
            bar.inc(bytes);
        }
    }

    fn layer_finished(&self, name: &str) {
        if let Ok(mut bars) = self.bars.lock()
            && let Some(bar) = bars.remove(name)
        {
            bar.finish_and_clear();
        }
    }
}
