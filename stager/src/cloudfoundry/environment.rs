//! The environment of an application and of a shell in its container.

use std::path::Path;

use serde_json::Value;

use super::Surroundings;
use super::credhub::{self, Attempts, CredhubError};
use super::{database_url, json, platform_options};

/// Sets what an application in `app` (absolute) finds in its environment.
pub(super) fn prepare(surroundings: &mut Surroundings, app: &Path, attempts: Attempts) -> Result<(), CredhubError> {
    let beside = |name: &str| super::surroundings::clean(&app.join("..").join(name));
    surroundings.set("HOME", app);
    surroundings.set("TMPDIR", beside("tmp"));
    surroundings.set("DEPS_DIR", beside("deps"));
    if let Some(application) = vcap_application(surroundings) {
        surroundings.set("VCAP_APPLICATION", application);
    }
    credhub::interpolate(surroundings, attempts)?;
    surroundings.unset(platform_options::VARIABLE);
    if let Some(url) = database_url::find(surroundings.text("VCAP_SERVICES")) {
        surroundings.set("DATABASE_URL", url);
    }
    Ok(())
}

/// `VCAP_APPLICATION` with what only the container knows; none when it is no JSON object.
fn vcap_application(surroundings: &Surroundings) -> Option<String> {
    let mut value: Value = serde_json::from_str(surroundings.text("VCAP_APPLICATION")).ok()?;
    let object = value.as_object_mut()?;
    object.insert("host".to_owned(), "0.0.0.0".into());
    object.insert("instance_id".to_owned(), surroundings.text("INSTANCE_GUID").into());
    for (key, variable) in [("port", "PORT"), ("instance_index", "INSTANCE_INDEX")] {
        if let Ok(number) = surroundings.text(variable).parse::<i64>() {
            object.insert(key.to_owned(), number.into());
        }
    }
    Some(json::canonical(&value))
}
