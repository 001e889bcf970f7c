//! Initial sizes.

use super::print;
use crate::size::{KIBI, MEBI};
use crate::v3::scale;
use std::collections::BTreeMap;

/// Least initial size by type.
fn least(name: &str) -> i64 {
    match name {
        "heap" => 2 * MEBI,
        "metaspace" => 256 * KIBI,
        "permgen" => MEBI,
        _ => 0,
    }
}

/// Adds `initial_NAME` for each ratio.
///
/// # Errors
/// The name of a type that has a ratio but no size.
pub(super) fn add(
    sizes: &mut BTreeMap<String, i64>,
    ratios: &BTreeMap<String, f64>,
    warnings: &mut Vec<String>,
) -> Result<(), String> {
    let maxima = sizes.clone();
    for (name, ratio) in ratios {
        let most = *maxima.get(name).ok_or_else(|| name.clone())?;
        let least = least(name);
        let wanted = scale(most, *ratio);
        let initial = if wanted >= least {
            wanted
        } else if most < least {
            most
        } else {
            warnings.push(format!(
                "The configured initial memory size {} for {name} is less than the minimum {least}.  Setting initial \
                 value to {least}.",
                print(wanted),
                least = print(least)
            ));
            least
        };
        sizes.insert(format!("initial_{name}"), initial);
    }
    Ok(())
}
